// A windowed frame's autocorrelation is divided by that of the window: what remains peaks at the period with
// a height that tells how periodic the sound is, however long the period is. Its peaks, found between the
// samples by interpolation, are the frame's candidates; "unvoiced" is one more, stronger in a quiet frame.
// Of all paths through the candidates the best is taken: strengths of its candidates, less a cost for each
// change of voicing and for each leap, by octaves (Viterbi's algorithm).
#include "codec/metrics/pitch.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <limits>
#include <numbers>
#include <utility>

#include "codec/util/real_fft.h"

namespace quaver {
namespace {

constexpr double kRate = 16000;
constexpr double kSilent = 1e-7;            // of full scale: nothing but rounding
constexpr double kSilenceThreshold = 0.03;  // of the loudest sample
constexpr double kVoicingThreshold = 0.45;
constexpr double kOctaveCost = 0.01;      // an octave
constexpr double kOctaveJumpCost = 0.35;  // an octave from frame to frame, at steps of 10 ms
constexpr double kVoicingCost = 0.14;     // a change of voicing, at steps of 10 ms

constexpr size_t kPeriod = static_cast<size_t>(kRate / kPitchFloor);         // longest, samples
constexpr size_t kHalf = static_cast<size_t>(kRate * kPitchWindow) / 2 - 1;  // of a frame
constexpr size_t kFrame = 2 * kHalf;                                         // samples
constexpr size_t kLags = kFrame / 2 + 1;                                     // of the autocorrelation
constexpr size_t kFft = 2048;                                                // at least kFrame + kLags
constexpr int kDepth = 30;  // samples on either side that interpolation sees

// Value of an even function at `lag` from its samples r[0 ..], by a sinc under a raised cosine (equation 22).
double Interpolate(std::span<const double> r, double lag) {
  const double whole = std::floor(lag);
  const double part = lag - whole;
  const auto left = static_cast<ptrdiff_t>(whole);
  const auto last = static_cast<ptrdiff_t>(r.size()) - 1;
  if (part < 1e-9) return r[static_cast<size_t>(std::abs(left))];
  const auto depth = std::min<ptrdiff_t>(kDepth, last - left);
  const double sine = std::sin(std::numbers::pi * part) / std::numbers::pi;
  double sum = 0;
  // The samples at one side, the first of them `distance` away; cosines by their recurrence.
  const auto add = [&](ptrdiff_t index, ptrdiff_t direction, double distance) {
    const double turn = std::numbers::pi / (distance + static_cast<double>(depth));
    const double twice = 2 * std::cos(turn);
    double now = std::cos(distance * turn), before = std::cos((distance - 1) * turn), sign = sine;
    for (ptrdiff_t n = 0; n < depth; ++n, index += direction, distance += 1, sign = -sign) {
      sum += r[static_cast<size_t>(std::abs(index))] * sign / distance * (0.5 + 0.5 * now);
      before = std::exchange(now, twice * now - before);
    }
  };
  add(left, -1, part);
  add(left + 1, 1, 1 - part);
  return sum;
}

// Where a parabola through values at middle - step, middle, middle + step is highest, within these.
double Summit(double before, double at, double after, double middle, double step) {
  const double curve = 2 * at - before - after;
  if (curve <= 0) return middle + (after > before ? step : -step);
  return middle + step * std::clamp(0.5 * (after - before) / curve, -1.0, 1.0);
}

struct Candidate {
  double hertz = 0;  // 0: unvoiced
  double strength = 0;
};

class Analyser {
 public:
  explicit Analyser(std::span<const float> samples) : samples_(samples), fft_(kFft), window_(kFrame) {
    double mean = 0;
    for (const float x : samples) mean += static_cast<double>(x) / static_cast<double>(samples.size());
    for (const float x : samples) loudest_ = std::max(loudest_, std::abs(static_cast<double>(x) - mean));
    for (size_t i = 0; i < kFrame; ++i) {
      window_[i] = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(i + 1) / (kFrame + 1));
    }
    of_window_ = Correlate(window_);
  }

  double loudest() const { return loudest_; }

  // right: the first sample after the middle of the frame.
  std::vector<Candidate> At(ptrdiff_t right) {
    double mean = 0;
    constexpr auto period = static_cast<ptrdiff_t>(kPeriod);
    for (ptrdiff_t i = right - period; i < right + period; ++i) mean += Sample(i) / (2 * kPeriod);
    std::vector<double> frame(kFrame);
    double peak = 0;
    for (size_t i = 0; i < kFrame; ++i) {
      frame[i] =
          (Sample(right - static_cast<ptrdiff_t>(kHalf) + static_cast<ptrdiff_t>(i)) - mean) * window_[i];
      if (i + kPeriod / 2 + 1 >= kHalf && i < kHalf + kPeriod / 2 + 1)
        peak = std::max(peak, std::abs(frame[i]));
    }
    const double level = std::min(1.0, peak / loudest_);
    const double silence = level / (kSilenceThreshold / (1 + kVoicingThreshold));
    std::vector<Candidate> candidates = {{0, kVoicingThreshold + std::max(0.0, 2 - silence)}};
    if (peak > 0) AddPeaks(Correlate(frame), candidates);
    return candidates;
  }

 private:
  double Sample(ptrdiff_t i) const {
    return i < 0 || i >= static_cast<ptrdiff_t>(samples_.size())
               ? 0
               : static_cast<double>(samples_[static_cast<size_t>(i)]);
  }

  // frame [kFrame] -> its autocorrelation at 0 .. kLags - 1, 1 at 0.
  std::vector<double> Correlate(std::span<const double> frame) {
    const auto bins = fft_.Forward(frame);
    std::vector<double> power(kFft);
    for (size_t k = 0; k < bins.size(); ++k) power[k] = power[(kFft - k) % kFft] = std::norm(bins[k]);
    const auto lags = fft_.Forward(power);  // even: forward and back are the same
    std::vector<double> out(kLags);
    for (size_t i = 0; i < kLags; ++i) out[i] = lags[i].real() / lags[0].real();
    return out;
  }

  void AddPeaks(std::vector<double> r, std::vector<Candidate>& candidates) const {
    for (size_t i = 0; i < r.size(); ++i) r[i] /= of_window_[i];
    for (size_t i = 2; i <= kPeriod + 1; ++i) {
      if (r[i] <= kVoicingThreshold / 2 || r[i] <= r[i - 1] || r[i] < r[i + 1]) continue;
      double lag = Summit(r[i - 1], r[i], r[i + 1], static_cast<double>(i), 1);
      // Noise makes the peak jagged: the summit is followed until it no longer moves.
      double at = lag;
      for (double step = 0.2; step > 0.01; step = std::abs(lag - at) > step / 4 ? step * 0.8 : step / 8) {
        at = lag;
        lag = Summit(Interpolate(r, at - step), Interpolate(r, at), Interpolate(r, at + step), at, step);
      }
      double height = Interpolate(r, lag);
      const double hertz = kRate / lag;
      if (hertz >= kPitchCeiling) continue;
      if (height > 1) height = 1 / height;  // short windows exceed 1
      candidates.push_back({hertz, height - kOctaveCost * std::log2(kPitchCeiling / hertz)});
    }
  }

  std::span<const float> samples_;
  internal::RealFft fft_;
  std::vector<double> window_;
  std::vector<double> of_window_;
  double loudest_ = 0;
};

double CostOfChange(double from, double to) {
  if (from == 0 && to == 0) return 0;
  if (from == 0 || to == 0) return kVoicingCost;
  return kOctaveJumpCost * std::abs(std::log2(from / to));
}

std::vector<double> BestPath(const std::vector<std::vector<Candidate>>& frames) {
  std::vector<std::vector<size_t>> from(frames.size());
  std::vector<double> sums;
  for (size_t t = 0; t < frames.size(); ++t) {
    std::vector<double> now;
    for (const Candidate& candidate : frames[t]) {
      double best = t == 0 ? 0 : -std::numeric_limits<double>::infinity();
      size_t origin = 0;
      for (size_t j = 0; j < sums.size(); ++j) {
        const double sum = sums[j] - CostOfChange(frames[t - 1][j].hertz, candidate.hertz);
        if (sum <= best) continue;
        best = sum;
        origin = j;
      }
      now.push_back(best + candidate.strength);
      from[t].push_back(origin);
    }
    sums = std::move(now);
  }
  std::vector<double> path(frames.size());
  auto place = static_cast<size_t>(std::max_element(sums.begin(), sums.end()) - sums.begin());
  for (size_t t = frames.size(); t-- > 0; place = from[t][place]) path[t] = frames[t][place].hertz;
  return path;
}

}  // namespace

std::vector<double> TrackPitch(std::span<const float> samples) {
  constexpr auto step = static_cast<size_t>(kRate * kPitchStep);
  constexpr auto window = static_cast<size_t>(kRate * kPitchWindow);
  if (samples.size() < window) return {};
  const size_t count = (samples.size() - window) / step + 1;
  Analyser analyser(samples);
  if (analyser.loudest() < kSilent) return std::vector<double>(count);
  std::vector<std::vector<Candidate>> frames;
  for (size_t t = 0; t < count; ++t) {
    const size_t twice = samples.size() + (2 * t + 1) * step - count * step;  // the middle, in half samples
    frames.push_back(analyser.At(static_cast<ptrdiff_t>((twice + 1) / 2)));
  }
  return BestPath(frames);
}

PitchDifference ComparePitch(std::span<const double> reference, std::span<const double> decoded) {
  const size_t count = std::min(reference.size(), decoded.size());
  PitchDifference difference;
  if (count == 0) return difference;
  std::vector<double> cents;
  size_t gross = 0, differ = 0;
  for (size_t t = 0; t < count; ++t) {
    if ((reference[t] > 0) != (decoded[t] > 0)) ++differ;
    if (reference[t] == 0 || decoded[t] == 0) continue;
    cents.push_back(1200 * std::abs(std::log2(decoded[t] / reference[t])));
    if (cents.back() > 1200 * std::log2(1.2)) ++gross;
  }
  difference.voicing_error = static_cast<double>(differ) / static_cast<double>(count);
  if (cents.empty()) return difference;
  difference.gross = static_cast<double>(gross) / static_cast<double>(cents.size());
  const auto middle = cents.begin() + static_cast<ptrdiff_t>(cents.size() / 2);
  std::nth_element(cents.begin(), middle, cents.end());
  difference.cents = *middle;
  if (cents.size() % 2 == 0) difference.cents = (*middle + *std::max_element(cents.begin(), middle)) / 2;
  return difference;
}

}  // namespace quaver
