#include "apps/encode_stream.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "codec/io/resampler.h"

namespace quaver {
namespace {

constexpr size_t kBlock = 16384;  // samples read at once

class Feeder {
 public:
  Feeder(const std::shared_ptr<const Model>& model, std::unique_ptr<TokenSelector> choice, TokenSink& sink)
      : encoder_(model), n_q_(sink.width()), sink_(sink), choice_(std::move(choice)) {}

  Status Feed(std::span<const float> samples) {
    tokens_.resize(static_cast<size_t>(encoder_.FramesAfter(samples.size())) * static_cast<size_t>(n_q_));
    fed_ += samples.size();
    if (encoder_.Encode(samples, n_q_, tokens_) < 0) return Error{"the encoder refuses its input"};
    return sink_.Write(choice_ ? choice_->Add(samples, tokens_) : tokens_);
  }

  Status Finish() { return choice_ ? sink_.Write(choice_->Finish()) : Status(); }

  uint64_t fed() const { return fed_; }

 private:
  Encoder encoder_;
  int n_q_;
  TokenSink& sink_;
  std::unique_ptr<TokenSelector> choice_;
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

Result<uint64_t> EncodeStream(SoundReader& sound, std::shared_ptr<const Model> model,
                              std::unique_ptr<TokenSelector> choice, TokenSink& sink,
                              const std::function<void(uint64_t)>& progress) {
  auto resampler = Resampler::Create(sound.sample_rate(), model->sample_rate());
  if (!resampler.ok()) return Error{sound.name() + ": " + resampler.message()};
  Feeder feeder(model, std::move(choice), sink);
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
  if (status.ok()) status = feeder.Finish();
  if (status.ok()) status = sink.Finish(total);
  if (!status.ok()) return status.error();
  return total;
}

}  // namespace quaver
