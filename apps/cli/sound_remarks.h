// What is told of a sound file that was read.
#ifndef QUAVER_APPS_CLI_SOUND_REMARKS_H_
#define QUAVER_APPS_CLI_SOUND_REMARKS_H_

#include "apps/cli/console.h"
#include "codec/io/sound_file.h"

namespace quaver {

// After the last of `sound` has been read: tells what it lacks and what is odd about it. Gives kExitDamaged
// if it lacks something, else kExitOk.
int TellRemarks(const SoundReader& sound, Console& console);

}  // namespace quaver

#endif  // QUAVER_APPS_CLI_SOUND_REMARKS_H_
