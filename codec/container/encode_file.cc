#include "codec/container/encode_file.h"

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "codec/io/resampler.h"

namespace quaver {
namespace {

constexpr size_t kBlock = 16384;  // samples read at once

}  // namespace

Result<uint64_t> EncodeFile(SoundReader& sound, StreamEncoder& encoder, TokenSink& sink,
                            const std::function<bool(uint64_t)>& progress) {
  const auto model_rate = static_cast<uint64_t>(encoder.model().sample_rate());
  const auto rate = static_cast<uint64_t>(sound.sample_rate());
  auto resampler = Resampler::Create(sound.sample_rate(), encoder.model().sample_rate());
  if (!resampler.ok()) return Error{sound.name() + ": " + resampler.message()};
  std::vector<float> block(kBlock);
  std::vector<float> resampled;
  uint64_t total = 0;
  for (;;) {
    const auto count = sound.ReadMono(block);
    if (!count.ok()) return count.error();
    if (count.value() == 0) break;
    total += count.value();
    resampled.clear();
    Status status = resampler.value()->Process(std::span(block).first(count.value()), resampled);
    if (!status.ok()) return status.error();
    encoder.Write(resampled);
    status = sink.Take(encoder, Ahead::kMore);
    if (!status.ok()) return status.error();
    if (!progress(total)) break;
  }
  resampled.clear();
  Status status = resampler.value()->Flush(resampled);
  if (!status.ok()) return status.error();
  encoder.Write(resampled);
  // The original may end a fraction of a sample after the last one of the resampled sound: that counts too.
  encoder.Flush((total * model_rate + rate - 1) / rate);
  status = sink.Take(encoder, Ahead::kEnd);
  if (status.ok()) status = sink.Finish(total);
  if (!status.ok()) return status.error();
  return total;
}

}  // namespace quaver
