#include "codec/train/run_folder.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <filesystem>

namespace quaver {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "checkpoint-";
constexpr std::string_view kSuffix = ".pt";

// The number between two ends of a name; -1: the name is another one.
int64_t NumberIn(std::string_view name, std::string_view prefix, std::string_view suffix) {
  if (!name.starts_with(prefix) || !name.ends_with(suffix) || name.size() <= prefix.size() + suffix.size())
    return -1;
  name.remove_prefix(prefix.size());
  name.remove_suffix(suffix.size());
  int64_t number = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? number : -1;
}

// Temporary files (codec/io/atomic_file.h) are named .quaver-<process>-<count>.tmp.
bool IsLeftover(std::string_view name) {
  constexpr std::string_view kBegin = ".quaver-";
  if (!name.starts_with(kBegin) || !name.ends_with(".tmp")) return false;
  const size_t dash = name.find('-', kBegin.size());
  if (dash == std::string_view::npos) return false;
  const int64_t process = NumberIn(name.substr(0, dash + 1), kBegin, "-");
  return process > 0 && ::kill(static_cast<pid_t>(process), 0) != 0 && errno == ESRCH;
}

}  // namespace

std::vector<std::string> RunFolder::Checkpoints() const {
  std::vector<std::pair<int64_t, std::string>> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path_, error)) {
    const int64_t step = NumberIn(entry.path().filename().string(), kPrefix, kSuffix);
    if (step >= 0) found.emplace_back(step, entry.path().string());
  }
  std::sort(found.rbegin(), found.rend());
  std::vector<std::string> paths;
  for (auto& [step, path] : found) paths.push_back(std::move(path));
  return paths;
}

Status RunFolder::Save(TrainingState& state) const {
  char name[64];
  std::snprintf(name, sizeof(name), "/checkpoint-%08lld.pt", static_cast<long long>(state.step));
  const Status saved = SaveCheckpoint(state, path_ + name);
  if (!saved.ok()) return saved;
  const auto all = Checkpoints();
  for (size_t i = static_cast<size_t>(keep_); i < all.size(); ++i) {
    std::error_code ignored;
    fs::remove(all[i], ignored);
  }
  return saved;
}

Result<std::unique_ptr<TrainingState>> RunFolder::Load(
    torch::Device device, const std::function<void(const std::string&)>& on_damaged) const {
  for (const std::string& path : Checkpoints()) {
    auto state = LoadCheckpoint(path, device);
    if (state.ok()) return state;
    if (on_damaged) on_damaged(state.message());
  }
  return Error{path_ + ": there is no checkpoint that can be read"};
}

void RunFolder::RemoveLeftovers() const {
  std::error_code error;
  std::vector<fs::path> leftovers;
  for (const auto& entry : fs::directory_iterator(path_, error)) {
    if (IsLeftover(entry.path().filename().string())) leftovers.push_back(entry.path());
  }
  for (const fs::path& path : leftovers) fs::remove(path, error);
}

}  // namespace quaver
