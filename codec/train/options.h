// Training configuration: the "training" object of a file such as models/speech-16k.json, whose "model"
// object is the configuration of the network.
#ifndef QUAVER_CODEC_TRAIN_OPTIONS_H_
#define QUAVER_CODEC_TRAIN_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "codec/model/config.h"
#include "codec/status.h"
#include "codec/train/bottlenecks/options.h"
#include "codec/train/data/augment.h"

namespace quaver {

struct LossOptions {
  // The weights of docs/research/training.md.
  double log_mel = 12;      // L1 of log10 mel magnitudes, mean over scales
  double convergence = 1;   // spectral convergence, mean over scales
  double waveform = 2;      // L1 of the waveform relative to the level of the crop
  double waveform_end = 1;  // its weight at the end of training, reached linearly
  double norm = 1;          // moment loss of the bottleneck
  std::vector<int> fft_sizes = {256, 512, 1024, 2048};
};

struct DropOptions {
  double full_rate = 0.25;  // share of crops that keep every group
  double power = 1;  // of the others, 1 + groups * u^power groups with u uniform: above 1 favours low rates
  double change_rate = 0.3;  // share of crops in which n_q changes somewhere inside
  double frame_crops = 0.3;  // share of crops that lose frames
  double frame_rate = 0.2;   // share of frames lost in such a crop, at most (drawn uniformly)
  double mean_burst = 2;     // frames
};

// Discriminators on the decoded waveform (codec/train/discriminator.h).
struct AdversaryOptions {
  // Size of each term's gradient at the decoded samples, relative to the gradient of the reconstruction
  // losses. Both 0: no discriminators.
  double adversarial = 0;  // hinge loss of the decoder
  double features = 0;     // feature matching
  int64_t start_step =
      0;          // the decoder feels them from this step on; before it, only the discriminators learn
  int every = 1;  // the discriminators are updated each so many steps
  double learning_rate = 4e-4;                    // of the discriminators, times the schedule of the run
  int channels = 16;                              // of the first layer
  std::vector<int> fft_sizes = {256, 512, 1024};  // an STFT discriminator each; hop = a quarter
  std::vector<int> periods;                       // a multi-period discriminator each, in samples
  // A crop with few tokens cannot come close to the recording, so that discriminators soon outweigh what it
  // has in common with it. At one token a frame the decoder's gradient from them is this share of what it
  // would be, and all of it from `full_tokens` on, linearly between.
  double one_token_share = 1;
  double full_tokens = 6;
  double balance_decay = 0.9;  // of the averages by which gradients are put in proportion, each 8 steps
  bool on() const { return adversarial > 0 || features > 0; }
};

struct TrainingOptions {
  int64_t steps = 20000;
  double minutes = 0;  // if > 0 the schedule follows the clock and training ends after so much time
  int batch = 12;
  int crop_frames = 36;
  double learning_rate = 8e-4;
  int warmup_steps = 200;
  double decay_start = 0.5;    // share of training after which the rate falls as 1 - sqrt
  double final_rate = 0.01;    // learning rate at the end, relative
  double weight_decay = 0.01;  // of matrices
  double clip_norm = 3;
  double ema_decay = 0.999;
  double low_level_db = -40;  // crops are brought to a level drawn between these (dBFS, rms)
  double high_level_db = -15;
  bool bf16 = false;  // matrix products in bfloat16, on devices that have instructions for them
  uint64_t seed = 1;
  int validate_every = 1000;  // steps
  int validate_clips = 12;
  double held_out = 0.01;  // share of clips kept for validation if no folder is given
  double checkpoint_minutes = 4;
  int keep_checkpoints = 2;            // the last so many; the best is kept besides
  int bad_steps = 50;                  // with a loss that is not finite; more end the run
  int loader_threads = 1;              // that draw batches ahead
  std::vector<std::string> leave_out;  // files, relative to the data folder
  LossOptions loss;
  DropOptions drop;
  BottleneckOptions bottleneck;  // keys "fsp", "fsq", "vp", "vq" and "none"
  AugmentOptions augment;
  AdversaryOptions adversary;
};

struct TrainingConfig {
  Config model;
  TrainingOptions training;
};

// Reads such a file. Errors name the file and the key.
Result<TrainingConfig> LoadTrainingConfig(const std::string& path);
// The same as JSON text, for checkpoints and metadata.
std::string TrainingJson(const TrainingOptions& options);
Result<TrainingOptions> ParseTrainingOptions(const std::string& json);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_OPTIONS_H_
