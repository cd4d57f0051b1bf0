// .qvr files: packets in Ogg (RFC 3533). docs/reference/bitstream.md specifies the mapping.
#ifndef QUAVER_CODEC_CONTAINER_QVR_H_
#define QUAVER_CODEC_CONTAINER_QVR_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "codec/bitstream/packet.h"
#include "codec/byte_stream.h"
#include "codec/identity.h"
#include "codec/status.h"
#include "codec/stream_decoder.h"

namespace quaver {

// The identification header.
struct QvrHeader {
  Identity model{};                // of the weights the tokens were made with
  uint32_t frame_samples = 320;    // at model_rate: 32 .. 1920
  uint32_t model_rate = 16000;     // Hz: 8000 .. 48000
  uint32_t original_rate = 16000;  // Hz, of the file that was encoded: 1000 .. 768000
  uint8_t original_channels = 1;   // 1 .. 255
  uint16_t pre_skip = 0;           // samples at model_rate to drop from the start of the decoded stream
  PacketDefaults defaults;         // frames a packet and n_q
};

// Writes a stream page by page, about every 5 seconds of it; holds no more than one page and one packet.
class QvrWriter {
 public:
  // Writes the headers at once. Refuses values outside the ranges above, by name.
  static Result<std::unique_ptr<QvrWriter>> Create(const QvrHeader& header, ByteSink sink);
  virtual ~QvrWriter() = default;
  // `frames`: how many frames the packet holds. Refused unless the packet says the same (PacketFrames).
  virtual Status Write(std::span<const uint8_t> packet, int frames) = 0;
  // Ends the stream: `original_samples` per channel went in, at original_rate; it becomes the last granule
  // position and rules the decoded length. The last packet is held back until then, so that it ends the
  // stream. Refused when the frames written do not hold so many samples (one frame more is allowed, for
  // rounding in a resampler).
  virtual Status Finish(uint64_t original_samples) = 0;
};

// What the reader hands out, in order.
struct QvrEvent {
  enum Kind { kPacket, kLost, kEnd } kind = kEnd;
  std::vector<uint8_t> packet;  // kPacket: 1 .. kMaxPacketBytes bytes
  int frames = 0;               // kPacket: what it holds, 1 .. 25: conceal so many if DecodePacket refuses it
  // kLost: frames missing here by granule positions, at least 1, bounded by kMaxLostFrames: nobody can ask
  // for a year of silence with one forged number. All lost frames of a stream together are never more than
  // its delivered frames so far and kMaxLostFrames.
  int lost_frames = 0;
  // kEnd: samples per channel at original_rate, or -1 when the stream was cut before its last page. Never
  // more than the frames handed out (and one more) can hold.
  int64_t original_samples = -1;
};

class QvrReader {
 public:
  // Reads the headers. `name` goes into errors. Fails when the identification header cannot be found or is
  // not valid; a comment header that is missing or damaged is damage.
  static Result<std::unique_ptr<QvrReader>> Open(ByteSource source, std::string name);
  virtual ~QvrReader() = default;
  virtual const QvrHeader& header() const = 0;
  // The next event; after damage the reader resynchronises at the next page with a good CRC. Never fails on
  // damaged bytes, only on a read error. Memory is bounded whatever the file says. After kEnd it goes on
  // returning kEnd.
  virtual Result<QvrEvent> Next() = 0;
  // Damage met so far, for people: one line each ("page 7: lost or damaged (about 25 frames)"), at most 20
  // kept.
  virtual const std::vector<std::string>& damage() const = 0;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_CONTAINER_QVR_H_
