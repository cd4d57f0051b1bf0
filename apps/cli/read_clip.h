// A sound file as a whole, to be compared with another.
#ifndef QUAVER_APPS_CLI_READ_CLIP_H_
#define QUAVER_APPS_CLI_READ_CLIP_H_

#include <string>
#include <vector>

#include "codec/status.h"

namespace quaver {

// Mixed down to mono and resampled to `rate` (Hz). Errors name the file; some are that it is longer
// than 6 hours, or damaged.
Result<std::vector<float>> ReadClip(const std::string& path, int rate);

}  // namespace quaver

#endif  // QUAVER_APPS_CLI_READ_CLIP_H_
