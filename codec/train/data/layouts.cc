#include "codec/train/data/layouts.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

#include "codec/io/sound_file.h"
#include "codec/train/data/line_reader.h"
#include "codec/util/quoted.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxLine = 1 << 16;  // bytes of a table's line
constexpr std::array<std::pair<const char*, Split>, 3> kTables = {
    {{"train.tsv", Split::kTrain}, {"dev.tsv", Split::kDev}, {"test.tsv", Split::kTest}}};

bool IsNumber(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The last `count` parts of a path, "" before its beginning.
template <size_t count>
std::array<std::string_view, count> LastParts(std::string_view path) {
  std::array<std::string_view, count> parts;
  for (size_t i = count; i-- > 0 && !path.empty();) {
    const size_t slash = path.find_last_of('/');
    parts[i] = slash == std::string_view::npos ? path : path.substr(slash + 1);
    path = slash == std::string_view::npos ? "" : path.substr(0, slash);
  }
  return parts;
}

Split PartOf(std::string_view folder) {
  if (folder.starts_with("train-")) return Split::kTrain;
  if (folder.starts_with("dev-")) return Split::kDev;
  if (folder.starts_with("test-")) return Split::kTest;
  return Split::kNone;
}

bool IsLibriSpeech(SoundEntry& entry) {
  const auto [part, speaker, chapter, file] = LastParts<4>(entry.path);
  const Split split = PartOf(part);
  if (split == Split::kNone || !IsNumber(speaker) || !IsNumber(chapter)) return false;
  const size_t end = speaker.size() + 1 + chapter.size();
  if (file.size() <= end || !file.starts_with(speaker) ||
      file.substr(speaker.size() + 1, chapter.size()) != chapter)
    return false;
  for (const size_t at : {speaker.size(), end}) {
    if (file[at] != '-' && file[at] != '_') return false;
  }
  entry.split = split;
  entry.speaker = "LibriSpeech/" + std::string(speaker);
  return true;
}

bool IsVctk(SoundEntry& entry) {
  const auto [top, speaker, file] = LastParts<3>(entry.path);
  if (top != "wav48" && top != "wav48_silence_trimmed") return false;
  if (speaker.size() < 2 || (speaker[0] != 'p' && speaker[0] != 's') || !IsNumber(speaker.substr(1)))
    return false;
  if (!file.starts_with(std::string(speaker) + "_")) return false;
  entry.speaker = "VCTK/" + std::string(speaker);
  return true;
}

std::vector<std::string_view> Columns(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  std::vector<std::string_view> columns;
  for (size_t begin = 0;;) {
    const size_t tab = line.find('\t', begin);
    columns.push_back(line.substr(begin, tab == std::string_view::npos ? tab : tab - begin));
    if (tab == std::string_view::npos) return columns;
    begin = tab + 1;
  }
}

}  // namespace

bool Layouts::ReadTable(const std::string& path, Split split, Table& table) {
  std::ifstream file(path);
  if (!file) return true;  // a language may have no test part
  LineReader lines(file, kMaxLine);
  size_t client = 0;
  size_t name = 0;
  for (size_t number = 1; lines.Next(); ++number) {
    const std::string place = path + ": line " + std::to_string(number) + ": ";
    if (lines.too_long()) return error_ = place + "longer than 64 KiB", false;
    const std::string_view line = lines.line();
    const auto columns = Columns(line);
    if (number == 1) {
      client = static_cast<size_t>(std::ranges::find(columns, "client_id") - columns.begin());
      name = static_cast<size_t>(std::ranges::find(columns, "path") - columns.begin());
      if (std::max(client, name) >= columns.size())
        return error_ = place + "no columns \"client_id\" and \"path\"", false;
      continue;
    }
    if (line.empty()) continue;
    if (std::max(client, name) >= columns.size() || columns[name].empty())
      return error_ = place + "fewer columns than the first line", false;
    std::string clip(columns[name]);
    if (!HasSoundExtension(clip)) clip += ".mp3";  // as the first releases had it
    const std::string speaker = columns[client].empty() ? "" : "CommonVoice/" + std::string(columns[client]);
    const auto [listed, fresh] = table.emplace(clip, Listed{speaker, split, false});
    if (!fresh && listed->second.split != split)
      return error_ = place + Quoted(clip) + " is in " + SplitName(listed->second.split) + ".tsv too", false;
  }
  if (file.bad()) return error_ = path + ": cannot be read", false;
  return true;
}

Layouts::Table* Layouts::TableOf(const std::string& folder) {
  const auto [place, fresh] = tables_.try_emplace(folder);
  std::error_code ignored;
  if (fresh && fs::is_regular_file(folder + "/train.tsv", ignored)) {
    for (const auto& [file, split] : kTables) {
      if (!ReadTable(folder + "/" + file, split, place->second)) break;
    }
  }
  return place->second.empty() ? nullptr : &place->second;
}

bool Layouts::Recognise(SoundEntry& entry) {
  if (IsLibriSpeech(entry)) return ++found_["LibriSpeech"], true;
  if (IsVctk(entry)) {
    const std::string stem = fs::path(entry.path).stem().string();
    if (stem.ends_with("_mic2")) return ++second_microphone_, false;
    return ++found_["VCTK"], true;
  }
  const auto [folder, file] = LastParts<2>(entry.path);
  if (folder != "clips") return true;
  Table* table =
      TableOf(entry.path.substr(0, entry.path.size() - std::string_view("/clips/").size() - file.size()));
  if (table == nullptr) return true;
  const auto listed = table->find(std::string(file));
  if (listed == table->end()) return ++unlisted_, false;
  listed->second.seen = true;
  entry.speaker = listed->second.speaker;
  entry.split = listed->second.split;
  return ++found_["Common Voice"], true;
}

std::vector<std::string> Layouts::Notes() const {
  std::vector<std::string> notes;
  for (const auto& [corpus, count] : found_)
    notes.push_back("recognised as " + corpus + ": " + std::to_string(count) + " files");
  if (second_microphone_ > 0)
    notes.push_back("left aside: " + std::to_string(second_microphone_) +
                    " files of VCTK's second microphone");
  if (unlisted_ > 0) {
    notes.push_back("left aside: " + std::to_string(unlisted_) +
                    " files of Common Voice that neither train.tsv, dev.tsv nor test.tsv names");
  }
  return notes;
}

std::vector<SkippedFile> Layouts::Missing() const {
  std::vector<SkippedFile> missing;
  for (const auto& [folder, table] : tables_) {
    for (const auto& [file, listed] : table) {
      if (!listed.seen)
        missing.push_back({folder + "/clips/" + file,
                           std::string("named by ") + SplitName(listed.split) + ".tsv, but not there"});
    }
  }
  return missing;
}

}  // namespace quaver
