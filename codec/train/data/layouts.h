// Corpora whose folders are recognised, and what their paths say of speaker and official part.
#ifndef QUAVER_CODEC_TRAIN_DATA_LAYOUTS_H_
#define QUAVER_CODEC_TRAIN_DATA_LAYOUTS_H_

#include <map>
#include <string>
#include <vector>

#include "codec/train/data/source.h"

namespace quaver {

// LibriSpeech (openslr.org/12) and, alike, LibriTTS: PART/SPEAKER/CHAPTER/SPEAKER-CHAPTER-*.flac, PART is
// train-*, dev-* or test-*. Speakers are "LibriSpeech/19".
//
// VCTK (datashare.ed.ac.uk/handle/10283/3443 and 10283/2651): wav48/p225/p225_*.wav of 0.80,
// wav48_silence_trimmed/p225/p225_*_mic1.flac of 0.92, where the second microphone is left aside. No official
// parts. Speakers are "VCTK/p225".
//
// Common Voice (commonvoice.mozilla.org): clips/ beside train.tsv, dev.tsv and test.tsv. Clips that none of
// these names are left aside: they may be of speakers of the test part. Speakers are "CommonVoice/" and the
// client_id.
class Layouts {
 public:
  // Fills in what the absolute path of `entry` says. False: leave it aside.
  bool Recognise(SoundEntry& entry);

  // After all entries: what was recognised and left aside, for people.
  std::vector<std::string> Notes() const;
  // Files that a table names and nobody asked for.
  std::vector<SkippedFile> Missing() const;
  // What cannot be read of a table, or "".
  const std::string& error() const { return error_; }

 private:
  struct Listed {
    std::string speaker;
    Split split = Split::kNone;
    bool seen = false;
  };
  using Table = std::map<std::string, Listed>;  // by file name in clips/

  Table* TableOf(const std::string& folder);
  bool ReadTable(const std::string& path, Split split, Table& table);

  std::map<std::string, Table> tables_;  // by folder above clips/
  std::map<std::string, size_t> found_;  // clips by corpus
  size_t second_microphone_ = 0;
  size_t unlisted_ = 0;
  std::string error_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DATA_LAYOUTS_H_
