#include "codec/train/perceptual_loss.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "codec/metrics/loudness.h"

namespace quaver {
namespace {

using torch::Tensor;

constexpr double kSilence = 3e-3;  // rms below which a crop counts as silence (-50 dBFS), as in losses.cc

// [batch, samples] -> power [batch, frames, bins], windows without padding.
Tensor Power(const Tensor& samples, int64_t size, int64_t hop, const Tensor& window) {
  const Tensor frames = samples.to(torch::kFloat).unfold(1, window.size(0), hop) * window;
  return torch::view_as_real(torch::fft_rfft(frames, size)).square().sum(-1);
}

// [bins, bands], BandShares of loudness.h.
Tensor BandsOf(const std::vector<double>& edges, int64_t size, int sample_rate) {
  const auto shares = BandShares(edges, static_cast<int>(size), sample_rate);
  const auto bins = static_cast<int64_t>(shares.size());
  const auto bands = static_cast<int64_t>(edges.size()) - 1;
  Tensor matrix = torch::empty({bins, bands});
  auto access = matrix.accessor<float, 2>();
  for (int64_t bin = 0; bin < bins; ++bin) {
    for (int64_t band = 0; band < bands; ++band)
      access[bin][band] = static_cast<float>(shares[static_cast<size_t>(bin)][static_cast<size_t>(band)]);
  }
  return matrix;
}

// Mean 0 and length 1 along a dimension.
Tensor Normalised(const Tensor& x, int64_t dim) {
  const Tensor centred = x - x.mean(dim, true);
  return centred / (centred.square().sum(dim, true) + 1e-12).sqrt();
}

constexpr int64_t kSegment = 30;         // frames of 12.8 ms
constexpr double kDynamicRange = 1e-4;   // 40 dB
constexpr int64_t kThirdOctaves = 15;

std::vector<double> ThirdOctaves() {
  std::vector<double> edges;
  for (int64_t i = 0; i <= kThirdOctaves; ++i)
    edges.push_back(150 * std::pow(2.0, (static_cast<double>(i) - 0.5) / 3));
  return edges;
}

}  // namespace

IntelligibilityLoss::IntelligibilityLoss(int sample_rate, torch::Device device)
    : size_(sample_rate <= 20000 ? 1024 : 4096) {  // the lowest band has a bin or two at least
  window_ = torch::hann_window(std::lround(0.0256 * sample_rate), torch::TensorOptions().device(device));
  bands_ = BandsOf(ThirdOctaves(), size_, sample_rate).to(device);
}

Tensor IntelligibilityLoss::operator()(const Tensor& reference, const Tensor& output) const {
  const auto power = [&](const Tensor& x) { return Power(x, size_, window_.size(0) / 2, window_); };
  const auto segments = [&](const Tensor& spectrum) {  // [batch, segments, bands, frames]
    const Tensor bands = (torch::matmul(spectrum, bands_) + 1e-12).sqrt();
    return Normalised(Normalised(bands.unfold(1, kSegment, 1), 3), 2);
  };
  const Tensor clean = power(reference);
  const Tensor correlation =
      (segments(clean) * segments(power(output))).sum({2, 3}) / static_cast<double>(kSegment);
  const Tensor level = clean.sum(-1);  // [batch, frames]
  const Tensor floor = level.new_full({}, kSilence * kSilence * static_cast<double>(clean.size(2)));
  const Tensor loudest = torch::maximum(level.amax(1, true), floor);
  const Tensor heard = (level > kDynamicRange * loudest).to(torch::kFloat).unfold(1, kSegment, 1).mean(-1);
  return ((1 - correlation) * heard).sum() / heard.sum().clamp_min(1);
}

DisturbanceLoss::DisturbanceLoss(int sample_rate, torch::Device device) {
  const int64_t size = sample_rate == 8000 ? 256 : 512;
  const auto options = torch::TensorOptions().device(device);
  const Tensor window = torch::hann_window(size, options);
  window_ = window / window.square().sum().sqrt();
  const std::vector<double> edges = BarkEdges(sample_rate);
  // Twice for the negative frequencies, so that bands sum to the mean square of the samples.
  bands_ = BandsOf(edges, size, sample_rate).to(device) * (2.0 / static_cast<double>(size));
  threshold_ = torch::tensor(HearingThresholds(edges)).to(torch::kFloat).to(device);
}

// Sone a band.
Tensor DisturbanceLoss::Loudness(const Tensor& power) const {
  const Tensor base = (threshold_ / 0.5).pow(kLoudnessPower) * kLoudnessScale;
  return (base * ((0.5 + 0.5 * power / threshold_).pow(kLoudnessPower) - 1)).clamp_min(0);
}

Tensor DisturbanceLoss::operator()(const Tensor& reference, const Tensor& output) const {
  const Tensor mean = reference.to(torch::kFloat).square().mean(-1);  // [batch]
  const Tensor gain = (kListeningPower / mean.clamp_min(kSilence * kSilence)).view({-1, 1, 1});
  const int64_t size = window_.size(0);
  const auto power = [&](const Tensor& x) {
    return torch::matmul(Power(x, size, size / 2, window_), bands_) * gain;
  };
  const Tensor clean = power(reference), heard = power(output);  // [batch, frames, bands]
  const Tensor loud_clean = Loudness(clean), loud = Loudness(heard);
  const Tensor difference = loud - loud_clean;
  // What a louder sound nearby would mask is no disturbance.
  const Tensor disturbance = (difference.abs() - kMasked * torch::minimum(loud, loud_clean)).clamp_min(0);
  const Tensor ratio = ((heard + kAsymmetryOffset) / (clean + kAsymmetryOffset)).pow(kAsymmetryPower);
  const Tensor asymmetry =
      torch::where(ratio < kAsymmetryLowest, torch::zeros_like(ratio), ratio.clamp_max(kAsymmetryHighest));
  // Frames: over the bands, which are of equal width, less where the frame is loud.
  const Tensor quieter =
      ((clean.sum(-1) + kFrameOffset) / kFramePower).pow(kFrameExponent);  // [batch, frames]
  const double norm = std::pow(kBarkWidth, 1.5) * std::sqrt(static_cast<double>(kBarkBands));
  const Tensor d =
      (norm * (disturbance.square().sum(-1) + 1e-8).sqrt() / quieter).clamp_max(kMostDisturbance);
  const Tensor da = (kBarkWidth * (disturbance * asymmetry).sum(-1) / quieter).clamp_max(kMostDisturbance);
  const auto rms = [](const Tensor& x) { return (x.square().mean(-1) + 1e-8).sqrt().mean(); };
  return kSymmetricWeight * rms(d) + kAsymmetricWeight * rms(da);
}

}  // namespace quaver
