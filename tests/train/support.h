// What the tests of the trainer share.
#ifndef QUAVER_TESTS_TRAIN_SUPPORT_H_
#define QUAVER_TESTS_TRAIN_SUPPORT_H_

#include <filesystem>
#include <string>

#include "codec/model/config.h"
#include "codec/train/options.h"

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

inline std::string Samples() { return QUAVER_SOURCE_DIR "/samples"; }

// A folder of its own, removed at the end.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& name)
      : path_(std::filesystem::temp_directory_path() / (name + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::string str() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace quaver

#endif  // QUAVER_TESTS_TRAIN_SUPPORT_H_
