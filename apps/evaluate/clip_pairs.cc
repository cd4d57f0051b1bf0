#include "apps/evaluate/clip_pairs.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>

#include "codec/io/sound_file.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;

}  // namespace

Result<std::map<std::string, std::string>> ListClips(const std::string& folder) {
  std::map<std::string, std::string> stems;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (!entry->is_regular_file() || !HasSoundExtension(entry->path().string())) continue;
    const auto [other, fresh] = stems.emplace(entry->path().stem().string(), entry->path().string());
    if (!fresh)
      return Error{other->second + " and " + entry->path().string() +
                   ": two files with the same name; remove one"};
  }
  if (error) return Error{folder + ": " + error.message()};
  return stems;
}

Result<ClipPairing> PairClips(const std::string& reference, const std::string& decoded) {
  std::error_code error;
  const bool folders = fs::is_directory(reference, error);
  if (folders != fs::is_directory(decoded, error)) {
    return Error{reference + ", " + decoded + ": give two files or two folders"};
  }
  if (!folders) return ClipPairing{{{reference, decoded}}, {}};
  const auto references = ListClips(reference);
  if (!references.ok()) return references.error();
  const auto outputs = ListClips(decoded);
  if (!outputs.ok()) return outputs.error();
  ClipPairing pairing;
  for (const auto& [stem, path] : references.value()) {
    const auto match = outputs.value().find(stem);
    if (match == outputs.value().end()) {
      pairing.unmatched.push_back(path);
    } else {
      pairing.clips.push_back({path, match->second});
    }
  }
  if (pairing.clips.empty())
    return Error{decoded + ": no sound file has the same name as one in " + reference};
  return pairing;
}

}  // namespace quaver
