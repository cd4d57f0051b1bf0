#include "codec/train/data/crops.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "codec/samples.h"
#include "codec/train/data/decode.h"
#include "codec/train/data/random.h"

namespace quaver {
namespace {

constexpr double kKeepSilent =
    0.05;  // share of silent crops that are kept: the codec must render silence too
constexpr int kMaxDraws = 20;
constexpr double kMinLineLevel = -35;  // dBFS at the mu-law coder of a telephone
constexpr double kMaxLineLevel = -15;

struct Drawn {
  size_t clip = 0;
  std::span<const int16_t> samples;  // fewer than asked for if the clip is short
  double rms = 0;
};

Drawn Draw(const Dataset& data, size_t count, std::mt19937_64& random) {
  const std::vector<double>& ends = data.ends;
  Drawn drawn;
  for (int draw = 0; draw < kMaxDraws; ++draw) {
    drawn.clip = static_cast<size_t>(
        std::lower_bound(ends.begin(), ends.end(), Uniform(random) * ends.back()) - ends.begin());
    const std::span<const int16_t> clip = data.clips[drawn.clip].samples;
    const size_t there = std::min(clip.size(), count);
    const size_t room = clip.size() - there + 1;
    drawn.samples = clip.subspan(static_cast<size_t>(Uniform(random) * static_cast<double>(room)), there);
    drawn.rms = Rms(drawn.samples);
    if (drawn.rms >= kSilence || Uniform(random) < kKeepSilent) break;
  }
  return drawn;
}

std::vector<float> ToFloat(std::span<const int16_t> samples) {
  std::vector<float> out(samples.size());
  std::ranges::transform(samples, out.begin(), FromPcm16);
  return out;
}

void AddNoise(std::span<float> samples, std::mt19937_64& random) {
  const double snr = Uniform(random, 5, 30);
  const bool pink = Uniform(random) < 0.5;
  Mix(samples, pink ? PinkNoise(samples.size(), random) : WhiteNoise(samples.size(), random), snr);
}

// All but the speed, which is in the samples already.
void Augment(const Dataset& data, const AugmentOptions& options, std::mt19937_64& random,
             std::span<float> samples) {
  const double rate = data.sample_rate;
  if (Chance(random, options.reverb)) {
    const double rt60 = LogUniform(random, 0.1, 0.6);
    Reverberate(samples, rate, rt60, -Uniform(random, 0, 12), random);
  }
  if (Chance(random, options.mix)) {
    const double snr = Uniform(random, 5, 20);
    Mix(samples, ToFloat(Draw(data, samples.size(), random).samples), snr);
  }
  if (Chance(random, options.noise)) AddNoise(samples, random);
  if (Chance(random, options.clip)) {
    const double threshold = Uniform(random, 1.5, 4);
    Overdrive(samples, threshold, Uniform(random) < 0.5);
  }
  if (Chance(random, options.band)) {
    HighPass(samples, rate, LogUniform(random, 50, 400));
    LowPass(samples, rate, LogUniform(random, 2500, 7500));
  }
  if (Chance(random, options.telephone))
    Telephone(samples, rate, Uniform(random, kMinLineLevel, kMaxLineLevel));
}

double Rms(std::span<const float> samples) {
  double sum = 0;
  for (const float x : samples) sum += static_cast<double>(x) * x;
  return std::sqrt(sum / static_cast<double>(std::max<size_t>(1, samples.size())));
}

// The rms is that of the clip's samples, without the zeros behind them.
Drawn DrawAugmented(const Dataset& data, const AugmentOptions& options, std::mt19937_64& random,
                    std::span<float> out) {
  const double speed = Chance(random, options.speed) ? Uniform(random, 0.9, kMaxSpeed) : 1;
  const auto count =
      static_cast<size_t>(std::ceil(static_cast<double>(out.size()) * speed)) + (speed != 1 ? 1 : 0);
  Drawn drawn = Draw(data, count, random);
  std::vector<float> samples = ToFloat(drawn.samples);
  if (speed != 1) samples = ChangeSpeed(samples, speed);
  const size_t there = std::min(samples.size(), out.size());
  samples.resize(out.size());
  Augment(data, options, random, samples);
  std::ranges::copy(samples, out.begin());
  drawn.rms = Rms(std::span<const float>(samples).first(there));
  return drawn;
}

}  // namespace

size_t DrawCrop(const Dataset& data, const CropOptions& options, std::mt19937_64& random,
                std::span<float> out) {
  Drawn drawn;
  if (options.augment.any()) {
    drawn = DrawAugmented(data, options.augment, random, out);
  } else {
    drawn = Draw(data, out.size(), random);
    const auto end = std::ranges::transform(drawn.samples, out.begin(), FromPcm16).out;
    std::fill(end, out.end(), 0.0F);
  }
  const double level = Uniform(random, options.low_level_db, options.high_level_db);
  const double gain = std::pow(10, level / 20) / std::max(drawn.rms, kSilence);
  for (float& x : out) x = static_cast<float>(std::clamp(x * gain, -1.0, 1.0));
  return drawn.clip;
}

}  // namespace quaver
