// What the tests of the trainer share.
#ifndef QUAVER_TESTS_TRAIN_SUPPORT_H_
#define QUAVER_TESTS_TRAIN_SUPPORT_H_

#include "codec/model/config.h"
#include "codec/train/options.h"
#include "tests/train/folder.h"

namespace quaver {

inline Config SmallConfig() {
  Config config;
  config.name = "small";
  config.encoder_hops = {24, 1};
  config.encoder_frames = {32, 1};
  config.decoder_frames = {32, 1};
  config.decoder_hops = {32, 1};
  return config;
}

inline TrainingConfig SmallTraining() {
  TrainingConfig config{SmallConfig(), {}};
  config.training.batch = 4;
  config.training.crop_frames = 16;
  config.training.steps = 200;
  config.training.warmup_steps = 5;
  config.training.learning_rate = 2e-3;
  config.training.validate_every = 0;
  return config;
}

}  // namespace quaver

#endif  // QUAVER_TESTS_TRAIN_SUPPORT_H_
