// Sample-rate conversion (libsoxr, high quality), mono.
#ifndef QUAVER_CODEC_IO_RESAMPLER_H_
#define QUAVER_CODEC_IO_RESAMPLER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "codec/status.h"

namespace quaver {

// Streaming: chunk boundaries do not change the output. The filter's delay is compensated: output sample i
// stands at the time i / out_rate of the input. Total output of n samples: ResampledLength(n, in_rate,
// out_rate). Equal rates copy the samples unchanged.
class Resampler {
 public:
  // Rates in Hz, finite and positive, at most a factor of 1000 apart.
  static Result<std::unique_ptr<Resampler>> Create(double in_rate, double out_rate);
  ~Resampler();

  // Appends what the samples so far determine to `out`. Samples that are not finite count as 0.
  Status Process(std::span<const float> in, std::vector<float>& out);
  // Appends the rest. The next Process() starts a new signal.
  Status Flush(std::vector<float>& out);

 private:
  Resampler();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// n * out_rate / in_rate to the nearest integer, half up.
uint64_t ResampledLength(uint64_t n, double in_rate, double out_rate);

// A whole signal at once.
Result<std::vector<float>> Resample(std::span<const float> in, double in_rate, double out_rate);

}  // namespace quaver

#endif  // QUAVER_CODEC_IO_RESAMPLER_H_
