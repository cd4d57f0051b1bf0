#include "codec/train/log/sample_store.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>

#include "codec/io/sound_file.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxName = 60;
constexpr size_t kMaxFiles = 1000;  // looked at in a folder

std::string Folder(const std::string& run) { return run + "/samples"; }

std::string StepFolder(const std::string& run, int64_t step) {
  char name[32];
  std::snprintf(name, sizeof(name), "/step-%06lld", static_cast<long long>(step));
  return Folder(run) + name;
}

// The number that `text` is between the two; none: it is not.
std::optional<int64_t> NumberIn(const std::string& text, const std::string& before,
                                const std::string& after) {
  const size_t around = before.size() + after.size();
  if (text.size() <= around || text.size() > around + 18) return {};
  if (!text.starts_with(before) || !text.ends_with(after)) return {};
  const std::string digits = text.substr(before.size(), text.size() - around);
  if (!std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; })) return {};
  return std::stoll(digits);
}

std::vector<std::string> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end && names.size() < kMaxFiles;
       it.increment(error))
    names.push_back(it->path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

Status WriteSound(const std::string& path, const std::vector<float>& samples, int rate) {
  auto writer = SoundWriter::Create(path, rate, 1);
  if (!writer.ok()) return writer.error();
  const Status written = writer.value()->Write(samples);
  return written.ok() ? writer.value()->Commit() : written;
}

}  // namespace

std::string SafeName(const std::string& name) {
  std::string out = name.substr(0, kMaxName);
  for (char& c : out) {
    const bool safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '_' || c == '-';
    if (!safe) c = '_';
  }
  if (out.empty() || out[0] == '.') out = "_" + out;
  return out;
}

std::string RateName(int n_q) {
  char text[16];
  std::snprintf(text, sizeof(text), "q%02d", n_q);
  return text;
}

Status StoreSamples(const std::string& run, int64_t step, const ValidationResult& result) {
  if (result.samples.empty()) return {};
  const std::string folder = StepFolder(run, step);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return Error{folder + ": " + error.message()};
  for (const DecodedClip& clip : result.samples) {
    const std::string name = SafeName(clip.name);
    const std::string reference = Folder(run) + "/" + name + "-ref.flac";
    if (!fs::exists(reference, error)) {
      const Status status = WriteSound(reference, clip.reference, result.sample_rate);
      if (!status.ok()) return status;
    }
    for (const DecodedClip::AtRate& decoded : clip.decoded) {
      const std::string path = folder + "/" + name + "-" + RateName(decoded.n_q) + ".flac";
      const Status status = WriteSound(path, decoded.samples, result.sample_rate);
      if (!status.ok()) return status;
    }
  }
  return {};
}

std::vector<int64_t> SampleSteps(const std::string& run) {
  std::vector<int64_t> steps;
  for (const std::string& name : NamesIn(Folder(run))) {
    if (const auto step = NumberIn(name, "step-", "")) steps.push_back(*step);
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

void KeepSamples(const std::string& run, const std::vector<int64_t>& steps) {
  for (const int64_t step : SampleSteps(run)) {
    if (std::find(steps.begin(), steps.end(), step) != steps.end()) continue;
    std::error_code error;
    // File by file: whatever else somebody put there stays.
    for (const SampleFiles& clip : ListSamples(run, step)) {
      for (const auto& decoded : clip.decoded) fs::remove(decoded.path, error);
    }
    fs::remove(StepFolder(run, step), error);
  }
}

std::vector<SampleFiles> ListSamples(const std::string& run, int64_t step) {
  std::map<std::string, SampleFiles> clips;
  const std::string folder = StepFolder(run, step);
  for (const std::string& file : NamesIn(folder)) {
    const size_t dash = file.rfind("-q");
    if (dash == std::string::npos || dash == 0) continue;
    const auto n_q = NumberIn(file.substr(dash), "-q", ".flac");
    if (!n_q || *n_q > 999) continue;
    SampleFiles& clip = clips[file.substr(0, dash)];
    clip.decoded.push_back({static_cast<int>(*n_q), folder + "/" + file});
  }
  std::vector<SampleFiles> out;
  for (auto& [name, clip] : clips) {
    clip.name = name;
    const std::string reference = Folder(run) + "/" + name + "-ref.flac";
    std::error_code error;
    if (fs::is_regular_file(reference, error)) clip.reference = reference;
    std::sort(clip.decoded.begin(), clip.decoded.end(),
              [](const auto& a, const auto& b) { return a.n_q < b.n_q; });
    out.push_back(std::move(clip));
  }
  return out;
}

}  // namespace quaver
