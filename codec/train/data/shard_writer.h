// Writes the shards of one part.
#ifndef QUAVER_CODEC_TRAIN_DATA_SHARD_WRITER_H_
#define QUAVER_CODEC_TRAIN_DATA_SHARD_WRITER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "codec/io/atomic_file.h"
#include "codec/model/safetensors.h"
#include "codec/status.h"
#include "codec/train/data/source.h"

namespace quaver {

// Bytes that a clip may take in the header of a shard.
size_t ShardHeaderBytes(const SoundEntry& entry);

class ShardWriter {
 public:
  // Into `folder`, which is there. `header_bytes`: the sum of ShardHeaderBytes() of all clips that may come,
  // which decides how much room is left for headers.
  ShardWriter(std::string folder, Split split, int sample_rate, uint64_t shard_bytes, size_t header_bytes);

  // Names must differ and be UTF-8.
  Status Add(const SoundEntry& entry, std::span<const int16_t> samples);
  // Ends the last shard and gives all of them their names, which tell how many there are.
  Status Finish();

  size_t clips() const { return clips_; }
  size_t shards() const { return shards_; }
  uint64_t samples() const { return samples_; }

 private:
  Status Begin();
  Status End();
  std::string ProvisionalPath(size_t number) const;

  std::string folder_;
  Split split_;
  int sample_rate_;
  uint64_t shard_bytes_;
  size_t header_room_;  // bytes before the samples
  std::unique_ptr<AtomicFile> file_;
  SafetensorsHeader header_;                     // of the shard that is open
  std::map<std::string, std::string> speakers_;  // by clip, of the shard that is open
  uint64_t data_bytes_ = 0;                      // written to it
  size_t header_bytes_ = 0;                      // that it may need
  size_t clips_ = 0;
  size_t shards_ = 0;
  uint64_t samples_ = 0;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DATA_SHARD_WRITER_H_
