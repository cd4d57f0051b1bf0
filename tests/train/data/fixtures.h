// Small corpora of real speech, made for each test.
#ifndef QUAVER_TESTS_TRAIN_DATA_FIXTURES_H_
#define QUAVER_TESTS_TRAIN_DATA_FIXTURES_H_

#include <gtest/gtest.h>
#include <sndfile.h>

#include <string>
#include <vector>

#include "codec/train/data/load.h"
#include "tests/io/temp_folder.h"

namespace quaver {

inline std::string Samples() { return QUAVER_SOURCE_DIR "/samples"; }

class DataTest : public TempFolder {
 protected:
  // Folders on the way are made. `seconds` of real speech from the clips in samples/, another for each
  // `which`.
  void Speech(const std::string& name, int which = 0, double seconds = 0.5) const;
  void Write(const std::string& name, const std::vector<float>& samples, int rate = 16000,
             int format = SF_FORMAT_WAV | SF_FORMAT_PCM_16) const;
  void Text(const std::string& name, const std::string& text) const;

  // One clip each: LibriSpeech with two speakers in train, one in dev, one in test.
  void LibriSpeech(const std::string& folder) const;
};

// Of the clips in samples/, one after the other, from a place that depends on `which`; 16 kHz.
std::vector<float> SomeSpeech(int which, size_t count);

inline LoadOptions At16k() {
  LoadOptions options;
  options.min_samples = 1280;
  return options;
}

// Names of the clips' files, in order.
std::vector<std::string> FileNames(const Dataset& data);

}  // namespace quaver

#endif  // QUAVER_TESTS_TRAIN_DATA_FIXTURES_H_
