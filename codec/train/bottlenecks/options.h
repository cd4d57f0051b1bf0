// Options of the bottlenecks while they train: the objects "fsp", "fsq", "vp", "vq" and "none" of a training
// configuration. What decides the tokens themselves is in the model's configuration
// (codec/quantize/bottleneck_config.h).
#ifndef QUAVER_CODEC_TRAIN_BOTTLENECKS_OPTIONS_H_
#define QUAVER_CODEC_TRAIN_BOTTLENECKS_OPTIONS_H_

namespace quaver {

// Of the moment loss (moments.h).
struct MomentOptions {
  double mean_weight = 0.1;       // of the squared means
  double variance_weight = 0.07;  // and of the squared errors of the variances
};

struct FspOptions {
  double quantize_rate = 0.5;  // share of elements that are quantised while training; the rest is perturbed
  bool joint = false;  // accept a proposal only if all dimensions of the token stay inside (paper, eq. 17)
  MomentOptions moments;
};

struct FsqOptions {
  double noise_rate = 0.5;  // type "fsq-noise": share of elements that get noise instead of rounding
};

struct VpOptions {
  double eta = 1.1;           // radius of the perturbation over the distance of the M-th neighbour
  int density_neighbour = 8;  // k: the density goes by the distance of the k-th neighbour
  int cell_neighbour = 0;     // M: queued latents a code, the queue has codes * M; 0: 16 * dims
  double queue_steps = 300;   // steps in which the queue turns over
  bool metropolis = true;     // false: every move is accepted, for comparison
  bool shared = false;        // one queue and codebook for all groups
  MomentOptions moments;
};

struct VqOptions {
  double commitment = 0.25;
  bool ema = false;          // type "vq": codes follow their latents' average instead of a gradient
  double decay = 0.99;       // of that average
  double restart_below = 2;  // with ema: codes met less often in a step, on average, begin again; 0: never
};

struct NoneOptions {
  MomentOptions moments;
};

struct BottleneckOptions {
  FspOptions fsp;
  FsqOptions fsq;
  VpOptions vp;
  VqOptions vq;
  NoneOptions none;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_BOTTLENECKS_OPTIONS_H_
