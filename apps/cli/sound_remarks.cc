#include "apps/cli/sound_remarks.h"

#include <string>

#include "apps/cli/exit_codes.h"

namespace quaver {

int TellRemarks(const SoundReader& sound, Console& console, std::set<std::string>* told) {
  const auto is_new = [&](const std::string& sentence) {
    return told == nullptr || told->insert(sentence).second;
  };
  for (const std::string& note : sound.notes()) {
    if (is_new(note)) console.Warning(sound.name() + ": " + note);
  }
  for (const std::string& damage : sound.damage()) {
    if (is_new(damage)) console.Error(sound.name() + ": " + damage);
  }
  return sound.damage().empty() ? kExitOk : kExitDamaged;
}

}  // namespace quaver
