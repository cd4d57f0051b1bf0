// The most multiply-accumulates that this core does in fp32: what no kernel can beat.
#ifndef QUAVER_BENCH_FMA_PEAK_H_
#define QUAVER_BENCH_FMA_PEAK_H_

namespace quaver::bench {

// Multiply-accumulates a second of vector FMAs that touch registers only, in the widest vectors that the
// runtime uses (16 lanes); the best of several short runs.
double FmaPeak();

// The instruction set that it ran with.
const char* FmaTarget();

}  // namespace quaver::bench

#endif  // QUAVER_BENCH_FMA_PEAK_H_
