#include "codec/train/data/manifest.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "codec/train/data/line_reader.h"
#include "codec/util/quoted.h"

namespace quaver {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr size_t kMaxLine = 1 << 20;      // bytes
constexpr double kMaxOffset = 1e6;        // seconds
constexpr size_t kMaxSpeakerName = 1024;  // bytes

// Fields are read by hand: JSON may be of any type, and must not throw.
std::string ReadSeconds(const json& line, const char* key, double& value) {
  const auto item = line.find(key);
  if (item == line.end() || item->is_null()) return "";
  if (!item->is_number()) return std::string("\"") + key + "\" is not a number";
  value = item->get<double>();
  if (!std::isfinite(value) || value < 0 || value > kMaxOffset)
    return std::string("\"") + key + "\" must be 0 .. 1000000 seconds";
  return "";
}

std::string ReadText(const json& line, const char* key, size_t most, std::string& value) {
  const auto item = line.find(key);
  if (item == line.end() || item->is_null()) return "";
  if (!item->is_string()) return std::string("\"") + key + "\" is not a string";
  value = item->get<std::string>();
  const bool control = std::ranges::any_of(value, [](unsigned char c) { return c < 0x20; });
  if (value.size() > most || control)
    return std::string("\"") + key + "\" is longer than " + std::to_string(most) +
           " bytes or has control characters";
  return "";
}

std::string PartName(const SoundEntry& entry) {
  if (entry.whole()) return entry.name;
  char text[64];
  if (entry.duration > 0) {
    std::snprintf(text, sizeof(text), "#t=%.9g,%.9g", entry.offset, entry.offset + entry.duration);
  } else {
    std::snprintf(text, sizeof(text), "#t=%.9g", entry.offset);
  }
  return entry.name + text;
}

std::string ReadLine(std::string_view text, const fs::path& folder, SoundEntry& entry) {
  const json line = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!line.is_object()) return line.is_discarded() ? "not valid JSON" : "not a JSON object";
  for (const std::string& error :
       {ReadText(line, "path", 4096, entry.name), ReadText(line, "speaker", kMaxSpeakerName, entry.speaker),
        ReadSeconds(line, "offset", entry.offset), ReadSeconds(line, "duration", entry.duration)}) {
    if (!error.empty()) return error;
  }
  if (entry.name.empty()) return "\"path\" is missing";
  if (line.contains("duration") && !line["duration"].is_null() && entry.duration == 0)
    return "\"duration\" is 0";
  entry.path = (folder / entry.name).lexically_normal().string();
  entry.name = PartName(entry);
  return "";
}

}  // namespace

Result<std::vector<SoundEntry>> ReadManifest(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Error{path + ": cannot be opened"};
  const fs::path folder = fs::path(path).parent_path();
  std::map<std::string, std::pair<size_t, SoundEntry>> entries;
  LineReader lines(file, kMaxLine);
  for (size_t number = 1; lines.Next(); ++number) {
    const std::string_view text = lines.line();
    if (text.find_first_not_of(" \t\r") == std::string_view::npos && !lines.too_long()) continue;
    const std::string place = path + ": line " + std::to_string(number) + ": ";
    if (lines.too_long()) return Error{place + "longer than 1 MiB"};
    SoundEntry entry;
    const std::string error = ReadLine(text, folder, entry);
    if (!error.empty()) return Error{place + error};
    const std::string name = entry.name;
    const auto [same, fresh] = entries.emplace(name, std::pair(number, std::move(entry)));
    if (!fresh)
      return Error{place + "the same clip as in line " + std::to_string(same->second.first) + ": " +
                   Quoted(name)};
  }
  if (file.bad()) return Error{path + ": cannot be read"};
  if (entries.empty()) return Error{path + ": names no sound file"};
  std::vector<SoundEntry> sorted;
  for (auto& [name, entry] : entries) sorted.push_back(std::move(entry.second));
  return sorted;
}

}  // namespace quaver
