#include "apps/encode_stream.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "apps/variable_rate.h"
#include "codec/audio/resampler.h"
#include "codec/model/config.h"

namespace quaver {
namespace {

constexpr size_t kBlock = 16384;  // samples read at once

class Feeder {
 public:
  Feeder(const std::shared_ptr<const Model>& model, bool variable, TokenSink& sink)
      : encoder_(model), n_q_(sink.width()), sink_(sink) {
    if (variable) variable_.emplace(model->frame(), model->config().frame_rate(), n_q_);
  }

  Status Feed(std::span<const float> samples) {
    tokens_.resize(static_cast<size_t>(encoder_.FramesAfter(samples.size())) * static_cast<size_t>(n_q_));
    fed_ += samples.size();
    if (encoder_.Encode(samples, n_q_, tokens_) < 0) return Error{"the encoder refuses its input"};
    if (variable_) Drop(variable_->Add(samples));
    return sink_.Write(tokens_);
  }

  uint64_t fed() const { return fed_; }

 private:
  // The first tokens of a frame are the same whatever follows them, so that the rest can be taken off here.
  void Drop(const std::vector<int>& kept) {
    for (size_t row = 0; row < kept.size(); ++row) {
      const auto n_q = static_cast<size_t>(n_q_);
      const auto frame = std::span(tokens_).subspan(row * n_q, n_q);
      std::ranges::fill(frame.subspan(static_cast<size_t>(kept[row])), kNoToken);
    }
  }

  Encoder encoder_;
  int n_q_;
  TokenSink& sink_;
  std::optional<VariableRate> variable_;
  uint64_t fed_ = 0;
  std::vector<uint16_t> tokens_;
};

// Zeros until whole frames hold the sound and the decoder's delay. `original` samples at `rate` may end a
// fraction of a sample after the last one of the resampled sound: that counts too. No sound, no frames.
Status FeedTail(const Model& model, uint64_t original, uint64_t rate, Feeder& feeder) {
  if (original == 0) return {};
  const auto model_rate = static_cast<uint64_t>(model.sample_rate());
  const auto frame = static_cast<uint64_t>(model.frame());
  const uint64_t end = std::max(feeder.fed(), (original * model_rate + rate - 1) / rate);
  const uint64_t frames = (end + static_cast<uint64_t>(model.delay()) + frame - 1) / frame;
  return feeder.Feed(std::vector<float>(frames * frame - feeder.fed()));
}

}  // namespace

Result<uint64_t> EncodeStream(SoundReader& sound, std::shared_ptr<const Model> model, bool variable,
                              TokenSink& sink, const std::function<void(uint64_t)>& progress) {
  auto resampler = Resampler::Create(sound.sample_rate(), model->sample_rate());
  if (!resampler.ok()) return Error{sound.name() + ": " + resampler.message()};
  Feeder feeder(model, variable, sink);
  std::vector<float> block(kBlock);
  std::vector<float> resampled;
  uint64_t total = 0;
  for (bool more = true; more;) {
    const auto count = sound.ReadMono(block);
    if (!count.ok()) return count.error();
    more = count.value() > 0;
    total += count.value();
    resampled.clear();
    Status status = more ? resampler.value()->Process(std::span(block).first(count.value()), resampled)
                         : resampler.value()->Flush(resampled);
    if (status.ok()) status = feeder.Feed(resampled);
    if (!status.ok()) return status.error();
    progress(total);
  }
  Status status = FeedTail(*model, total, static_cast<uint64_t>(sound.sample_rate()), feeder);
  if (status.ok()) status = sink.Finish(total);
  if (!status.ok()) return status.error();
  return total;
}

}  // namespace quaver
