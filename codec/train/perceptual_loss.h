// Losses that follow two measures of what listeners say, as far as these can be differentiated. They stand
// beside the spectral ones (losses.h) and shape what those leave open.
#ifndef QUAVER_CODEC_TRAIN_PERCEPTUAL_LOSS_H_
#define QUAVER_CODEC_TRAIN_PERCEPTUAL_LOSS_H_

#include <torch/types.h>

namespace quaver {

// 1 - ESTOI (Jensen and Taal, IEEE/ACM TASLP 24(11), 2016) of waveforms [batch, samples], 0 .. 2, at their
// own rate instead of 10 kHz: third octaves from 150 Hz on, segments of 384 ms, rows and columns normalised.
// Instead of leaving out silent frames, a segment counts by its share of frames that are within 40 dB of the
// crop's loudest. At least 0.41 s; the gradient goes to the output alone. fp32, any device.
class IntelligibilityLoss {
 public:
  IntelligibilityLoss(int sample_rate, torch::Device device);
  torch::Tensor operator()(const torch::Tensor& reference, const torch::Tensor& output) const;

 private:
  int64_t size_;          // of the transform
  torch::Tensor window_;  // 25.6 ms
  torch::Tensor bands_;   // [bins, bands]
};

// What PESQ takes off its best score (ITU-T P.862, 10.2.7 to 10.2.12; P.862.2 for wide band): 0.1 d +
// 0.0309 da with the symmetric and the asymmetric disturbance of loudness in bands of the ear, so about
// 0 .. 5. Not PESQ itself: nothing is aligned or equalised, bands and threshold are those of
// codec/metrics/loudness.h, the reference's level is brought to 79 dB, and disturbances of frames are averaged
// by their squares over the crop. Waveforms [batch, samples]; the gradient goes to the output alone. fp32,
// any device.
class DisturbanceLoss {
 public:
  DisturbanceLoss(int sample_rate, torch::Device device);
  torch::Tensor operator()(const torch::Tensor& reference, const torch::Tensor& output) const;

 private:
  torch::Tensor Loudness(const torch::Tensor& power) const;

  torch::Tensor window_;     // [512 at 16 kHz]
  torch::Tensor bands_;      // [bins, bands]
  torch::Tensor threshold_;  // [bands], power
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_PERCEPTUAL_LOSS_H_
