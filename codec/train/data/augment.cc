#include "codec/train/data/augment.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <numbers>
#include <numeric>

#include "codec/io/resampler.h"
#include "codec/train/data/random.h"
#include "codec/util/real_fft.h"

namespace quaver {
namespace {

constexpr double kTelephoneRate = 8000;                       // Hz
constexpr double kMu = 255;                                   // G.711
constexpr double kPreDelay = 0.005;                           // seconds from the direct sound to the room's
constexpr double kButterworth[2] = {0.54119610, 1.30656296};  // Q of the two halves of a filter of 4th order

double Power(std::span<const float> samples) {
  const double sum = std::accumulate(samples.begin(), samples.end(), 0.0,
                                     [](double s, float x) { return s + static_cast<double>(x) * x; });
  return samples.empty() ? 0 : sum / static_cast<double>(samples.size());
}

void Scale(std::span<float> samples, double gain) {
  for (float& x : samples) x = static_cast<float>(x * gain);
}

void ScaleToPower(std::span<float> samples, double power) {
  const double now = Power(samples);
  if (now > 0) Scale(samples, std::sqrt(power / now));
}

// R. Bristow-Johnson, Cookbook formulae for audio equalizer biquad filter coefficients.
void Biquad(std::span<float> samples, double w, double q, bool high) {
  const double cosine = std::cos(w);
  const double alpha = std::sin(w) / (2 * q);
  const double side = (high ? 1 + cosine : 1 - cosine) / 2 / (1 + alpha);
  const double middle = high ? -2 * side : 2 * side;
  const double a1 = -2 * cosine / (1 + alpha);
  const double a2 = (1 - alpha) / (1 + alpha);
  double s1 = 0;
  double s2 = 0;
  for (float& sample : samples) {
    const double x = sample;
    const double y = side * x + s1;
    s1 = middle * x - a1 * y + s2;
    s2 = side * x - a2 * y;
    sample = static_cast<float>(y);
  }
}

void Butterworth(std::span<float> samples, double sample_rate, double cutoff, bool high) {
  const double w = 2 * std::numbers::pi * std::min(cutoff / sample_rate, 0.49);
  for (const double q : kButterworth) Biquad(samples, w, q, high);
}

// By the transform of both. The way back goes through the Hartley transform, which is its own inverse and the
// real minus the imaginary part of that of Fourier: so one plan for real signals does.
std::vector<double> Convolve(std::span<const double> a, std::span<const double> b) {
  internal::RealFft fft(std::bit_ceil(a.size() + b.size()));
  const size_t size = fft.size();
  const auto first = fft.Forward(a);
  std::vector<std::complex<double>> bins(first.begin(), first.end());
  const auto second = fft.Forward(b);
  for (size_t i = 0; i < bins.size(); ++i) bins[i] *= second[i];
  std::vector<double> hartley(size);
  for (size_t i = 0; i < bins.size(); ++i) {
    hartley[i] = bins[i].real() - bins[i].imag();
    if (i > 0) hartley[size - i] = bins[i].real() + bins[i].imag();
  }
  const auto back = fft.Forward(hartley);
  std::vector<double> out(size);
  for (size_t i = 0; i < back.size(); ++i) {
    out[i] = (back[i].real() - back[i].imag()) / static_cast<double>(size);
    if (i > 0) out[size - i] = (back[i].real() + back[i].imag()) / static_cast<double>(size);
  }
  return out;
}

double MuLaw(double x) {
  const double compressed = std::log1p(kMu * std::min(1.0, std::abs(x))) / std::log1p(kMu);
  const double coded = std::round(compressed * 127) / 127;
  return std::copysign(std::expm1(coded * std::log1p(kMu)) / kMu, x);
}

}  // namespace

std::vector<float> ChangeSpeed(std::span<const float> in, double speed) {
  auto out = Resample(in, speed, 1);
  return out.ok() ? std::move(out).value() : std::vector<float>(in.begin(), in.end());
}

void Reverberate(std::span<float> samples, double sample_rate, double rt60, double level_db,
                 std::mt19937_64& random) {
  const auto start = static_cast<size_t>(kPreDelay * sample_rate);
  const size_t length = std::min(samples.size(), start + static_cast<size_t>(rt60 * sample_rate));
  if (length <= start) return;
  std::vector<double> room(length);
  double energy = 0;
  const double ratio = std::pow(10, -3 / (rt60 * sample_rate));
  double decay = 1;
  for (size_t i = start; i < length; ++i, decay *= ratio) {
    room[i] = decay * NearlyGaussian(random);
    energy += room[i] * room[i];
  }
  const double gain = std::pow(10, level_db / 20) / std::sqrt(energy);
  for (double& x : room) x *= gain;
  room[0] = 1;
  const std::vector<double> wave(samples.begin(), samples.end());
  const std::vector<double> out = Convolve(wave, room);
  std::transform(out.begin(), out.begin() + static_cast<ptrdiff_t>(samples.size()), samples.begin(),
                 [](double x) { return static_cast<float>(x); });
}

void Mix(std::span<float> samples, std::span<const float> other, double snr_db) {
  const size_t count = std::min(samples.size(), other.size());
  const double power = Power(samples);
  const double other_power = Power(other.first(count)) * static_cast<double>(count) /
                             static_cast<double>(std::max<size_t>(1, samples.size()));
  if (power <= 0 || other_power <= 0) return;
  const double gain = std::sqrt(power / other_power) * std::pow(10, -snr_db / 20);
  for (size_t i = 0; i < count; ++i) samples[i] += static_cast<float>(gain * other[i]);
}

std::vector<float> WhiteNoise(size_t count, std::mt19937_64& random) {
  std::vector<float> noise(count);
  for (float& x : noise) x = static_cast<float>(NearlyGaussian(random));
  return noise;
}

// White noise through the filter that Paul Kellet published on music-dsp (1999), "economy" version.
std::vector<float> PinkNoise(size_t count, std::mt19937_64& random) {
  std::vector<float> noise = WhiteNoise(count, random);
  double b0 = 0;
  double b1 = 0;
  double b2 = 0;
  for (float& x : noise) {
    const double white = x;
    b0 = 0.99765 * b0 + white * 0.0990460;
    b1 = 0.96300 * b1 + white * 0.2965164;
    b2 = 0.57000 * b2 + white * 1.0526913;
    x = static_cast<float>(b0 + b1 + b2 + white * 0.1848);
  }
  return noise;
}

void Overdrive(std::span<float> samples, double threshold, bool soft) {
  const double limit = threshold * std::sqrt(Power(samples));
  if (limit <= 0) return;
  for (float& x : samples) {
    x = static_cast<float>(soft ? limit * std::tanh(x / limit) : std::clamp<double>(x, -limit, limit));
  }
}

void HighPass(std::span<float> samples, double sample_rate, double cutoff) {
  Butterworth(samples, sample_rate, cutoff, true);
}

void LowPass(std::span<float> samples, double sample_rate, double cutoff) {
  Butterworth(samples, sample_rate, cutoff, false);
}

void Telephone(std::span<float> samples, double sample_rate, double level_db) {
  const double power = Power(samples);
  if (power <= 0) return;
  const auto narrow = Resample(samples, sample_rate, kTelephoneRate);
  if (!narrow.ok()) return;
  std::vector<float> line = narrow.value();
  HighPass(line, kTelephoneRate, 300);
  LowPass(line, kTelephoneRate, 3400);
  ScaleToPower(line, std::pow(10, level_db / 10));
  for (float& x : line) x = static_cast<float>(MuLaw(x));
  const auto wide = Resample(line, kTelephoneRate, sample_rate);
  if (!wide.ok()) return;
  const size_t count = std::min(samples.size(), wide.value().size());
  std::fill(std::copy_n(wide.value().begin(), count, samples.begin()), samples.end(), 0.0F);
  ScaleToPower(samples, power);
}

}  // namespace quaver
