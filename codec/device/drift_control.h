// Steers a resampler so that a ring between two clocks stays as full as it should be.
//
// Microphone and loudspeaker count samples with crystals of their own, some 100 parts in a million apart:
// 100 ppm empty or fill a ring of 20 ms in three minutes. A proportional and an integral part, critically
// damped, with a time constant of 40 s: the integral finds the drift and keeps it, and the pitch moves too
// slowly and too little to be heard.
#ifndef QUAVER_CODEC_DEVICE_DRIFT_CONTROL_H_
#define QUAVER_CODEC_DEVICE_DRIFT_CONTROL_H_

namespace quaver {

class DriftControl {
 public:
  // The ring should hold `target` seconds whenever Update() is called, which is every `period` seconds.
  DriftControl(double target, double period) : target_(target), period_(period), smooth_(target) {}

  // The ring holds `fill` seconds now. Returns by what to multiply the length of what is written next:
  // within 1 +- 0.005.
  double Update(double fill);
  // The ring was emptied or filled from outside: forgets how full it was, keeps the drift it has learnt.
  void Restart() { smooth_ = target_; }

  // What it has learnt: how much faster the reader's clock runs than the writer's, in parts per million.
  double drift_ppm() const { return 1e6 * integral_; }

 private:
  double target_;
  double period_;
  double smooth_;        // seconds in the ring, without the sawtooth of the blocks
  double integral_ = 0;  // relative
};

}  // namespace quaver

#endif  // QUAVER_CODEC_DEVICE_DRIFT_CONTROL_H_
