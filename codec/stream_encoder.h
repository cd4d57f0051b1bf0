// The sending side of a stream: samples in, packets out, at the bit rate that is asked for.
//
//   quaver::EncoderOptions options;
//   options.bits_per_second = 3000;
//   auto encoder = quaver::StreamEncoder::Create(model, options);
//   if (!encoder.ok()) ...
//   quaver::StreamEncoder& stream = encoder.value();
//   stream.Write(samples);                                  // any number of samples, again and again
//   while (auto packet = stream.Read()) Send(packet->bytes);
//   stream.Flush();                                         // the end of the sound
//   while (auto packet = stream.Read()) Send(packet->bytes);
//
// The receiver (stream_decoder.h) needs the same model and stream.format(). codec.h has the layer below:
// Encoder makes tokens, and the caller decides how many of them are sent, and makes packets of them.
#ifndef QUAVER_CODEC_STREAM_ENCODER_H_
#define QUAVER_CODEC_STREAM_ENCODER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "codec/bitstream/packet.h"
#include "codec/codec.h"
#include "codec/export.h"
#include "codec/status.h"

namespace quaver {

// What to send of a sound.
struct EncoderOptions {
  // Payload (bytes of the packets) in bits per second. With packets of 10 frames and more, or with effort,
  // the rate is held: a few seconds take no more, to half a percent, unless one token a frame is already
  // more. With shorter packets and with variable_rate it picks one number of tokens, which is expected to fit
  // the rate in packets of 25 frames; packets of one frame then take about 6 % more than the rate. For a
  // limit there, set `tokens` to TokensForBitrate(model, rate, frames_per_packet). Rates beyond all tokens
  // (about 7 kbit/s) send all tokens.
  double bits_per_second = 3000;
  // Tokens a frame, 1 .. groups, in place of a bit rate; 0: the bit rate rules.
  int tokens = 0;
  // 1 .. 25; a frame is 20 ms. For live sound 1: the default gives its first packet after half a second.
  int frames_per_packet = kMaxFramesPerPacket;
  // Fewer tokens where the sound is quiet, down to one in pauses: the rate or the tokens are those of speech.
  bool variable_rate = false;
  // 0, 1 or 2: time spent on a better sound at the same bit rate. 1 gives bits to the frames where they are
  // heard most (about 10 times slower), 2 also searches for tokens that come nearer to the original but
  // sound less natural (about 50 times slower). Both look 30 seconds ahead, so they are for files; they need
  // a bit rate, and no variable_rate.
  int effort = 0;
};

struct EncodedPacket {
  std::vector<uint8_t> bytes;  // empty: the packet was lost
  int frames = 0;              // 1 .. 25
  int tokens = 0;              // of all its frames together
};

// The largest number of tokens a frame, 1 .. groups, whose payload is expected to fit a bit rate in packets
// of that many frames. An error if even one token is too much. The expectation is that of speech, from the
// metadata of the model ("payload_bps"; nominally 10 bits a token if there are none), and what short packets
// cost in addition: about half a byte a packet and half a bit a token of its first frame.
QUAVER_API Result<int> TokensForBitrate(const Model& model, double bits_per_second,
                                        int frames_per_packet = kMaxFramesPerPacket);
// The expected payload of so many tokens a frame, in bits per second; the inverse of the above. An error if
// the tokens are outside 1 .. groups or the frames outside 1 .. 25.
QUAVER_API Result<double> ExpectedBitrate(const Model& model, int tokens,
                                          int frames_per_packet = kMaxFramesPerPacket);

// Belongs to one thread at a time. With effort 0, once a few packets have passed through it, it allocates
// nothing more as long as packets are read as they become ready, by Read(span) or ReadTokens: a packet that
// Read() gives owns its bytes. The first calls and other efforts may throw std::bad_alloc.
class StreamEncoder {
 public:
  // Errors: no model, options out of range or at odds with each other, a bit rate that is too low.
  QUAVER_API static Result<StreamEncoder> Create(std::shared_ptr<const Model> model,
                                                 const EncoderOptions& options);
  QUAVER_API ~StreamEncoder();
  QUAVER_API StreamEncoder(StreamEncoder&&) noexcept;
  QUAVER_API StreamEncoder& operator=(StreamEncoder&&) noexcept;

  // What packets leave unsaid: the receiver has to know it. Constant unless set_format changes it.
  QUAVER_API const PacketDefaults& format() const noexcept;

  // Takes all samples: mono at model.sample_rate(), nominally -1 .. 1 (codec.h). False after Flush.
  QUAVER_API bool Write(std::span<const float> samples);
  // The same of 16-bit samples: each counts as sample / 32768.
  QUAVER_API bool WritePcm16(std::span<const int16_t> samples);
  // The end of the sound: silence fills the last frame and as many more as the decoder needs to give out all
  // samples in spite of its delay; the last packet may be shorter than the others. `length`: the sound counts
  // as so many samples long if fewer were written (a resampler may round). Nothing was written: no packet.
  // False if it was called before.
  QUAVER_API bool Flush(uint64_t length = 0);

  // Packets that wait to be read. Packets are coded as they are read.
  QUAVER_API size_t ready() const noexcept;
  // The next packet, or nothing if none is ready.
  QUAVER_API std::optional<EncodedPacket> Read();
  // The same into `packet`, which has room for kMaxPacketBytes: returns its bytes, 0 if none is ready or the
  // room is too small. Allocates nothing.
  QUAVER_API size_t Read(std::span<uint8_t> packet) noexcept;
  // The same as tokens, which are not coded then. False if none is ready.
  QUAVER_API bool ReadTokens(PacketTokens& tokens) noexcept;

  // Another bit rate, or a fixed number of tokens a frame: for a sender that learns what the network carries.
  // From the next packet that is read on: tokens that wait are cut too, and only frames that are written from
  // now on can have more. Errors as in Create; not with an effort, which has decided 30 seconds ahead. The
  // stream is as it was on an error, and when memory runs out.
  QUAVER_API Status SetBitrate(double bits_per_second);
  QUAVER_API Status SetTokens(int tokens);
  // Both ends have agreed on another format for the packets that are read from now on. The sender may go on
  // without: a packet that differs from the format takes about a byte more. False: out of range.
  QUAVER_API bool set_format(const PacketDefaults& format) noexcept;

  QUAVER_API uint64_t samples() const noexcept;  // of the sound: written so far; after Flush, its length
  QUAVER_API const Model& model() const noexcept;

 private:
  struct Impl;
  explicit StreamEncoder(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

// A whole sound as packets.
struct EncodedSound {
  PacketDefaults format;
  uint64_t samples = 0;  // of the sound, at the model's rate
  std::vector<EncodedPacket> packets;
};

// All of it at once. Errors as in StreamEncoder::Create.
QUAVER_API Result<EncodedSound> EncodeSound(std::shared_ptr<const Model> model, const EncoderOptions& options,
                                            std::span<const float> samples);

}  // namespace quaver

#endif  // QUAVER_CODEC_STREAM_ENCODER_H_
