// .qvr files: packets in Ogg (RFC 3533), written and read as a stream of bytes, in constant memory.
//
//   auto writer = quaver::QvrWriter::Create(quaver::MakeQvrHeader(*model, encoder.format()), sink);
//   while (auto packet = encoder.Read()) writer.value().Write(packet->bytes, packet->frames);
//   writer.value().Finish(samples);
//
//   auto reader = quaver::QvrReader::Open(source, "talk.qvr");
//   while (true) {
//     auto event = reader.value().Next();        // a packet, lost frames, or the end
//     ...
//   }
//
// The documentation's bitstream.md specifies the bytes. Installed as <quaver/container/qvr.h>, with a library
// of its own, libquaver-file; quaver_file.h is the same for C.
//
// Errors are values (status.h) and name the stream, the place and the cause. Nothing here throws, except
// std::bad_alloc when memory is short and what a caller's ByteSource or ByteSink throws. A writer or a reader
// belongs to one thread at a time and calls its sink or source on that thread, during its own calls only.
#ifndef QUAVER_CODEC_CONTAINER_QVR_H_
#define QUAVER_CODEC_CONTAINER_QVR_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "codec/bitstream/packet.h"
#include "codec/byte_stream.h"
#include "codec/codec.h"
#include "codec/export.h"
#include "codec/identity.h"
#include "codec/status.h"
#include "codec/stream_decoder.h"

namespace quaver {

// The identification header.
struct QvrHeader {
  Identity model{};                // of the weights that the tokens were made with
  uint32_t frame_samples = 320;    // at model_rate: 32 .. 1920
  uint32_t model_rate = 16000;     // Hz: 8000 .. 48000
  uint32_t original_rate = 16000;  // Hz, of the sound that was encoded: 1000 .. 768000
  uint8_t original_channels = 1;   // 1 .. 255
  uint16_t pre_skip = 0;           // samples at model_rate to drop from the start of the decoded stream
  PacketDefaults defaults;         // the format that packets leave unsaid: frames 1 .. 25, n_q 0 .. 18
};

// The header of a mono stream at the model's own rate: identity, rates and frame of the model, its delay as
// pre_skip, and the format of the packets. Set original_rate and original_channels for a sound that was
// resampled or mixed down.
QUAVER_API QvrHeader MakeQvrHeader(const Model& model, const PacketDefaults& format);

// A comment as in Vorbis and Opus (https://xiph.org/vorbis/doc/v-comment.html). Names are 1 or more
// characters of ASCII 0x20 .. 0x7D without '='; TITLE, ARTIST, DATE and others mean the usual, in any case.
// Values are UTF-8. Names may repeat.
struct QvrTag {
  std::string name;
  std::string value;
};
inline constexpr size_t kMaxQvrTagBytes = 60000;  // of all tags: name, '=', value and 4 bytes each

// Writes a stream page by page, about every 5 seconds of sound, or when Flush() asks for it; holds no more
// than one page and one packet.
class QvrWriter {
 public:
  // Writes the headers at once. Errors: a value of the header outside the ranges above, which is named;
  // writing failed. What the sink refers to must live as long as the writer.
  QUAVER_API static Result<QvrWriter> Create(const QvrHeader& header, ByteSink sink);
  // The same with tags. Another error: they are not as QvrTag says, or too long together.
  QUAVER_API static Result<QvrWriter> Create(const QvrHeader& header, std::span<const QvrTag> tags,
                                             ByteSink sink);
  // Writes nothing: a stream without Finish() is cut.
  QUAVER_API ~QvrWriter();
  QUAVER_API QvrWriter(QvrWriter&&) noexcept;
  QUAVER_API QvrWriter& operator=(QvrWriter&&) noexcept;

  // The next packet of the stream, of 1 .. kMaxPacketBytes bytes. `frames`: how many it holds, 1 .. 25.
  // Errors: PacketFrames() finds no such packet or another number of frames; the stream has ended; it would
  // be longer than 2^30 frames; writing failed, now or before. Unless writing failed the stream is as it was.
  QUAVER_API Status Write(std::span<const uint8_t> packet, int frames);
  // Writes all that is held back, for a receiver that waits: each call costs a page of its own, 28 bytes and
  // more. Does nothing if nothing is held. The length of the sound comes with the last page, so a receiver
  // cannot cut the last packet to it if that was flushed: flush when a packet is sure to follow, as one does
  // after StreamEncoder::Flush(). Errors: the stream has ended; writing failed, now or before.
  QUAVER_API Status Flush();
  // Ends the stream: `original_samples` a channel went in, at original_rate, which is the length of the
  // decoded sound. Writes what was held back: the last packet is, unless Flush() was called. Errors: the
  // frames written do not hold so many samples (one frame more is allowed, as a resampler rounds); the stream
  // has ended; writing failed.
  QUAVER_API Status Finish(uint64_t original_samples);

 private:
  struct Impl;
  explicit QvrWriter(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

// What the reader finds, in order.
struct QvrEvent {
  enum Kind { kPacket, kLost, kEnd } kind = kEnd;
  std::vector<uint8_t> packet;  // kPacket: 1 .. kMaxPacketBytes bytes, as they were written
  int frames = 0;               // kPacket: what it holds, 1 .. 25: conceal so many if it cannot be decoded
  // kLost: frames missing here by the positions in the stream, 1 .. kMaxLostFrames. All lost frames of a
  // stream together are at most kMaxLostFrames more than the frames of packets read so far, those that Seek()
  // passed over included: a forged position cannot ask for a year of silence.
  int lost_frames = 0;
  // Length of the sound in samples a channel at original_rate. It stands in the last page: all events of that
  // page have it, and kEnd; -1 before, and for a stream that was cut before its last page. Never more than
  // the frames of all events, and one frame, can hold.
  int64_t original_samples = -1;
};

// Reads a stream, whatever happened to its bytes; memory is bounded whatever they say.
class QvrReader {
 public:
  // Reads the headers. `name` stands in errors. Errors: the first MiB holds no valid identification header;
  // read error. A comment header that is missing or damaged is damage. What the source refers to must live as
  // long as the reader.
  QUAVER_API static Result<QvrReader> Open(ByteSource source, std::string name);
  // The same of a source that can seek: its first byte is the start of the stream, and Seek() then reads no
  // more than it needs. `seek` may be null.
  QUAVER_API static Result<QvrReader> Open(ByteSource source, ByteSeek seek, std::string name);
  QUAVER_API ~QvrReader();
  QUAVER_API QvrReader(QvrReader&&) noexcept;
  QUAVER_API QvrReader& operator=(QvrReader&&) noexcept;

  QUAVER_API const QvrHeader& header() const noexcept;
  // Those that are valid; none if the comment header is damaged.
  QUAVER_API const std::vector<QvrTag>& tags() const noexcept;
  // The next event. The source is read only when none is left of the pages that are complete: packets of a
  // connection come out as they arrive. kEnd comes after a look at what follows the last page (up to its end,
  // or 64 KiB), so it may wait for a source that stays open although all packets and the length are known.
  // After damage the reader goes on at the next page with a good checksum. Error: the source failed, now or
  // before; damaged bytes are none. After kEnd it goes on returning kEnd.
  QUAVER_API Result<QvrEvent> Next();
  // Goes to the event that holds frame number `frame` of the stream (0 .. 2^30), or to the end if it is
  // shorter. Next() then goes on there; gives the number of the first frame of that event, or of the frames
  // at the end, and never more than `frame`: where the positions of damaged pages leap over it, the sound
  // behind the leap counts as that of `frame`. With a source that can seek, in either direction and in a few
  // reads, found by the positions of the pages; without, forwards only, through all that lies between. The
  // stream decoded from there is the same, to the bit, as decoded from its start once RunInFrames() of it
  // have gone through the decoder (stream_decoder.h). So for the sound from sample n at the model's rate on:
  //
  //   first = max(0, (n + header.pre_skip) / header.frame_samples - RunInFrames(model))
  //   at    = Seek(first)
  //   decode with DecoderOptions::skip 0, and drop n + pre_skip - at * frame_samples samples
  //
  // Errors: the source failed, now or before, or cannot seek and `frame` lies behind.
  QUAVER_API Result<uint64_t> Seek(uint64_t frame);
  // Damage met so far, for people: a line each ("page 7: lost or damaged (about 25 frames)"), the first 20.
  QUAVER_API const std::vector<std::string>& damage() const noexcept;

 private:
  struct Impl;
  explicit QvrReader(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_CONTAINER_QVR_H_
