// What is in a source of training data, before anyone trains on it.
#ifndef QUAVER_CODEC_TRAIN_DATA_SURVEY_H_
#define QUAVER_CODEC_TRAIN_DATA_SURVEY_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "codec/status.h"
#include "codec/train/data/source.h"

namespace quaver {

struct SurveyOptions {
  double min_seconds = 0.08;  // shorter clips are too short: 4 frames
  double held_out = 0.01;     // as in the training configuration
  int threads = 0;            // 0: as many as there are cores
  std::vector<std::string> leave_out;
  std::function<void(size_t done, size_t total)> progress;
};

// Clips within [low, high) of something; the first and the last bin are open outwards.
struct HistogramBin {
  double low = 0;
  double high = 0;
  size_t clips = 0;
};

struct SurveyedPart {
  size_t clips = 0;
  double seconds = 0;
  size_t speakers = 0;  // known by name
};

struct Survey {
  std::string kind;  // of the source
  std::vector<std::string> notes;
  SurveyedPart all;                       // usable: neither broken, empty, silent nor too short
  size_t unnamed = 0;                     // usable clips whose speaker is not known
  std::map<int, size_t> sample_rates;     // clips by Hz
  std::map<int, size_t> channels;         // clips by number
  std::map<std::string, size_t> formats;  // clips
  std::vector<HistogramBin> durations;    // seconds
  std::vector<HistogramBin> levels;       // dBFS, rms
  std::vector<SkippedFile> broken;        // cannot be read, or named by a table and not there
  std::vector<std::string> silent;        // below -60 dBFS, or without a sample
  std::vector<std::string> too_short;
  std::vector<std::string> clipped;  // three equal samples in a row within 0.1 % of full scale
  std::vector<std::vector<std::string>> duplicates;  // clips of equal samples, all names of each
  // What a training run without a validation set of its own would use.
  std::string split;  // in words
  SurveyedPart train, validation, test;
};

// Decodes everything once. Memory: no samples stay.
Result<Survey> SurveySource(const std::string& path, const SurveyOptions& options);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DATA_SURVEY_H_
