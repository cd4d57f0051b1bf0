// The checkpoints of a run's folder: checkpoint-<step>.pt, the last `keep` of them, and best.pt.
#ifndef QUAVER_CODEC_TRAIN_RUN_FOLDER_H_
#define QUAVER_CODEC_TRAIN_RUN_FOLDER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "codec/status.h"
#include "codec/train/checkpoint.h"

namespace quaver {

class RunFolder {
 public:
  RunFolder(std::string path, int keep) : path_(std::move(path)), keep_(keep) {}

  // Names of the checkpoints in the folder, newest first.
  std::vector<std::string> Checkpoints() const;
  std::string Best() const { return path_ + "/best.pt"; }

  // Writes the state as the newest checkpoint, and only then removes those beyond the last `keep`. If the
  // disk is full, the old ones are still there.
  Status Save(TrainingState& state) const;
  // Writes the state as best.pt.
  Status SaveBest(TrainingState& state) const { return SaveCheckpoint(state, Best()); }

  // The newest checkpoint that can be read; `on_damaged` is told of newer ones that cannot. An error if there
  // is none.
  Result<std::unique_ptr<TrainingState>> Load(
      torch::Device device, const std::function<void(const std::string&)>& on_damaged) const;
  // Removes what a process that was killed while it wrote a checkpoint left behind.
  void RemoveLeftovers() const;

 private:
  std::string path_;
  int keep_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_RUN_FOLDER_H_
