#include "apps/cli/read_clip.h"

#include <span>

#include "codec/io/resampler.h"
#include "codec/io/sound_file.h"

namespace quaver {
namespace {

constexpr size_t kMaxSamples = 6 * 3600 * 48000;  // of a clip: it is held in memory

}  // namespace

Result<std::vector<float>> ReadClip(const std::string& path, int rate) {
  auto opened = SoundReader::Open(path);
  if (!opened.ok()) return opened.error();
  SoundReader& sound = *opened.value();
  auto resampler = Resampler::Create(sound.sample_rate(), rate);
  if (!resampler.ok()) return Error{path + ": " + resampler.message()};
  std::vector<float> block(16384);
  std::vector<float> samples;
  for (;;) {
    const auto count = sound.ReadMono(block);
    if (!count.ok()) return count.error();
    if (count.value() == 0) break;
    const Status status = resampler.value()->Process(std::span(block).first(count.value()), samples);
    if (!status.ok()) return Error{path + ": " + status.message()};
    if (samples.size() > kMaxSamples) return Error{path + ": too long to be scored"};
  }
  if (Status whole = sound.Undamaged(); !whole.ok()) return whole.error();
  const Status status = resampler.value()->Flush(samples);
  if (!status.ok()) return Error{path + ": " + status.message()};
  return samples;
}

}  // namespace quaver
