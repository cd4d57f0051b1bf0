// The sound of validations, as files in a run's folder:
//   samples/NAME-ref.flac                the reference, once
//   samples/step-001000/NAME-q03.flac    decoded with 3 tokens a frame
#ifndef QUAVER_CODEC_TRAIN_LOG_SAMPLE_STORE_H_
#define QUAVER_CODEC_TRAIN_LOG_SAMPLE_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "codec/status.h"
#include "codec/train/log/validation_result.h"

namespace quaver {

// A name that is safe in any file system and an address: letters, digits, '.', '_', '-'.
std::string SafeName(const std::string& name);
// "q03"
std::string RateName(int n_q);

// Writes the samples of a validation; `result.samples` must have different names.
Status StoreSamples(const std::string& run, int64_t step, const ValidationResult& result);

// Steps that have samples, rising.
std::vector<int64_t> SampleSteps(const std::string& run);

// Removes the samples of every step but these.
void KeepSamples(const std::string& run, const std::vector<int64_t>& steps);

// What there is to hear of a step.
struct SampleFiles {
  struct AtRate {
    int n_q = 0;
    std::string path;
  };
  std::string name;
  std::string reference;        // path; empty: it is missing
  std::vector<AtRate> decoded;  // rising n_q
};
std::vector<SampleFiles> ListSamples(const std::string& run, int64_t step);  // by name

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_LOG_SAMPLE_STORE_H_
