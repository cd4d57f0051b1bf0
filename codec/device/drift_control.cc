#include "codec/device/drift_control.h"

#include <algorithm>

namespace quaver {
namespace {

constexpr double kSmoothing = 1.0;                               // seconds
constexpr double kProportional = 0.05;                           // relative speed for one second of error
constexpr double kIntegral = kProportional * kProportional / 4;  // a second: critically damped
constexpr double kMaxDrift = 0.002;                              // of real clocks, with room to spare
constexpr double kMaxTrim = 0.005;                               // 9 cents of pitch

}  // namespace

double DriftControl::Update(double fill) {
  smooth_ += (fill - smooth_) * std::min(1.0, period_ / kSmoothing);
  const double missing = target_ - smooth_;
  integral_ = std::clamp(integral_ + kIntegral * missing * period_, -kMaxDrift, kMaxDrift);
  return 1 + std::clamp(kProportional * missing + integral_, -kMaxTrim, kMaxTrim);
}

}  // namespace quaver
