// Scalable vectors cannot stand in arrays; those machines have a fixed-size target too.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codec/train/spectrum_kernels.cc"
// clang-format off: the order matters
#include "hwy/foreach_target.h"  // includes this file once for every instruction set
// clang-format on

#include <algorithm>
#include <cmath>
#include <cstring>

#include "codec/train/spectrum_kernels.h"
#include "codec/train/vectors-inl.h"
#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace quaver::internal {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Where sample i of a signal that goes on beyond its ends stands; -1: it is zero.
HWY_INLINE int64_t Place(const Framing& framing, int64_t i) {
  if (i >= 0 && i < framing.samples) return i;
  if (!framing.reflect) return -1;
  return i < 0 ? -i : 2 * (framing.samples - 1) - i;
}

HWY_INLINE bool Inside(const Framing& framing, int64_t start) {
  return start >= 0 && start + framing.size <= framing.samples;
}

void CutFramesOf(const Framing& framing, const float* signal, const float* window, float* frames) {
  for (int64_t t = 0; t < framing.frames; ++t) {
    const int64_t start = t * framing.hop - framing.before;
    float* out = frames + t * framing.size;
    if (Inside(framing, start)) {
      ForEach(framing.size, [&](auto d, int64_t i) HWY_ATTR {
        hn::StoreU(hn::Mul(hn::LoadU(d, signal + start + i), hn::LoadU(d, window + i)), d, out + i);
      });
      continue;
    }
    for (int64_t i = 0; i < framing.size; ++i) {
      const int64_t place = Place(framing, start + i);
      out[i] = place < 0 ? 0 : signal[place] * window[i];
    }
  }
}

void AddFramesOf(const Framing& framing, const float* frames, const float* window, float* signal) {
  for (int64_t t = 0; t < framing.frames; ++t) {
    const int64_t start = t * framing.hop - framing.before;
    const float* in = frames + t * framing.size;
    if (Inside(framing, start)) {
      ForEach(framing.size, [&](auto d, int64_t i) HWY_ATTR {
        float* to = signal + start + i;
        hn::StoreU(hn::MulAdd(hn::LoadU(d, in + i), hn::LoadU(d, window + i), hn::LoadU(d, to)), d, to);
      });
      continue;
    }
    for (int64_t i = 0; i < framing.size; ++i) {
      const int64_t place = Place(framing, start + i);
      if (place >= 0) signal[place] += in[i] * window[i];
    }
  }
}

HWY_INLINE void Magnitudes(int64_t bins, float power_floor, const float* spectrum, float* magnitude) {
  ForEach(bins, [&](auto d, int64_t k) HWY_ATTR {
    hn::Vec<decltype(d)> re, im;
    ReadComplex(d, spectrum + 2 * k, re, im);
    const auto power = hn::MulAdd(re, re, hn::MulAdd(im, im, hn::Set(d, power_floor)));
    hn::StoreU(hn::Sqrt(power), d, magnitude + k);
  });
  std::fill(magnitude + bins, magnitude + PaddedBins(bins), 0.0f);
}

HWY_INLINE void MelRow(const MelBands& mel, float floor, const float* magnitude, float* out) {
  const Tag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t b = 0; b < mel.bands(); ++b) {
    const float* in = magnitude + mel.first[static_cast<size_t>(b)];
    const float* weights = mel.weights.data() + mel.offset[static_cast<size_t>(b)];
    auto sum = hn::Zero(d);
    for (int64_t i = 0; i < mel.count[static_cast<size_t>(b)]; i += lanes)
      sum = hn::MulAdd(hn::LoadU(d, in + i), hn::LoadU(d, weights + i), sum);
    out[b] = hn::GetLane(hn::SumOfLanes(d, sum)) + floor;
  }
}

SpectralSums CompareSpectraOf(int64_t frames, int64_t bins, const MelBands& mel, float power_floor,
                              float mel_floor, const float* reference, const float* output,
                              float* reference_magnitude, float* output_magnitude, float* slopes) {
  constexpr float kLog10E = 0.43429448190325176f;
  const int64_t stride = PaddedBins(bins);
  const int64_t bands = mel.bands();
  std::vector<float> mel_reference(static_cast<size_t>(bands));
  SpectralSums sums;
  for (int64_t t = 0; t < frames; ++t) {
    float* a = reference_magnitude + t * stride;
    float* b = output_magnitude + t * stride;
    Magnitudes(bins, power_floor, reference + 2 * t * bins, a);
    Magnitudes(bins, power_floor, output + 2 * t * bins, b);
    RowSum error, norm;
    ForEach(bins, [&](auto d, int64_t k) HWY_ATTR {
      const auto x = hn::LoadU(d, a + k);
      const auto difference = hn::Sub(x, hn::LoadU(d, b + k));
      error.Add(d, hn::Mul(difference, difference));
      norm.Add(d, hn::Mul(x, x));
    });
    sums.error += error.Total();
    sums.norm += norm.Total();
    float* slope = slopes + t * bands;
    MelRow(mel, mel_floor, a, mel_reference.data());
    MelRow(mel, mel_floor, b, slope);
    RowSum log_mel;
    ForEach(bands, [&](auto d, int64_t k) HWY_ATTR {
      const auto value = hn::LoadU(d, slope + k);
      const auto scale = hn::Set(d, kLog10E);
      const auto difference =
          hn::Mul(hn::Sub(hn::Log(d, value), hn::Log(d, hn::LoadU(d, mel_reference.data() + k))), scale);
      // The logarithm of what is not finite is finite here: zero times it is not.
      log_mel.Add(d, hn::MulAdd(value, hn::Zero(d), hn::Abs(difference)));
      const auto size = hn::Div(scale, value);
      const auto zero = hn::Zero(d);
      const auto falling = hn::IfThenElse(hn::Lt(difference, zero), hn::Neg(size), zero);
      hn::StoreU(hn::IfThenElse(hn::Gt(difference, zero), size, falling), d, slope + k);
    });
    sums.log_mel += log_mel.Total();
  }
  return sums;
}

void CompareSpectraBackwardOf(int64_t frames, int64_t bins, const MelBands& mel, float log_mel_weight,
                              float error_weight, const float* output, const float* reference_magnitude,
                              const float* output_magnitude, const float* slopes, float* scratch,
                              float* gradient) {
  const Tag whole;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(whole));
  const int64_t stride = PaddedBins(bins);
  for (int64_t t = 0; t < frames; ++t) {
    const float* a = reference_magnitude + t * stride;
    const float* b = output_magnitude + t * stride;
    ForEach(stride, [&](auto d, int64_t k) HWY_ATTR {
      const auto difference = hn::Sub(hn::LoadU(d, b + k), hn::LoadU(d, a + k));
      hn::StoreU(hn::Mul(difference, hn::Set(d, error_weight)), d, scratch + k);
    });
    for (int64_t band = 0; band < mel.bands(); ++band) {
      float* to = scratch + mel.first[static_cast<size_t>(band)];
      const float* weights = mel.weights.data() + mel.offset[static_cast<size_t>(band)];
      const auto slope = hn::Set(whole, log_mel_weight * slopes[t * mel.bands() + band]);
      for (int64_t i = 0; i < mel.count[static_cast<size_t>(band)]; i += lanes) {
        hn::StoreU(hn::MulAdd(slope, hn::LoadU(whole, weights + i), hn::LoadU(whole, to + i)), whole, to + i);
      }
    }
    // A complex-to-real transform counts every bin twice but the first and the last.
    scratch[0] *= 2;
    scratch[bins - 1] *= 2;
    ForEach(bins, [&](auto d, int64_t k) HWY_ATTR {
      hn::Vec<decltype(d)> re, im;
      ReadComplex(d, output + 2 * (t * bins + k), re, im);
      const auto gain = hn::Div(hn::Mul(hn::LoadU(d, scratch + k), hn::Set(d, 0.5f)), hn::LoadU(d, b + k));
      WriteComplex(d, hn::Mul(re, gain), hn::Mul(im, gain), gradient + 2 * (t * bins + k));
    });
  }
}

template <typename T>
HWY_INLINE void FeaturesOf(int64_t frames, int64_t bins, float power_floor, const float* spectra,
                           T* features) {
  for (int64_t t = 0; t < frames; ++t) {
    T* out = features + 3 * t * bins;
    ForEach(bins, [&](auto d, int64_t k) HWY_ATTR {
      hn::Vec<decltype(d)> re, im;
      ReadComplex(d, spectra + 2 * (t * bins + k), re, im);
      const auto power = hn::MulAdd(re, re, hn::MulAdd(im, im, hn::Set(d, power_floor)));
      const auto log_power = hn::Log(d, power);
      const auto gain = hn::Exp(d, hn::Mul(log_power, hn::Set(d, -0.35f)));
      // What is not finite is lost in the logarithm, but not in the products.
      Write(d, hn::Mul(log_power, hn::Set(d, 0.25f)), out + k);
      Write(d, hn::Mul(re, gain), out + bins + k);
      Write(d, hn::Mul(im, gain), out + 2 * bins + k);
    });
  }
}
void FeaturesFloat(int64_t frames, int64_t bins, float power_floor, const float* spectra, float* features) {
  FeaturesOf(frames, bins, power_floor, spectra, features);
}
void FeaturesHalf(int64_t frames, int64_t bins, float power_floor, const float* spectra, uint16_t* features) {
  FeaturesOf(frames, bins, power_floor, spectra, features);
}

// (power)^exponent; the logarithm of what is not finite is finite, but the products with x are not.
template <class D>
HWY_INLINE hn::Vec<D> Power(D d, hn::Vec<D> value, float exponent) {
  return hn::Exp(d, hn::Mul(hn::Log(d, value), hn::Set(d, exponent)));
}

void CompressOf(int64_t frames, int64_t bins, int64_t kept, float power_floor, float exponent,
                const float* spectra, float* compressed) {
  for (int64_t t = 0; t < frames; ++t) {
    ForEach(kept, [&](auto d, int64_t k) HWY_ATTR {
      hn::Vec<decltype(d)> re, im;
      ReadComplex(d, spectra + 2 * (t * bins + k), re, im);
      const auto power = hn::MulAdd(re, re, hn::MulAdd(im, im, hn::Set(d, power_floor)));
      const auto gain = Power(d, power, exponent);
      WriteComplex(d, hn::Mul(re, gain), hn::Mul(im, gain), compressed + 2 * (t * kept + k));
    });
  }
}

// y = x p^e with p = |x|^2 + floor, so the gradient by x is p^e (g + 2 e / p <x, g> x). A complex-to-real
// transform counts every bin twice but the first and the last.
void CompressBackwardOf(int64_t frames, int64_t bins, int64_t kept, float power_floor, float exponent,
                        const float* spectra, const float* gradient, float* out) {
  for (int64_t t = 0; t < frames; ++t) {
    float* row = out + 2 * t * bins;
    ForEach(kept, [&](auto d, int64_t k) HWY_ATTR {
      hn::Vec<decltype(d)> re, im, gre, gim;
      ReadComplex(d, spectra + 2 * (t * bins + k), re, im);
      ReadComplex(d, gradient + 2 * (t * kept + k), gre, gim);
      const auto power = hn::MulAdd(re, re, hn::MulAdd(im, im, hn::Set(d, power_floor)));
      const auto gain = hn::Mul(Power(d, power, exponent), hn::Set(d, 0.5f));
      const auto along = hn::Mul(hn::MulAdd(re, gre, hn::Mul(im, gim)),
                                 hn::Div(hn::Set(d, 2 * exponent), power));
      WriteComplex(d, hn::Mul(gain, hn::MulAdd(along, re, gre)), hn::Mul(gain, hn::MulAdd(along, im, gim)),
                   row + 2 * k);
    });
    std::fill(row + 2 * kept, row + 2 * bins, 0.0f);
    for (const int64_t edge : {int64_t{0}, bins - 1}) {
      row[2 * edge] *= 2;
      row[2 * edge + 1] *= 2;
    }
  }
}

void PolarOf(int64_t frames, int64_t bins, float max_magnitude, float scale, const float* polar,
             float* spectra) {
  for (int64_t t = 0; t < frames; ++t) {
    const float* in = polar + 2 * t * bins;
    ForEach(bins, [&](auto d, int64_t k) HWY_ATTR {
      const auto log_magnitude = hn::LoadU(d, in + k);
      const auto phase = hn::LoadU(d, in + bins + k);
      // e^80 is beyond every limit; sine and cosine are exact up to 39000. Zero times what is not finite
      // brings it back.
      const auto bounded = hn::Min(hn::Max(log_magnitude, hn::Set(d, -80.0f)), hn::Set(d, 80.0f));
      const auto lost = hn::Mul(hn::Add(log_magnitude, phase), hn::Zero(d));
      const auto limit = hn::Set(d, 30000.0f);
      const auto angle = hn::Min(hn::Max(phase, hn::Neg(limit)), limit);
      const auto magnitude =
          hn::MulAdd(hn::Min(hn::Exp(d, bounded), hn::Set(d, max_magnitude)), hn::Set(d, scale), lost);
      WriteComplex(d, hn::Mul(magnitude, hn::Cos(d, angle)), hn::Mul(magnitude, hn::Sin(d, angle)),
                   spectra + 2 * (t * bins + k));
    });
  }
}

void PolarBackwardOf(int64_t frames, int64_t bins, float max_magnitude, const float* polar,
                     const float* spectra, const float* gradient, float* gpolar) {
  const float limit = std::log(max_magnitude);
  for (int64_t t = 0; t < frames; ++t) {
    const float* in = polar + 2 * t * bins;
    float* out = gpolar + 2 * t * bins;
    const auto step = [&](auto d, int64_t k, float twice) HWY_ATTR {
      hn::Vec<decltype(d)> re, im, gre, gim;
      ReadComplex(d, spectra + 2 * (t * bins + k), re, im);
      ReadComplex(d, gradient + 2 * (t * bins + k), gre, gim);
      const auto weight = hn::Set(d, twice);
      const auto radial = hn::Mul(weight, hn::MulAdd(gre, re, hn::Mul(gim, im)));
      const auto around = hn::Mul(weight, hn::MulSub(gim, re, hn::Mul(gre, im)));
      const auto inside = hn::Le(hn::LoadU(d, in + k), hn::Set(d, limit));
      hn::StoreU(hn::IfThenElseZero(inside, radial), d, out + k);
      hn::StoreU(around, d, out + bins + k);
    };
    ForEach(bins - 2, [&](auto d, int64_t k) HWY_ATTR { step(d, k + 1, 2.0f); });
    step(Single(), 0, 1.0f);
    step(Single(), bins - 1, 1.0f);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace quaver::internal
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quaver::internal {

HWY_EXPORT(CutFramesOf);
HWY_EXPORT(AddFramesOf);
HWY_EXPORT(CompareSpectraOf);
HWY_EXPORT(CompareSpectraBackwardOf);
HWY_EXPORT(FeaturesFloat);
HWY_EXPORT(FeaturesHalf);
HWY_EXPORT(CompressOf);
HWY_EXPORT(CompressBackwardOf);
HWY_EXPORT(PolarOf);
HWY_EXPORT(PolarBackwardOf);

void CutFrames(const Framing& framing, const float* signal, const float* window, float* frames) {
  HWY_DYNAMIC_DISPATCH(CutFramesOf)(framing, signal, window, frames);
}

void AddFrames(const Framing& framing, const float* frames, const float* window, float* signal) {
  HWY_DYNAMIC_DISPATCH(AddFramesOf)(framing, frames, window, signal);
}

SpectralSums CompareSpectra(int64_t frames, int64_t bins, const MelBands& mel, float power_floor,
                            float mel_floor, const float* reference, const float* output,
                            float* reference_magnitude, float* output_magnitude, float* slopes) {
  return HWY_DYNAMIC_DISPATCH(CompareSpectraOf)(frames, bins, mel, power_floor, mel_floor, reference, output,
                                                reference_magnitude, output_magnitude, slopes);
}

void CompareSpectraBackward(int64_t frames, int64_t bins, const MelBands& mel, float log_mel_weight,
                            float error_weight, const float* output, const float* reference_magnitude,
                            const float* output_magnitude, const float* slopes, float* scratch,
                            float* gradient) {
  HWY_DYNAMIC_DISPATCH(CompareSpectraBackwardOf)
  (frames, bins, mel, log_mel_weight, error_weight, output, reference_magnitude, output_magnitude, slopes,
   scratch, gradient);
}

template <>
void SpectrumFeatures(int64_t frames, int64_t bins, float power_floor, const float* spectra,
                      float* features) {
  HWY_DYNAMIC_DISPATCH(FeaturesFloat)(frames, bins, power_floor, spectra, features);
}
template <>
void SpectrumFeatures(int64_t frames, int64_t bins, float power_floor, const float* spectra,
                      uint16_t* features) {
  HWY_DYNAMIC_DISPATCH(FeaturesHalf)(frames, bins, power_floor, spectra, features);
}

void CompressSpectra(int64_t frames, int64_t bins, int64_t kept, float power_floor, float exponent,
                     const float* spectra, float* compressed) {
  HWY_DYNAMIC_DISPATCH(CompressOf)(frames, bins, kept, power_floor, exponent, spectra, compressed);
}

void CompressSpectraBackward(int64_t frames, int64_t bins, int64_t kept, float power_floor, float exponent,
                             const float* spectra, const float* gradient, float* out) {
  HWY_DYNAMIC_DISPATCH(CompressBackwardOf)
  (frames, bins, kept, power_floor, exponent, spectra, gradient, out);
}

void PolarToSpectrum(int64_t frames, int64_t bins, float max_magnitude, float scale, const float* polar,
                     float* spectra) {
  HWY_DYNAMIC_DISPATCH(PolarOf)(frames, bins, max_magnitude, scale, polar, spectra);
}

void PolarToSpectrumBackward(int64_t frames, int64_t bins, float max_magnitude, const float* polar,
                             const float* spectra, const float* gradient, float* gpolar) {
  HWY_DYNAMIC_DISPATCH(PolarBackwardOf)(frames, bins, max_magnitude, polar, spectra, gradient, gpolar);
}

}  // namespace quaver::internal
#endif  // HWY_ONCE
