// Makes shards (shards.h) of a source.
#ifndef QUAVER_CODEC_TRAIN_DATA_PACK_H_
#define QUAVER_CODEC_TRAIN_DATA_PACK_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "codec/status.h"
#include "codec/train/data/source.h"

namespace quaver {

struct PackOptions {
  int sample_rate = 16000;                   // Hz
  uint64_t shard_bytes = uint64_t{1} << 30;  // of samples; a shard also ends when its header has 1 MiB
  bool replace = false;                      // an existing folder, if it holds nothing but shards
  int threads = 0;                           // 0: as many as there are cores
  std::vector<std::string> leave_out;        // names within the source
  std::function<void(size_t done, size_t total)> progress;
  const std::atomic<bool>* stop = nullptr;  // set: give up
};

struct PackedPart {
  size_t clips = 0;
  size_t shards = 0;
  double seconds = 0;
};

struct PackReport {
  std::map<Split, PackedPart> parts;  // kNone counts as kTrain
  std::vector<SkippedFile> skipped;   // corrupt, empty or silent
  std::vector<std::string> not_left_out;
  std::vector<std::string> notes;
};

inline constexpr uint64_t kMinShardBytes = uint64_t{1} << 16;
inline constexpr uint64_t kMaxShardBytes = uint64_t{1} << 40;

// Decodes all clips of `data` into the folder `out`, which appears whole or not at all: shards are written
// into OUT.partial-PID beside it, which is renamed at the end. Memory: a few clips for each thread.
Result<PackReport> PackShards(const std::string& data, const std::string& out, const PackOptions& options);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DATA_PACK_H_
