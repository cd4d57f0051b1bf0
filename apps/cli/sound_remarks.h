// What is told of a sound file that was read.
#ifndef QUAVER_APPS_CLI_SOUND_REMARKS_H_
#define QUAVER_APPS_CLI_SOUND_REMARKS_H_

#include <set>
#include <string>

#include "apps/cli/console.h"
#include "codec/io/sound_file.h"

namespace quaver {

// After the last of `sound` has been read: tells what it lacks and what is odd about it. Gives kExitDamaged
// if it lacks something, else kExitOk.
// `told`: sentences that were told before, and are not told again.
int TellRemarks(const SoundReader& sound, Console& console, std::set<std::string>* told = nullptr);

}  // namespace quaver

#endif  // QUAVER_APPS_CLI_SOUND_REMARKS_H_
