// A training run's folder as the data of a page.
#ifndef QUAVER_APPS_REPORT_RUN_DATA_H_
#define QUAVER_APPS_REPORT_RUN_DATA_H_

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "codec/status.h"

namespace quaver {

// {"name":, "folder":, "step":, "unfinished":, "starts":, "facts": of the last start or null,
//  "curves": {"merged": steps a point, "step": [], "hours": [] or null, "series": [{"name":, "values": []}]},
//  "validations": [{"step":, "rates": [], "lossy":, "tokens": [], "codes":, "score":, "seconds":}],
//  "samples": [] (run_samples.h)}
// Curves have at most 1500 points: means over neighbouring steps. Errors name the file and the line of a
// broken log; what is wrong with samples goes to `problems`, and they are left out.
Result<nlohmann::ordered_json> DescribeRun(const std::string& run, bool last_samples_only,
                                           std::vector<std::string>& problems);

}  // namespace quaver

#endif  // QUAVER_APPS_REPORT_RUN_DATA_H_
