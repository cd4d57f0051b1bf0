// Speech as training data: clips in memory, or in files that are mapped into it.
#ifndef QUAVER_CODEC_TRAIN_DATA_DATASET_H_
#define QUAVER_CODEC_TRAIN_DATA_DATASET_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace quaver {

// Copies share their samples.
struct Clip {
  std::string path;     // for messages; of a clip in a shard SHARD/NAME, of a part of a file FILE#t=BEGIN,END
  std::string speaker;  // "" not known; the same name is the same person: "LibriSpeech/19"
  std::span<const int16_t> samples;    // mono, at the model's rate
  std::shared_ptr<const void> holder;  // keeps them

  static Clip Owning(std::string path, std::string speaker, std::vector<int16_t> samples);
};

// Why a clip was not used; each is named once.
struct SkippedFile {
  std::string path;
  std::string reason;
};

struct Dataset {
  std::vector<Clip> clips;  // sorted by their names within the source
  std::vector<SkippedFile> skipped;
  std::vector<std::string> not_left_out;  // entries of leave_out that name no file
  std::vector<std::string> notes;         // for people: what was recognised, what was left aside
  int sample_rate = 0;
  std::vector<double> ends;  // samples up to the end of each clip; Index() makes it after `clips` changed
  void Index();
  double seconds() const;
};

// Moves a share of the clips into a second set: all clips of a speaker, chosen by a hash of the speaker's
// name, or the clip by a hash of its file name where the speaker is not known; at least one of these if there
// are two.
Dataset HoldOut(Dataset& data, double share);

// Speakers, by name, that both have; sorted.
std::vector<std::string> SharedSpeakers(const Dataset& a, const Dataset& b);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DATA_DATASET_H_
