// Numbers as people write them on the command line.
#ifndef QUAVER_APPS_CLI_NUMBERS_H_
#define QUAVER_APPS_CLI_NUMBERS_H_

#include <optional>
#include <string>
#include <string_view>

#include "codec/status.h"

namespace quaver {

// "3000", "3k", "1.5K": finite and above 0; none if it is something else.
std::optional<double> ParseThousands(std::string_view text);

// A sample rate within low .. high Hz: "48000", "48k", "44.1k". `option`, such as "--rate", goes into the
// error.
Result<int> ParseSampleRate(const std::string& option, const std::string& text, int low, int high);

}  // namespace quaver

#endif  // QUAVER_APPS_CLI_NUMBERS_H_
