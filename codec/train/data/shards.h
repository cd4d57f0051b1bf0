// Shards: decoded clips in a few large files, which are mapped instead of read. A folder of them holds
//   train-00000-of-00003.safetensors ...   clips of the official train part, or all if there are no parts
//   dev-..., test-...                      the other official parts
// Each is a valid safetensors file (codec/model/safetensors.h): one tensor a clip, dtype I16, shape
// [samples], its name that of the clip in its source; in "__metadata__":
//   "format"       "quaver-shard-1"
//   "sample_rate"  of all clips, in Hz
//   "speakers"     JSON array of names
//   "speaker_of"   JSON array: for each tensor, in the order of the names' bytes, an index into "speakers",
//   -1 not known
#ifndef QUAVER_CODEC_TRAIN_DATA_SHARDS_H_
#define QUAVER_CODEC_TRAIN_DATA_SHARDS_H_

#include <cstddef>
#include <optional>
#include <string>

#include "codec/status.h"
#include "codec/train/data/source.h"

namespace quaver {

inline constexpr char kShardFormat[] = "quaver-shard-1";
inline constexpr size_t kMaxShards = 100000;  // of a part: five digits

struct ShardName {
  Split split = Split::kTrain;
  size_t number = 0;
  size_t count = 0;
};

std::string ShardFileName(const ShardName& name);
// Nothing if the last part of `path` is no such name.
std::optional<ShardName> ParseShardName(const std::string& path);

bool IsShardFile(const std::string& path);
bool HoldsShards(const std::string& folder);

// Maps a folder of shards, or one. Everything that the files say is checked: form, sizes, ranges, names, that
// no shard of a part is missing, and that all have one rate. The samples themselves are not read.
Result<Source> OpenShards(const std::string& path);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DATA_SHARDS_H_
