#include "codec/encode/variable_rate.h"

#include <algorithm>
#include <cmath>

#include "codec/samples.h"

namespace quaver {
namespace {

constexpr double kQuietest = -60;  // dBFS: what counts as loudest in silence
constexpr double kSpeech = -20;    // dB beside the loudest
constexpr double kPause = -40;     // the same
constexpr double kFall = 1;        // dB a second

}  // namespace

VariableRate::VariableRate(int frame, double frames_a_second, int n_q)
    : frame_(static_cast<size_t>(frame)), fall_(kFall / frames_a_second), n_q_(n_q), loudest_(kQuietest) {}

std::vector<int> VariableRate::Add(std::span<const float> samples) {
  std::vector<int> tokens;
  Add(samples, [&](int n_q) { tokens.push_back(n_q); });
  return tokens;
}

bool VariableRate::Complete(float sample) {
  const double heard = ClampSample(sample);  // by the encoder
  energy_ += heard * heard;
  return ++filled_ == frame_;
}

int VariableRate::Next() {
  const double level = 10 * std::log10(energy_ / static_cast<double>(frame_) + 1e-10);
  filled_ = 0;
  energy_ = 0;
  loudest_ = std::max({level, loudest_ - fall_, kQuietest});
  const double share = std::clamp((level - loudest_ - kPause) / (kSpeech - kPause), 0.0, 1.0);
  return 1 + static_cast<int>(std::lround(share * (n_q_ - 1)));
}

}  // namespace quaver
