// Sample-rate conversion with little delay whose ratio may be steered while it runs (libsamplerate), mono.
//
// For live sound. Beside `Resampler` (libsoxr, for files), because delay counts here: at 48 to 16 kHz in
// frames of 20 ms, libsoxr waits 12 ms (variable rate) to 40 ms (fixed), this one 3.
#ifndef QUAVER_CODEC_DEVICE_VARIABLE_RESAMPLER_H_
#define QUAVER_CODEC_DEVICE_VARIABLE_RESAMPLER_H_

#include <memory>
#include <span>
#include <vector>

#include "codec/status.h"

namespace quaver {

class VariableResampler {
 public:
  // Rates in Hz, at most a factor of 200 apart.
  static Result<std::unique_ptr<VariableResampler>> Create(double in_rate, double out_rate);
  ~VariableResampler();

  // Appends what the samples so far determine to `out`, and takes all of `in`. `trim` multiplies the length:
  // 1.0001 makes 100 ppm more samples out of the same sound. It glides from call to call, without a step.
  // Allocates only to grow `out`.
  Status Process(std::span<const float> in, double trim, std::vector<float>& out);

  // Seconds of sound that have gone in and not come out.
  double delay() const;

 private:
  VariableResampler();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_DEVICE_VARIABLE_RESAMPLER_H_
