// The same targets as the kernels of the runtime.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/fma_peak.cc"
// clang-format off: the order matters
#include "hwy/foreach_target.h"  // includes this file once for every instruction set
// clang-format on

#include "bench/fma_peak.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace quaver::bench {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<float, 16>;
using Vec = hn::Vec<Tag>;

// Runs `rounds` times 12 FMAs that do not wait for each other: more than latency times units of any core.
// Returns the multiply-accumulates done; `sink` keeps the compiler from leaving them out.
double Multiply(long rounds, float* sink) {
  const Tag d;
  const Vec x = hn::Set(d, 0.999f);
  const Vec y = hn::Set(d, 0.001f);
  Vec a = hn::Set(d, 0.1f), b = a, c = a, e = a, f = a, g = a, h = a, i = a, j = a, k = a, l = a, m = a;
  // The register is opaque after each round, so that no two rounds become one.
  const auto step = [&](Vec& v) HWY_ATTR {
    v = hn::MulAdd(v, x, y);
#if HWY_COMPILER_GCC || HWY_COMPILER_CLANG
#if HWY_ARCH_X86
    asm volatile("" : "+x"(v.raw));
#elif HWY_ARCH_ARM
    asm volatile("" : "+w"(v.raw));
#endif
#endif
  };
  for (long round = 0; round < rounds; ++round) {
    step(a), step(b), step(c), step(e), step(f), step(g);
    step(h), step(i), step(j), step(k), step(l), step(m);
  }
  const Vec sum = hn::Add(hn::Add(hn::Add(a, b), hn::Add(c, e)), hn::Add(hn::Add(f, g), hn::Add(h, i)));
  *sink = hn::GetLane(hn::Add(sum, hn::Add(hn::Add(j, k), hn::Add(l, m))));
  return 12.0 * static_cast<double>(rounds) * static_cast<double>(hn::Lanes(d));
}

const char* Name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace HWY_NAMESPACE
}  // namespace quaver::bench
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>

#include "bench/timing.h"

namespace quaver::bench {

HWY_EXPORT(Multiply);
HWY_EXPORT(Name);

double FmaPeak() {
  constexpr int kRuns = 30;
  constexpr long kRounds = 500'000;  // about 2 ms
  double best = 0;
  volatile float kept = 0;
  for (int run = 0; run < kRuns; ++run) {
    float sink = 0;
    const Stopwatch watch;
    const double macs = HWY_DYNAMIC_DISPATCH(Multiply)(kRounds, &sink);
    best = std::max(best, macs / watch.seconds());
    kept = sink;
  }
  (void)kept;
  return best;
}

const char* FmaTarget() { return HWY_DYNAMIC_DISPATCH(Name)(); }

}  // namespace quaver::bench
#endif  // HWY_ONCE
