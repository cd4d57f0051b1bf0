// What a source of training data holds, before anything is decoded. A source is a folder of sound files (the
// layouts of layouts.h are recognised), a manifest (manifest.h), a folder of shards or one shard (shards.h).
#ifndef QUAVER_CODEC_TRAIN_DATA_SOURCE_H_
#define QUAVER_CODEC_TRAIN_DATA_SOURCE_H_

#include <optional>
#include <string>
#include <vector>

#include "codec/status.h"
#include "codec/train/data/dataset.h"

namespace quaver {

// The official part that a corpus puts a clip into; kNone: it has no official parts, or this is no known
// corpus.
enum class Split { kNone, kTrain, kDev, kTest };
const char* SplitName(Split split);  // "none", "train", "dev", "test"

struct SoundEntry {
  std::string path;     // of the sound file; of a packed clip SHARD/NAME
  std::string name;     // relative to the source, '/' between folders; PATH#t=BEGIN,END for a part of a file
  std::string speaker;  // "" not known
  Split split = Split::kNone;
  double offset = 0;           // seconds
  double duration = 0;         // seconds; 0: to the end
  std::optional<Clip> packed;  // from a shard: decoded already

  bool whole() const { return offset == 0 && duration == 0; }
};

struct Source {
  std::string path;
  std::string kind;                 // "folder", "manifest" or "shards"
  std::vector<SoundEntry> entries;  // sorted by name, each name once
  std::vector<std::string> not_left_out;
  std::vector<SkippedFile> missing;  // named by a table but not there, or in a folder that cannot be read
  std::vector<std::string> notes;    // for people
  int sample_rate = 0;               // of shards; 0 otherwise

  bool Has(Split split) const;
};

// `leave_out` lists names of entries (or of the files that they are parts of).
Result<Source> FindSource(const std::string& path, const std::vector<std::string>& leave_out);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DATA_SOURCE_H_
