// The C++ face of the codec: a shared immutable Model, one Encoder or Decoder a stream.
//
//   auto model = quaver::Model::Load("speech.safetensors");
//   quaver::Encoder encoder(model.value());
//   quaver::Decoder decoder(model.value());
//   std::array<uint16_t, 18> tokens;
//   std::array<float, 320> pcm = ..., out;
//   encoder.Encode(pcm, 6, tokens);             // 20 ms in, 6 tokens out
//   decoder.Decode({tokens.data(), 6}, 6, out); // 6 tokens in, 20 ms out, later by model->delay() samples
//
// After construction Encoder and Decoder allocate nothing, lock nothing, make no system call and never throw.
// Chunk boundaries never change the output: one sample at a time and the whole file give the same bits.
#ifndef QUAVER_CODEC_CODEC_H_
#define QUAVER_CODEC_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "codec/bitstream/entropy_model.h"
#include "codec/model/config.h"
#include "codec/model/weights.h"
#include "codec/status.h"

namespace quaver {

namespace internal {
class NetworkPlan;  // packed weights and layers, runtime/
}

class Model {
 public:
  // From a file, from bytes in memory, or from weights already parsed.
  static Result<std::shared_ptr<const Model>> Load(const std::string& path);
  static Result<std::shared_ptr<const Model>> FromBytes(std::span<const uint8_t> bytes,
                                                        const std::string& source,
                                                        Verify verify = Verify::kHash);
  // Matrices are rounded to F16 on the way, as in a file.
  static Result<std::shared_ptr<const Model>> FromWeights(Weights weights);
  // The model that was embedded when the library was built; an error if none was.
  static Result<std::shared_ptr<const Model>> BuiltIn();
  ~Model();

  const Config& config() const { return config_; }
  const Identity& identity() const { return identity_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }  // of the weights file
  const EntropyModel& entropy() const { return entropy_; }
  int frame() const { return config_.frame(); }             // samples
  int groups() const { return config_.bottleneck.groups; }  // tokens a frame at full rate
  int delay() const { return config_.overlap; }             // samples by which decoded audio lags the input
  size_t matrix_bytes() const;  // packed weights, which all streams share; other memory is small beside it
  const internal::NetworkPlan& plan() const { return *plan_; }

 private:
  Model();
  static Result<std::shared_ptr<const Model>> FromView(WeightsView view);
  Config config_;
  Identity identity_{};
  std::map<std::string, std::string> metadata_;
  EntropyModel entropy_;
  std::unique_ptr<const internal::NetworkPlan> plan_;
};

inline constexpr int kMaxBlockFrames = 28;

class Encoder {
 public:
  // At most `block_frames` (1 .. 32) frames run at once. More is faster where a call brings many frames, as
  // for files; 1 takes the least memory: for a live stream, or a stream of a Batch. The tokens are the same.
  explicit Encoder(std::shared_ptr<const Model> model, int block_frames = kMaxBlockFrames);
  ~Encoder();
  Encoder(Encoder&&) noexcept;

  // Takes any number of samples (16 kHz, nominally -1 .. 1; clamped to -16 .. 16, not finite counts as 0) and
  // writes the tokens of every frame that they complete: [frames, n_q] row by row. `tokens` must have room
  // for FramesAfter(samples.size()) * n_q. Returns the frames written, or -1 (and takes nothing) when n_q is
  // outside 0 .. groups or `tokens` is too short.
  int Encode(std::span<const float> samples, int n_q, std::span<uint16_t> tokens) noexcept;
  int FramesAfter(size_t samples) const noexcept;  // frames that so many more samples would complete
  void Reset() noexcept;                           // as fresh

  size_t memory() const noexcept;  // bytes of this object's buffers, its state among them

  // State of the stream as bytes: copied, stored, moved to another Encoder of the same model.
  size_t state_size() const noexcept;
  bool Save(std::span<std::byte> state) const noexcept;     // false: wrong size
  bool Restore(std::span<const std::byte> state) noexcept;  // false: not a state (the stream is unchanged)

 private:
  friend class Batch;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class Decoder {
 public:
  explicit Decoder(std::shared_ptr<const Model> model, int block_frames = kMaxBlockFrames);
  ~Decoder();
  Decoder(Decoder&&) noexcept;

  // tokens [frames, n_q] -> samples [frames * frame]. n_q may differ at every call. Returns false, and leaves
  // the stream as it was, when n_q is outside 0 .. groups, a token is not a code, or the sizes do not agree.
  bool Decode(std::span<const uint16_t> tokens, int n_q, std::span<float> samples) noexcept;
  // One missing frame: `samples` [frame] continue the stream as well as the network can.
  bool Conceal(std::span<float> samples) noexcept;
  void Reset() noexcept;
  size_t memory() const noexcept;

  size_t state_size() const noexcept;
  bool Save(std::span<std::byte> state) const noexcept;
  bool Restore(std::span<const std::byte> state) noexcept;

 private:
  friend class Batch;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_CODEC_H_
