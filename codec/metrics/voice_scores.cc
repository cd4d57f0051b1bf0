#include "codec/metrics/voice_scores.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "codec/metrics/frozen_noise.h"

namespace quaver {
namespace {

constexpr size_t kPiece = 1600;  // samples
constexpr double kQuiet = 1e-3;  // of the loudest piece's power
constexpr double kLeastPower = 1e-9;

std::vector<double> Powers(std::span<const float> samples) {
  std::vector<double> powers(samples.size() / kPiece);
  for (size_t i = 0; i < powers.size() * kPiece; ++i)
    powers[i / kPiece] += static_cast<double>(samples[i]) * static_cast<double>(samples[i]) / kPiece;
  return powers;
}

bool Finite(std::span<const float> samples) {
  return std::all_of(samples.begin(), samples.end(), [](float x) { return std::isfinite(x); });
}

}  // namespace

std::optional<double> LevelDifference(std::span<const float> reference, std::span<const float> decoded) {
  const size_t n = std::min(reference.size(), decoded.size());
  const std::vector<double> a = Powers(reference.first(n)), b = Powers(decoded.first(n));
  if (a.empty()) return std::nullopt;
  const double loudest = *std::max_element(a.begin(), a.end());
  double sum = 0;
  size_t count = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] <= loudest * kQuiet) continue;
    sum += 10 * std::log10((b[i] + kLeastPower) / (a[i] + kLeastPower));
    ++count;
  }
  return count == 0 ? std::nullopt : std::optional(sum / static_cast<double>(count));
}

Result<VoiceScores> ScoreVoice(std::span<const float> reference, std::span<const float> decoded) {
  const size_t n = std::min(reference.size(), decoded.size());
  reference = reference.first(n);
  decoded = decoded.first(n);
  if (!Finite(reference) || !Finite(decoded)) return Error{"pitch: a sample is not finite"};
  const std::vector<double> pitch = TrackPitch(reference);
  VoiceScores scores;
  scores.pitch = ComparePitch(pitch, TrackPitch(decoded));
  scores.frozen_noise = FrozenNoise(decoded, pitch);
  scores.level_db = LevelDifference(reference, decoded);
  return scores;
}

}  // namespace quaver
