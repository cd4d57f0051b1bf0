#include "apps/cli/sound_remarks.h"

#include <string>

#include "apps/cli/exit_codes.h"

namespace quaver {

int TellRemarks(const SoundReader& sound, Console& console) {
  for (const std::string& note : sound.notes()) console.Warning(sound.name() + ": " + note);
  for (const std::string& damage : sound.damage()) console.Error(sound.name() + ": " + damage);
  return sound.damage().empty() ? kExitOk : kExitDamaged;
}

}  // namespace quaver
