// The samples of a run as sound and pictures inside a page.
#ifndef QUAVER_APPS_REPORT_RUN_SAMPLES_H_
#define QUAVER_APPS_REPORT_RUN_SAMPLES_H_

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "codec/train/log/sample_store.h"

namespace quaver {

// [{"name":, "top_hz":, "reference": SOUND or null, "steps": [{"step":, "decoded": [{"n_q":, SOUND..}]}]}];
// SOUND is {"seconds":, "flac": base64, "png": base64 of a spectrogram without axes}. Files longer than 60
// seconds or 4 MiB, and those that cannot be read, are left out and named in `problems`.
nlohmann::ordered_json DescribeSamples(const std::string& run, const std::vector<int64_t>& steps,
                                       std::vector<std::string>& problems);

}  // namespace quaver

#endif  // QUAVER_APPS_REPORT_RUN_SAMPLES_H_
