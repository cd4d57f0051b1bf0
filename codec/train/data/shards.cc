#include "codec/train/data/shards.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "codec/io/sound_file.h"
#include "codec/model/safetensors.h"
#include "codec/train/data/mapped_file.h"
#include "codec/util/quoted.h"

namespace quaver {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little, "shards are mapped as they are");

constexpr std::array<Split, 3> kSplits = {Split::kTrain, Split::kDev, Split::kTest};
constexpr size_t kMaxSpeakerName = 1024;  // bytes

template <typename T>
bool ReadNumber(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

// "" or what is wrong with the clip's tensor.
std::string CheckTensor(const StoredTensor& tensor, size_t data_start) {
  if (tensor.dtype != "I16") return "its type is " + Quoted(tensor.dtype) + ", not \"I16\"";
  if (tensor.shape.size() != 1) return "its shape is not [samples]";
  const uint64_t bytes = tensor.end - tensor.begin;
  if (bytes % 2 != 0 || tensor.shape[0] != bytes / 2) return "its shape does not fit its bytes";
  if ((data_start + tensor.begin) % 2 != 0) return "its samples begin at an odd byte";
  return "";
}

json ParseList(const SafetensorsHeader& header, const char* key) {
  const auto text = header.metadata.find(key);
  return text == header.metadata.end() ? json()
                                       : json::parse(text->second, nullptr, /*allow_exceptions=*/false);
}

// Speakers in the order of the tensors' names. An empty string, or what is wrong.
std::string ReadSpeakers(const SafetensorsHeader& header, std::vector<std::string>& speakers) {
  const json names = ParseList(header, "speakers");
  const json indices = ParseList(header, "speaker_of");
  if (!names.is_array() || !indices.is_array()) return "\"speakers\" or \"speaker_of\" is not a JSON array";
  if (indices.size() != header.tensors.size()) return "\"speaker_of\" does not have one entry for each clip";
  for (const json& name : names) {
    if (!name.is_string() || name.get_ref<const std::string&>().size() > kMaxSpeakerName)
      return "\"speakers\" has an entry that is not a string of at most 1024 bytes";
  }
  for (const json& index : indices) {
    const int64_t at = index.is_number_integer() ? index.get<int64_t>() : -2;
    const bool huge = index.is_number_unsigned() && index.get<uint64_t>() >= names.size();
    if (at < -1 || huge || (at >= 0 && static_cast<uint64_t>(at) >= names.size()))
      return "\"speaker_of\" has an entry that is not an index of \"speakers\"";
    speakers.push_back(at < 0 ? "" : names[static_cast<size_t>(at)].get<std::string>());
  }
  return "";
}

Result<int> ReadRate(const SafetensorsHeader& header, const std::string& path) {
  const auto format = header.metadata.find("format");
  if (format == header.metadata.end() || format->second != kShardFormat)
    return Error{path + ": metadata: \"format\" is not \"" + kShardFormat + "\": no shard of speech"};
  int rate = 0;
  const auto text = header.metadata.find("sample_rate");
  if (text == header.metadata.end() || !ReadNumber(text->second, rate) || rate < kMinSampleRate ||
      rate > kMaxSampleRate)
    return Error{path + ": metadata: \"sample_rate\" is missing or not 1000 .. 768000"};
  return rate;
}

// Adds the clips of a shard.
Status ReadShard(const std::string& path, Split split, Source& source) {
  auto opened = MappedFile::Open(path);
  if (!opened.ok()) return opened.error();
  const std::shared_ptr<const MappedFile> file = opened.value();
  const auto parsed = ParseSafetensorsHeader(file->bytes(), path);
  if (!parsed.ok()) return parsed.error();
  const SafetensorsHeader& header = parsed.value();
  const auto data = file->bytes().subspan(header.data_start);
  const Status layout = CheckSafetensorsLayout(header, data.size(), path);
  if (!layout.ok()) return layout;
  const auto rate = ReadRate(header, path);
  if (!rate.ok()) return rate.error();
  if (source.sample_rate != 0 && source.sample_rate != rate.value())
    return Error{path + ": " + std::to_string(rate.value()) + " Hz, the shards before it " +
                 std::to_string(source.sample_rate) + " Hz"};
  source.sample_rate = rate.value();
  std::vector<std::string> speakers;
  if (const std::string error = ReadSpeakers(header, speakers); !error.empty())
    return Error{path + ": metadata: " + error};
  size_t i = 0;
  for (const auto& [name, tensor] : header.tensors) {
    if (const std::string error = CheckTensor(tensor, header.data_start); !error.empty())
      return Error{path + ": clip " + Quoted(name) + ": " + error};
    const auto* samples = reinterpret_cast<const int16_t*>(data.data() + tensor.begin);
    SoundEntry entry;
    entry.path = path + "/" + name;
    entry.name = name;
    entry.speaker = speakers[i++];
    entry.split = split;
    entry.packed = Clip{entry.path, entry.speaker, {samples, tensor.shape[0]}, file};
    source.entries.push_back(std::move(entry));
  }
  return {};
}

struct FoundShard {
  std::string path;
  ShardName name;
};

// Sorted by part and number; an error if one is missing or two sets lie in the folder.
Result<std::vector<FoundShard>> FindShards(const std::string& folder) {
  std::vector<FoundShard> shards;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (const auto name = ParseShardName(it->path().string())) shards.push_back({it->path().string(), *name});
  }
  if (error) return Error{folder + ": " + error.message()};
  std::ranges::sort(shards, {}, &FoundShard::path);
  std::map<Split, std::vector<ShardName>> parts;
  for (const FoundShard& shard : shards) parts[shard.name.split].push_back(shard.name);
  for (const auto& [split, names] : parts) {
    for (size_t i = 0; i < names.size(); ++i) {
      if (names[i].count != names[0].count)
        return Error{folder + ": shards of two sets: " + ShardFileName(names[0]) + " and " +
                     ShardFileName(names[i])};
      if (names[i].number != i)
        return Error{folder + ": " + ShardFileName({split, i, names[0].count}) + " is missing"};
    }
    if (names.size() != names[0].count)
      return Error{folder + ": " + ShardFileName({split, names.size(), names[0].count}) + " is missing"};
  }
  return shards;
}

}  // namespace

std::string ShardFileName(const ShardName& name) {
  char text[64];
  std::snprintf(text, sizeof(text), "%s-%05zu-of-%05zu.safetensors", SplitName(name.split), name.number,
                name.count);
  return text;
}

std::optional<ShardName> ParseShardName(const std::string& path) {
  const std::string file = path.substr(path.find_last_of('/') + 1);
  for (const Split split : kSplits) {
    const std::string part = std::string(SplitName(split)) + "-";
    if (!file.starts_with(part) || file.size() < part.size() + 14) continue;
    ShardName name{split, 0, 0};
    const std::string_view numbers = std::string_view(file).substr(part.size());
    if (!ReadNumber(numbers.substr(0, 5), name.number) || !ReadNumber(numbers.substr(9, 5), name.count))
      continue;
    if (name.number < name.count && ShardFileName(name) == file) return name;
  }
  return std::nullopt;
}

bool IsShardFile(const std::string& path) {
  std::error_code error;
  return path.ends_with(".safetensors") && fs::is_regular_file(path, error);
}

bool HoldsShards(const std::string& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) return false;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (ParseShardName(it->path().string())) return true;
  }
  return false;
}

Result<Source> OpenShards(const std::string& path) {
  Source source;
  source.path = path;
  source.kind = "shards";
  std::vector<FoundShard> shards;
  if (IsShardFile(path)) {
    shards.push_back({path, ParseShardName(path).value_or(ShardName{})});
  } else {
    auto found = FindShards(path);
    if (!found.ok()) return found.error();
    shards = std::move(found).value();
  }
  for (const FoundShard& shard : shards) {
    const Status read = ReadShard(shard.path, shard.name.split, source);
    if (!read.ok()) return read.error();
  }
  std::ranges::sort(source.entries, {}, &SoundEntry::name);
  const auto same = std::ranges::adjacent_find(source.entries, {}, &SoundEntry::name);
  if (same != source.entries.end())
    return Error{path + ": the clip " + Quoted(same->name) + " is in " + same->path + " and in " +
                 std::next(same)->path};
  return source;
}

}  // namespace quaver
