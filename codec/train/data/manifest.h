// Lists of sound files, as JSON lines: one object a line,
//   {"path": "a/one.flac", "offset": 1.5, "duration": 3.25, "speaker": "anna"}
// "path" relative to the manifest, or absolute; "offset" and "duration" in seconds, by default 0 and to the
// end; "speaker" any name, by default not known. Other keys (text, language) are passed over; empty lines
// too.
#ifndef QUAVER_CODEC_TRAIN_DATA_MANIFEST_H_
#define QUAVER_CODEC_TRAIN_DATA_MANIFEST_H_

#include <string>
#include <vector>

#include "codec/status.h"
#include "codec/train/data/source.h"

namespace quaver {

// Sorted by name. Errors name the line and the cause. Whether the files are there is not looked at.
Result<std::vector<SoundEntry>> ReadManifest(const std::string& path);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DATA_MANIFEST_H_
