// The receiving side of a stream: packets in, samples out, without the codec's delay and, for a sound whose
// end is known, of the exact length.
//
//   auto decoder = quaver::StreamDecoder::Create(model, {.format = format});   // of the sender
//   quaver::StreamDecoder& stream = decoder.value();
//   if (!stream.Write(packet)) stream.WriteLost(frames);   // damaged, or it never came: conceal
//   size_t count = stream.Read(samples);                   // what is ready; all but a frame: set_hold_back
//   stream.Flush(length);                                  // the end: exactly so many samples in all
//   count = stream.Read(samples);
//
// codec.h has the layer below: Decoder turns tokens into samples.
#ifndef QUAVER_CODEC_STREAM_DECODER_H_
#define QUAVER_CODEC_STREAM_DECODER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "codec/bitstream/packet.h"
#include "codec/codec.h"
#include "codec/export.h"
#include "codec/status.h"
#include "codec/stream_encoder.h"

namespace quaver {

inline constexpr int kMaxLostFrames = 50 * 60;  // a minute: nobody can ask for a year of silence at once

// Frames that the decoder has to see before a frame that is to sound as if everything before had been
// decoded: a stream that is joined in its middle, with fresh state, gives the same bits from the frame after
// so many (33 of the default model, 0.7 seconds). Concealed frames count as any other.
QUAVER_API int RunInFrames(const Model& model);

struct DecoderOptions {
  PacketDefaults format;  // StreamEncoder::format() of the sender
  // Samples to drop at the start: -1 for the delay of the model, so that the decoded sound is aligned with
  // the one that was encoded; 0 where the stream is joined in its middle, or for live sound.
  int skip = -1;
};

// Belongs to one thread at a time. Allocates nothing once its buffer has grown to the packets that come
// between two reads; the calls that make it grow may throw std::bad_alloc.
class StreamDecoder {
 public:
  // Errors: no model, a format or a skip out of range.
  QUAVER_API static Result<StreamDecoder> Create(std::shared_ptr<const Model> model,
                                                 const DecoderOptions& options);
  QUAVER_API ~StreamDecoder();
  QUAVER_API StreamDecoder(StreamDecoder&&) noexcept;
  QUAVER_API StreamDecoder& operator=(StreamDecoder&&) noexcept;

  // Decodes a packet. False, and the stream is as it was, if the bytes are no packet of this model (or the
  // stream has ended): then WriteLost as many frames as packets usually have. A packet decodes whatever
  // number of frames it holds; for live sound, where a damaged one must not shift the stream, check
  // PacketFrames(format, packet) first.
  QUAVER_API bool Write(std::span<const uint8_t> packet);
  // Frames that did not arrive, 0 .. kMaxLostFrames: continues the sound as well as the network can.
  QUAVER_API bool WriteLost(int frames);
  // Frames as tokens [frames, n_q], n_q 1 .. groups. False if a token is not a code or the sizes do not
  // agree.
  QUAVER_API bool WriteTokens(std::span<const uint16_t> tokens, int n_q);
  // The end of a sound of `length` samples in all at the model's rate, those read already among them:
  // conceals what is missing, and drops what is too much and not yet read. What was read cannot be taken
  // back: see set_hold_back. False, and nothing is done, if more than a minute is missing or if it was called
  // before.
  QUAVER_API bool Flush(uint64_t length);
  // For a sound whose length becomes known only with its end: the samples of the last frames, 0 ..
  // kMaxFramesPerPacket of them, are not ready before Flush, which can then drop those beyond the length. 1
  // is enough for a StreamEncoder, whose packets reach less than a frame beyond the sound; with
  // kMaxFramesPerPacket all but the last packet may be read. 0, for live sound and where the length is known,
  // until it is called. False: out of range.
  QUAVER_API bool set_hold_back(int frames) noexcept;

  QUAVER_API size_t ready() const noexcept;  // samples that may be read
  // Moves samples, at most as many as `samples` has room for, to its start; returns how many.
  QUAVER_API size_t Read(std::span<float> samples) noexcept;
  // The same as 16-bit samples: 32768 * sample, rounded to the nearest (halves to even), clamped.
  QUAVER_API size_t ReadPcm16(std::span<int16_t> samples) noexcept;

  // Both ends have agreed on another format for the packets that follow. False: out of range.
  QUAVER_API bool set_format(const PacketDefaults& format) noexcept;

  QUAVER_API uint64_t frames() const noexcept;   // decoded and concealed so far
  QUAVER_API uint64_t samples() const noexcept;  // given out or ready, without those that were dropped
  QUAVER_API uint64_t to_skip() const noexcept;  // samples still to be dropped at the start
  QUAVER_API const Model& model() const noexcept;

 private:
  struct Impl;
  explicit StreamDecoder(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

// All packets of a sound at once; a packet without bytes was lost. Errors: no model, a format out of range, a
// packet that is not of this model (it names its number).
QUAVER_API Result<std::vector<float>> DecodeSound(std::shared_ptr<const Model> model,
                                                  const EncodedSound& sound);

}  // namespace quaver

#endif  // QUAVER_CODEC_STREAM_DECODER_H_
