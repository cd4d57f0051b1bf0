// The C++ API: an immutable Model that streams share, and an Encoder or a Decoder for each stream.
//
//   auto model = quaver::Model::Load("speech.safetensors");
//   quaver::Encoder encoder(model.value());
//   quaver::Decoder decoder(model.value());
//   std::array<uint16_t, 18> tokens;
//   std::array<float, 320> pcm = ..., out;
//   encoder.Encode(pcm, 6, tokens);             // 20 ms in, 6 tokens out
//   decoder.Decode({tokens.data(), 6}, 6, out); // 6 tokens in, 20 ms out, later by model->delay() samples
//
// bitstream/packet.h makes packets of tokens; stream_encoder.h and stream_decoder.h do all of this for a
// stream. Installed as <quaver/codec.h>; needs C++20. A program and the shared library must be built with
// compatible compilers and standard libraries, since std::string and others cross between them; the C API,
// quaver.h, has no such condition.
//
// Errors are values (status.h); constructors throw std::bad_alloc and nothing else. After construction
// Encoder and Decoder allocate nothing, lock nothing, make no system call and never throw. A stream belongs
// to one thread at a time. Chunk boundaries never change the output: one sample at a time and the whole file
// give the same bits.
#ifndef QUAVER_CODEC_CODEC_H_
#define QUAVER_CODEC_CODEC_H_

#if __cplusplus < 202002L
#error "quaver/codec.h needs C++20 (-std=c++20); quaver/quaver.h is the interface for C and older C++"
#endif

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "codec/export.h"
#include "codec/identity.h"
#include "codec/status.h"

namespace quaver {

class EntropyModel;  // bitstream/entropy_model.h

namespace internal {
struct ModelAccess;  // for the source tree alone
}

// Immutable, so any number of streams and threads may share one.
class Model {
 public:
  // From a weights file, or from one in memory (which may go afterwards); errors name `source`.
  QUAVER_API static Result<std::shared_ptr<const Model>> Load(const std::string& path);
  QUAVER_API static Result<std::shared_ptr<const Model>> FromBytes(std::span<const uint8_t> bytes,
                                                                   const std::string& source);
  // The model that was embedded when the library was built; an error if none was.
  QUAVER_API static Result<std::shared_ptr<const Model>> BuiltIn();
  // By name, as the program's --model does: a path (it holds a '/', ends in ".safetensors" or is a file
  // here), "default" or the name of the built-in model, or NAME for NAME.safetensors in one of the model
  // folders: those of the environment variable QUAVER_MODELS (separated by colons), models/ and
  // share/quaver/models near the running program, and the folder of the installation. The error lists where
  // it was looked for.
  QUAVER_API static Result<std::shared_ptr<const Model>> Find(const std::string& name_or_file);
  // The built-in model if it has this identity, else the first intact weights file in the model folders that
  // has it: what a received stream was encoded with. The error lists the identities that were found instead.
  QUAVER_API static Result<std::shared_ptr<const Model>> Find(const Identity& identity);
  QUAVER_API ~Model();

  QUAVER_API const Identity& identity() const;
  QUAVER_API const std::map<std::string, std::string>& metadata() const;  // of the weights file
  QUAVER_API const EntropyModel& entropy() const;  // what packets are coded with: bitstream/packet.h
  QUAVER_API int sample_rate() const;              // Hz
  QUAVER_API int frame() const;                    // samples
  QUAVER_API double frame_rate() const;            // frames a second
  QUAVER_API int groups() const;                   // tokens a frame at full rate
  QUAVER_API int codes() const;                    // tokens are 0 .. codes - 1
  QUAVER_API int delay() const;                    // samples by which decoded audio lags the input
  // Bytes of the packed weights, which all streams share; other memory is small beside it.
  QUAVER_API size_t matrix_bytes() const;

 private:
  friend struct internal::ModelAccess;
  struct Impl;
  explicit Model(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

inline constexpr int kMaxBlockFrames = 28;  // fills the tiles of the kernels

// An Encoder or Decoder of a null model, or one that was moved from, refuses every call: it encodes -1
// frames, decodes nothing, has no state, and model() must not be asked for.
class Encoder {
 public:
  // At most `block_frames` (1 .. kMaxBlockFrames) frames run at once. More is faster where a call brings many
  // frames, as for files; 1 takes the least memory: for a live stream, or a stream of a Batch. The tokens are
  // the same.
  QUAVER_API explicit Encoder(std::shared_ptr<const Model> model, int block_frames = kMaxBlockFrames);
  QUAVER_API ~Encoder();
  QUAVER_API Encoder(Encoder&&) noexcept;
  QUAVER_API Encoder& operator=(Encoder&&) noexcept;

  // Takes any number of samples (16 kHz, nominally -1 .. 1; clamped to -16 .. 16, not finite counts as 0) and
  // writes the tokens of every frame that they complete: [frames, n_q] row by row. `tokens` must have room
  // for FramesAfter(samples.size()) * n_q. Returns the frames written, or -1 (and takes nothing) when n_q is
  // outside 0 .. groups or `tokens` is too short.
  QUAVER_API int Encode(std::span<const float> samples, int n_q, std::span<uint16_t> tokens) noexcept;
  // The same of 16-bit samples: each counts as sample / 32768.
  QUAVER_API int EncodePcm16(std::span<const int16_t> samples, int n_q, std::span<uint16_t> tokens) noexcept;
  QUAVER_API int FramesAfter(
      size_t samples) const noexcept;  // frames that so many more samples would complete
  QUAVER_API void Reset() noexcept;    // as fresh

  QUAVER_API const Model& model() const noexcept;

  QUAVER_API size_t memory() const noexcept;  // bytes of this object's buffers, its state among them

  // State of the stream as bytes: copied, stored, moved to another Encoder of the same model.
  QUAVER_API size_t state_size() const noexcept;
  QUAVER_API bool Save(std::span<std::byte> state) const noexcept;  // false: wrong size
  QUAVER_API bool Restore(
      std::span<const std::byte> state) noexcept;  // false: not a state (the stream is unchanged)

 private:
  friend class Batch;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class Decoder {
 public:
  QUAVER_API explicit Decoder(std::shared_ptr<const Model> model, int block_frames = kMaxBlockFrames);
  QUAVER_API ~Decoder();
  QUAVER_API Decoder(Decoder&&) noexcept;
  QUAVER_API Decoder& operator=(Decoder&&) noexcept;

  // tokens [frames, n_q] -> samples [frames * frame]. n_q may differ at every call. Returns false, and leaves
  // the stream as it was, when n_q is outside 0 .. groups, a token is not a code, or the sizes do not agree.
  QUAVER_API bool Decode(std::span<const uint16_t> tokens, int n_q, std::span<float> samples) noexcept;
  // One missing frame, as n_q 0: samples [frame] that fade from the 5th in a row on, silence from the 15th on.
  QUAVER_API bool Conceal(std::span<float> samples) noexcept;
  // The same as 16-bit samples: 32768 * sample, rounded to the nearest (halves to even), -32768 .. 32767.
  QUAVER_API bool DecodePcm16(std::span<const uint16_t> tokens, int n_q, std::span<int16_t> samples) noexcept;
  QUAVER_API bool ConcealPcm16(std::span<int16_t> samples) noexcept;
  QUAVER_API void Reset() noexcept;
  QUAVER_API size_t memory() const noexcept;

  QUAVER_API const Model& model() const noexcept;

  QUAVER_API size_t state_size() const noexcept;
  QUAVER_API bool Save(std::span<std::byte> state) const noexcept;
  QUAVER_API bool Restore(std::span<const std::byte> state) noexcept;

 private:
  friend class Batch;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_CODEC_H_
