#include "codec/model/find.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "codec/model/safetensors.h"
#include "codec/util/quoted.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxModelFile = uint64_t{1} << 30;  // bytes
constexpr const char* kExtension = ".safetensors";
constexpr const char* kBuiltInSource = "built-in model";
constexpr size_t kMaxListed = 20;  // lines of an error

FoundModel BuiltIn() { return {kBuiltInSource, true, {}}; }

Result<FoundModel> FromFile(const std::string& path) {
  auto bytes = ReadModelFile(path);
  if (!bytes.ok()) return bytes.error();
  return FoundModel{path, false, std::move(bytes).value()};
}

Status CheckWeights(const FoundModel& model) {
  const auto weights = ParseWeights(model.bytes(), model.source, model.verify());
  return weights.ok() ? Status() : Status(weights.error());
}

bool IsFile(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

// The first `length` bytes of a file, or what there is of them.
std::vector<uint8_t> ReadFront(std::ifstream& file, size_t length) {
  std::vector<uint8_t> bytes(length);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(length));
  bytes.resize(static_cast<size_t>(file.gcount()));
  return bytes;
}

// Opens a regular file: no folder, and no pipe or device that might block or never end.
Status Open(const std::string& path, std::ifstream& file) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status))
    return Error{path + ": no such file" + (error ? " (" + error.message() + ")" : "")};
  if (!fs::is_regular_file(status)) return Error{path + ": not a regular file"};
  file.open(path, std::ios::binary);
  if (!file) return Error{path + ": cannot be opened for reading"};
  return {};
}

// Weights files of a folder, in the order of their names.
std::vector<std::string> ListFolder(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string path = entry->path().string();
    if (path.ends_with(kExtension) && IsFile(path)) files.push_back(path);
  }
  std::sort(files.begin(), files.end());
  return files;
}

void AddFolder(const fs::path& folder, std::vector<std::string>& folders) {
  std::string path = folder.lexically_normal().string();
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  if (!path.empty() && std::find(folders.begin(), folders.end(), path) == folders.end())
    folders.push_back(path);
}

void AddFoldersOfEnvironment(std::vector<std::string>& folders) {
  const char* value = std::getenv("QUAVER_MODELS");
  std::string_view rest = value != nullptr ? value : "";
  while (!rest.empty()) {
    const size_t colon = std::min(rest.find(':'), rest.size());
    AddFolder(fs::path(rest.substr(0, colon)), folders);
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
}

bool IsBuiltIn(const std::string& name) {
  return !BuiltInWeights().empty() && (name == "default" || name == BuiltInName());
}

bool IsPath(const std::string& name) {
  return name.find('/') != std::string::npos || name.ends_with(kExtension) || IsFile(name);
}

// The source tree if `program` runs from a build tree, else "". The build tree's CMakeCache.txt, which is
// never installed, names it, so the program itself does not have to: an installed program that searched the
// folder it was built in would take any model that somebody puts there, and its bytes would depend on that
// folder.
std::string SourceTree(const fs::path& program) {
  constexpr std::string_view kEntry = "quaver_SOURCE_DIR:STATIC=";
  const fs::path cache = program.parent_path().parent_path() / "CMakeCache.txt";
  std::ifstream file;
  if (!Open(cache.string(), file).ok()) return "";
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(kEntry)) return line.substr(kEntry.size());
  }
  return "";
}

std::string Lines(const std::vector<std::string>& lines) {
  std::string text;
  for (size_t i = 0; i < std::min(lines.size(), kMaxListed); ++i) text += "\n  " + lines[i];
  if (lines.size() > kMaxListed) text += "\n  and " + std::to_string(lines.size() - kMaxListed) + " more";
  return text;
}

}  // namespace

Result<std::vector<uint8_t>> ReadModelFile(const std::string& path) {
  std::ifstream file;
  const Status opened = Open(path, file);
  if (!opened.ok()) return opened.error();
  std::error_code error;
  const uint64_t size = fs::file_size(path, error);
  if (error) return Error{path + ": " + error.message()};
  if (size > kMaxModelFile) {
    return Error{path + ": has " + std::to_string(size) + " bytes, at most " + std::to_string(kMaxModelFile) +
                 " are allowed"};
  }
  auto bytes = ReadFront(file, static_cast<size_t>(size));
  if (bytes.size() == size) return bytes;
  return Error{path + ": reading failed at byte " + std::to_string(bytes.size()) + " of " +
               std::to_string(size)};
}

std::vector<std::string> ModelFolders() {
  std::vector<std::string> folders;
  AddFoldersOfEnvironment(folders);
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error && program.has_parent_path()) {
    AddFolder(program.parent_path() / "models", folders);
    AddFolder(program.parent_path() / ".." / "models", folders);
    AddFolder(program.parent_path() / ".." / "share" / "quaver" / "models", folders);  // any --prefix
    const std::string source = SourceTree(program);
    if (!source.empty()) AddFolder(fs::path(source) / "models", folders);
  }
  AddFolder(QUAVER_INSTALLED_MODELS, folders);
  return folders;
}

Result<FoundModel> FindByName(const std::string& name_or_file) {
  if (name_or_file.empty()) return Error{"the name of a model is empty"};
  if (IsPath(name_or_file)) return FromFile(name_or_file);
  if (IsBuiltIn(name_or_file)) return BuiltIn();
  std::vector<std::string> looked;
  for (const std::string& folder : ModelFolders()) {
    looked.push_back(folder + "/" + name_or_file + kExtension);
    if (IsFile(looked.back())) return FromFile(looked.back());
  }
  const std::string built_in = BuiltInWeights().empty() ? "no model is built into this library"
                                                        : "the built-in model is " + Quoted(BuiltInName());
  return Error{"no model " + Quoted(name_or_file) + ": " + built_in + ", and there is none of" +
               Lines(looked)};
}

Result<FoundModel> FindByIdentity(const Identity& identity) {
  std::vector<std::string> found;
  if (!BuiltInWeights().empty()) {
    const auto summary = PeekWeights(BuiltInWeights(), kBuiltInSource);
    if (summary.ok() && summary.value().identity == identity) return BuiltIn();
    found.push_back(summary.ok() ? ToHex(summary.value().identity) + " " + kBuiltInSource
                                 : summary.message());
  }
  const auto folders = ModelFolders();
  for (const std::string& folder : folders) {
    for (const std::string& path : ListFolder(folder)) {
      const auto claimed = PeekIdentity(path);
      if (!claimed.ok() || claimed.value() != identity) {
        found.push_back(claimed.ok() ? ToHex(claimed.value()) + " " + path : claimed.message());
        continue;
      }
      auto file = FromFile(path);
      const Status sound = file.ok() ? CheckWeights(file.value()) : Status(file.error());
      if (sound.ok()) return file;
      found.push_back(sound.message());  // a damaged copy: a later folder may have a good one
    }
  }
  return Error{"no model has the identity " + ToHex(identity) +
               (found.empty() ? "; no models at all in" + Lines(folders) : "; found" + Lines(found))};
}

Result<Identity> PeekIdentity(const std::string& path) {
  std::ifstream file;
  const Status opened = Open(path, file);
  if (!opened.ok()) return opened.error();
  auto front = ReadFront(file, 8);
  const auto length = SafetensorsHeaderLength(front, path);
  if (!length.ok()) return length.error();
  const auto header = ReadFront(file, length.value());
  front.insert(front.end(), header.begin(), header.end());
  const auto summary = PeekWeights(front, path);
  if (!summary.ok()) return summary.error();
  return summary.value().identity;
}

}  // namespace quaver
