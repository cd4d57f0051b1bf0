// Scalable vectors cannot stand in arrays; those machines have a fixed-size target too.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codec/runtime/kernels.cc"
// clang-format off: the order matters
#include "hwy/foreach_target.h"  // includes this file once for every instruction set
// clang-format on

#include "codec/runtime/kernels.h"
#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace quaver::internal {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<float, 16>;
using Vec = hn::Vec<Tag>;
constexpr int kLanes = static_cast<int>(hn::MaxLanes(Tag()));
#if HWY_TARGET == HWY_SSSE3 || HWY_TARGET == HWY_SSE4 || HWY_TARGET == HWY_SCALAR
constexpr bool kPromotesHalves = false;
#else
constexpr bool kPromotesHalves = true;
#endif

// A tile of the product is rows x vectors accumulators: what fits the registers. Many rows take a square tile
// (bound by arithmetic); one or two rows take a wide one, or the accumulators would wait for each other. Wide
// tiles use vectors of at most 8 lanes: F16 is promoted faster that way where 16 lanes are two passes.
constexpr int kRegisters = kLanes >= 16 || HWY_ARCH_ARM ? 32 : 16;
constexpr int kTileVectors = kLanes >= 8 ? 2 : 4;
constexpr int kTileRows = kLanes >= 16 ? 14 : kLanes == 8 ? 6 : HWY_ARCH_ARM ? 4 : 2;
static_assert(kPad % (kTileVectors * kLanes) == 0);
using WideTag = hn::CappedTag<float, 8>;
constexpr int WideVectors(int rows) { return kRegisters / 2 / rows; }

// x sigmoid(2 u) with u = sqrt(2 / pi) (x + 0.044715 x^3), which is x (1 + tanh(u)) / 2.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V GeluOf(D d, V x) {
  const V cube = hn::Mul(hn::Mul(x, x), x);
  const V inner = hn::MulAdd(hn::Set(d, 0.044715f), cube, x);
  const V exponent = hn::Mul(hn::Set(d, -1.5957691216057308f), inner);
  const V bounded = hn::Min(hn::Max(exponent, hn::Set(d, -87.0f)), hn::Set(d, 87.0f));
  return hn::Div(x, hn::Add(hn::Set(d, 1.0f), hn::Exp(d, bounded)));
}

template <After kAfter, class D, class V = hn::Vec<D>>
HWY_INLINE void Finish(D d, const ProductCall& call, int row, int column, V value) {
  if constexpr (kAfter == After::kGelu) value = GeluOf(d, value);
  if constexpr (kAfter == After::kResidual) {
    const V residual =
        hn::LoadU(d, call.residual.data + static_cast<size_t>(row) * call.residual.stride + column);
    value = hn::MulAdd(hn::LoadU(d, call.scale + column), value, residual);
  }
  hn::StoreU(value, d, call.y.data + static_cast<size_t>(row) * call.y.stride + column);
}

template <class D>
HWY_INLINE hn::Vec<D> LoadWeights(D d, const float* weights) {
  return hn::Load(d, weights);
}
template <class D>
HWY_INLINE hn::Vec<D> LoadWeights(D d, const uint16_t* weights) {
#if HWY_TARGET == HWY_WASM
  // No instruction promotes: exponent and mantissa move to their places, and what is added to the exponent
  // comes by a product, which is exact. Weights are finite.
  const hn::RebindToSigned<D> bits;
  const hn::Rebind<int16_t, D> half;
  const auto wide = hn::PromoteTo(bits, hn::Load(half, reinterpret_cast<const int16_t*>(weights)));
  const auto placed = hn::And(hn::ShiftLeft<13>(wide), hn::Set(bits, static_cast<int32_t>(0x8fffffff)));
  return hn::Mul(hn::BitCast(d, placed), hn::Set(d, 0x1p112f));
#else
  const hn::Rebind<hwy::float16_t, D> half;
  return hn::PromoteTo(d, hn::Load(half, reinterpret_cast<const hwy::float16_t*>(weights)));
#endif
}

// kVectors vectors of outputs may reach over several panels.
template <class D, typename T, int kRows, int kVectors, After kAfter>
HWY_NOINLINE void Tile(const ProductCall& call, int row, int column) {
  const D d;
  using V = hn::Vec<D>;
  constexpr int kWidth = static_cast<int>(hn::MaxLanes(D()));
  constexpr int kPanelVectors = kPad / kWidth;
  const float* HWY_RESTRICT x[kRows];
  for (int r = 0; r < kRows; ++r) x[r] = call.x.At(row + r);
  const T* HWY_RESTRICT w = call.weights.Panel<T>(column / kPad) + column % kPad;
  const size_t panel = call.weights.PanelSize();
  V sum[kRows][kVectors];
  for (int v = 0; v < kVectors; ++v) {
    const V bias = hn::Load(d, call.weights.bias() + column + v * kWidth);
    for (int r = 0; r < kRows; ++r) sum[r][v] = bias;
  }
  const int inputs = call.weights.inputs();
  for (int k = 0; k < inputs; ++k, w += kPad) {
    V weight[kVectors];
    for (int v = 0; v < kVectors; ++v)
      weight[v] = LoadWeights(d, w + v / kPanelVectors * panel + v % kPanelVectors * kWidth);
    for (int r = 0; r < kRows; ++r) {
      const V input = hn::Set(d, x[r][k]);
      for (int v = 0; v < kVectors; ++v) sum[r][v] = hn::MulAdd(input, weight[v], sum[r][v]);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) Finish<kAfter>(d, call, row + r, column + v * kWidth, sum[r][v]);
  }
}

// All outputs of kRows rows from `column` on; tiles of kVectors vectors, the last ones narrower.
template <typename T, int kRows, int kVectors, After kAfter>
HWY_INLINE void WideTiles(const ProductCall& call, int column) {
  constexpr int kWidth = kVectors * static_cast<int>(hn::MaxLanes(WideTag()));
  for (; column + kWidth <= call.weights.outputs(); column += kWidth)
    Tile<WideTag, T, kRows, kVectors, kAfter>(call, 0, column);
  if constexpr (kWidth > kPad) WideTiles<T, kRows, kVectors / 2, kAfter>(call, column);
}

// Runs the last `left` rows of a column, which are at most kRows.
template <typename T, int kRows, After kAfter>
HWY_INLINE void LastRows(const ProductCall& call, int row, int left, int column) {
  if (left == kRows) return Tile<Tag, T, kRows, kTileVectors, kAfter>(call, row, column);
  if constexpr (kRows > 1) LastRows<T, kRows - 1, kAfter>(call, row, left, column);
}

template <typename T, After kAfter>
void RunProduct(const ProductCall& call) {
  if (call.rows == 1) return WideTiles<T, 1, WideVectors(1), kAfter>(call, 0);
  if (call.rows == 2) return WideTiles<T, 2, WideVectors(2), kAfter>(call, 0);
  for (int column = 0; column < call.weights.outputs(); column += kTileVectors * kLanes) {
    int row = 0;
    for (; row + kTileRows <= call.rows; row += kTileRows)
      Tile<Tag, T, kTileRows, kTileVectors, kAfter>(call, row, column);
    if (row < call.rows) LastRows<T, kTileRows, kAfter>(call, row, call.rows - row, column);
  }
}

template <typename T>
void ProductOf(const ProductCall& call) {
  switch (call.after) {
    case After::kNothing:
      return RunProduct<T, After::kNothing>(call);
    case After::kGelu:
      return RunProduct<T, After::kGelu>(call);
    case After::kResidual:
      return RunProduct<T, After::kResidual>(call);
  }
}

void ProductRows(const ProductCall& call) {
  if (call.weights.type() == Matrix::Type::kHalf) return ProductOf<uint16_t>(call);
  return ProductOf<float>(call);
}

bool Promotes() { return kPromotesHalves; }

void DepthwiseRows(const float* weights, const float* bias, int kernel, ConstRows x, int rows, Rows y) {
  const Tag d;
  for (int t = 0; t < rows; ++t) {
    const float* in = x.data + static_cast<size_t>(t) * x.stride;
    float* out = y.data + static_cast<size_t>(t) * y.stride;
    for (int c = 0; c < y.stride; c += kLanes) {
      Vec sum = hn::LoadU(d, bias + c);
      for (int k = 0; k < kernel; ++k) {
        const size_t offset = static_cast<size_t>(k) * x.stride + c;
        sum = hn::MulAdd(hn::LoadU(d, in + offset), hn::LoadU(d, weights + offset), sum);
      }
      hn::StoreU(sum, d, out + c);
    }
  }
}

// Sums over a row in an order that belongs neither to the length of a vector nor to the version of Highway,
// whose SumOfLanes has changed its own: column c counts to sum c % 16; then the second half of the sums is
// added to the first, until one is left.
constexpr int kSums = 16;
constexpr int kSumVectors = kSums / kLanes;
static_assert(kPad % kSums == 0);

#if HWY_TARGET == HWY_SCALAR
template <class D>
HWY_INLINE float TotalOfLanes(hn::Vec<D> v) {
  return hn::GetLane(v);
}
#else
template <class D>
HWY_INLINE float TotalOfLanes(hn::Vec<D> v) {
  if constexpr (hn::MaxLanes(D()) == 1) {
    return hn::GetLane(v);
  } else {
    using Half = hn::Half<D>;
    return TotalOfLanes<Half>(hn::Add(hn::LowerHalf(Half(), v), hn::UpperHalf(Half(), v)));
  }
}
#endif

HWY_INLINE Vec Total(Vec* sums) {
  const Tag d;
  for (int n = kSumVectors / 2; n > 0; n /= 2) {
    for (int v = 0; v < n; ++v) sums[v] = hn::Add(sums[v], sums[v + n]);
  }
  return hn::Set(d, TotalOfLanes<Tag>(sums[0]));
}

HWY_INLINE void NormRow(const float* weight, const float* bias, const float* mask, int channels, int stride,
                        float* x) {
  const Tag d;
  const Vec inverse = hn::Set(d, 1.0f / static_cast<float>(channels));
  Vec sums[kSumVectors], squares[kSumVectors];
  for (int v = 0; v < kSumVectors; ++v) sums[v] = squares[v] = hn::Zero(d);
  for (int c = 0; c < stride; c += kSums) {
    for (int v = 0; v < kSumVectors; ++v) sums[v] = hn::Add(sums[v], hn::LoadU(d, x + c + v * kLanes));
  }
  const Vec mean = hn::Mul(Total(sums), inverse);
  for (int c = 0; c < stride; c += kSums) {
    for (int v = 0; v < kSumVectors; ++v) {
      const int column = c + v * kLanes;
      const Vec centred = hn::Mul(hn::Sub(hn::LoadU(d, x + column), mean), hn::LoadU(d, mask + column));
      squares[v] = hn::MulAdd(centred, centred, squares[v]);
    }
  }
  const Vec variance = hn::Mul(Total(squares), inverse);
  const Vec gain = hn::Div(hn::Set(d, 1.0f), hn::Sqrt(hn::Add(variance, hn::Set(d, 1e-5f))));
  for (int c = 0; c < stride; c += kLanes) {
    const Vec normal = hn::Mul(hn::Sub(hn::LoadU(d, x + c), mean), gain);
    hn::StoreU(hn::MulAdd(normal, hn::LoadU(d, weight + c), hn::LoadU(d, bias + c)), d, x + c);
  }
}

void NormRows(const float* weight, const float* bias, const float* mask, int channels, int rows, Rows x) {
  for (int t = 0; t < rows; ++t) {
    NormRow(weight, bias, mask, channels, x.stride, x.data + static_cast<size_t>(t) * x.stride);
  }
}

void Features(ConstRows spectrum, int bins, int rows, Rows features) {
  const Tag d;
  for (int t = 0; t < rows; ++t) {
    const float* in = spectrum.data + static_cast<size_t>(t) * spectrum.stride;
    float* out = features.data + static_cast<size_t>(t) * features.stride;
    for (int k = 0; k < bins; k += kLanes) {
      const Vec re = hn::LoadU(d, in + k);
      const Vec im = hn::LoadU(d, in + bins + k);
      const Vec power = hn::MulAdd(re, re, hn::MulAdd(im, im, hn::Set(d, 1e-6f)));
      const Vec log_power = hn::Log(d, power);
      const Vec gain = hn::Exp(d, hn::Mul(log_power, hn::Set(d, -0.35f)));
      hn::StoreU(hn::Mul(log_power, hn::Set(d, 0.25f)), d, out + k);
      hn::StoreU(hn::Mul(re, gain), d, out + bins + k);
      hn::StoreU(hn::Mul(im, gain), d, out + 2 * bins + k);
    }
  }
}

void Polar(int bins, int rows, Rows x) {
  const Tag d;
  const Vec limit = hn::Set(d, 30000.0f);
  for (int t = 0; t < rows; ++t) {
    float* row = x.data + static_cast<size_t>(t) * x.stride;
    for (int k = 0; k < bins; k += kLanes) {
      // e^5 is beyond the largest magnitude, so the bound changes nothing but keeps Exp in its range.
      const Vec bounded = hn::Min(hn::Max(hn::LoadU(d, row + k), hn::Set(d, -87.0f)), hn::Set(d, 5.0f));
      const Vec magnitude = hn::Min(hn::Exp(d, bounded), hn::Set(d, 100.0f));
      const Vec phase = hn::Min(hn::Max(hn::LoadU(d, row + bins + k), hn::Neg(limit)), limit);
      hn::StoreU(hn::Mul(magnitude, hn::Cos(d, phase)), d, row + k);
      hn::StoreU(hn::Mul(magnitude, hn::Sin(d, phase)), d, row + bins + k);
    }
  }
}

void Squash(const float* a, int size, float* z) {
  const Tag d;
  for (int i = 0; i < size; i += kLanes) {
    const Vec bounded = hn::Min(hn::Max(hn::LoadU(d, a + i), hn::Set(d, -30.0f)), hn::Set(d, 30.0f));
    const Vec shifted = hn::Add(hn::Tanh(d, bounded), hn::Set(d, 1.0f));
    hn::StoreU(hn::Mul(shifted, hn::Set(d, 0.5f)), d, z + i);
  }
}

const char* Name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace HWY_NAMESPACE
}  // namespace quaver::internal
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quaver::internal {

HWY_EXPORT(ProductRows);
HWY_EXPORT(DepthwiseRows);
HWY_EXPORT(NormRows);
HWY_EXPORT(Features);
HWY_EXPORT(Polar);
HWY_EXPORT(Squash);
HWY_EXPORT(Promotes);
HWY_EXPORT(Name);

void Product(const ProductCall& call) { HWY_DYNAMIC_DISPATCH(ProductRows)(call); }

void Depthwise(const float* weights, const float* bias, int kernel, ConstRows x, int rows, Rows y) {
  HWY_DYNAMIC_DISPATCH(DepthwiseRows)(weights, bias, kernel, x, rows, y);
}

void LayerNorm(const float* weight, const float* bias, const float* mask, int channels, int rows, Rows x) {
  HWY_DYNAMIC_DISPATCH(NormRows)(weight, bias, mask, channels, rows, x);
}

void SpectrumFeatures(ConstRows spectrum, int bins, int rows, Rows features) {
  HWY_DYNAMIC_DISPATCH(Features)(spectrum, bins, rows, features);
}

void PolarToSpectrum(int bins, int rows, Rows x) { HWY_DYNAMIC_DISPATCH(Polar)(bins, rows, x); }

void SquashTanh(const float* a, int size, float* z) { HWY_DYNAMIC_DISPATCH(Squash)(a, size, z); }

bool PromotesHalves() { return HWY_DYNAMIC_DISPATCH(Promotes)(); }

const char* ChooseTarget() { return HWY_DYNAMIC_DISPATCH(Name)(); }

}  // namespace quaver::internal
#endif  // HWY_ONCE
