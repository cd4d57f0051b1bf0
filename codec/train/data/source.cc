#include "codec/train/data/source.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "codec/io/folder_walk.h"
#include "codec/io/sound_file.h"
#include "codec/train/data/layouts.h"
#include "codec/train/data/manifest.h"
#include "codec/train/data/shards.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;

// Files that are not sound at all (texts, tables) are no reason for a message.
Result<Source> FindInFolder(const std::string& folder) {
  Source source;
  source.kind = "folder";
  Layouts layouts;
  std::error_code error;
  const fs::path absolute = fs::absolute(folder, error).lexically_normal();
  FolderWalk walk = WalkFolder(folder, "", HasSoundExtension);
  for (std::string& file : walk.files) {
    SoundEntry entry;
    entry.name = std::move(file);
    entry.path = (absolute / entry.name).lexically_normal().string();
    const bool use = layouts.Recognise(entry);
    if (!layouts.error().empty()) return Error{layouts.error()};
    entry.path = (fs::path(folder) / entry.name).string();  // as the user wrote it
    if (use) source.entries.push_back(std::move(entry));
  }
  source.notes = layouts.Notes();
  source.missing = layouts.Missing();
  for (WalkProblem& problem : walk.problems) {
    if (problem.path == folder) return Error{folder + ": " + problem.cause};
    source.missing.push_back({std::move(problem.path), std::move(problem.cause)});
  }
  for (const std::string& link : walk.links_back)
    source.notes.push_back("not followed: " + link + ", a link to a folder that is there already");
  return source;
}

Result<Source> Find(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return Error{path + ": not there"};
  if (IsShardFile(path) || HoldsShards(path)) return OpenShards(path);
  if (fs::is_directory(path, error)) return FindInFolder(path);
  if (HasSoundExtension(path)) return Error{path + ": one sound file; give a folder, a manifest or shards"};
  auto entries = ReadManifest(path);
  if (!entries.ok()) return entries.error();
  Source source;
  source.kind = "manifest";
  source.entries = std::move(entries).value();
  return source;
}

std::string WholeName(const std::string& name) { return name.substr(0, name.rfind("#t=")); }

}  // namespace

const char* SplitName(Split split) {
  switch (split) {
    case Split::kTrain:
      return "train";
    case Split::kDev:
      return "dev";
    case Split::kTest:
      return "test";
    case Split::kNone:
      break;
  }
  return "none";
}

bool Source::Has(Split split) const {
  return std::ranges::any_of(entries, [split](const SoundEntry& entry) { return entry.split == split; });
}

Result<Source> FindSource(const std::string& path, const std::vector<std::string>& leave_out) {
  auto found = Find(path);
  if (!found.ok()) return found;
  Source& source = found.value();
  source.path = path;
  std::set<std::string> left_out(leave_out.begin(), leave_out.end());
  std::set<std::string> met;
  std::erase_if(source.entries, [&](const SoundEntry& entry) {
    for (const std::string& name : {entry.name, WholeName(entry.name)}) {
      if (left_out.contains(name)) return met.insert(name), true;
    }
    return false;
  });
  std::ranges::set_difference(left_out, met, std::back_inserter(source.not_left_out));
  return found;
}

}  // namespace quaver
