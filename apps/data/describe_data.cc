#include "apps/data/describe_data.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "codec/util/format.h"

namespace quaver {
namespace {

using nlohmann::json;

constexpr size_t kMaxNamed = 10;  // files of a kind that people see
constexpr double kBarWidth = 40;  // characters

json PartJson(const SurveyedPart& part) {
  return {{"clips", part.clips}, {"hours", part.seconds / 3600}, {"speakers", part.speakers}};
}

json BinsJson(const std::vector<HistogramBin>& bins) {
  json out = json::array();
  for (const HistogramBin& bin : bins)
    out.push_back({{"low", bin.low},
                   {"high", std::isfinite(bin.high) ? json(bin.high) : json()},
                   {"clips", bin.clips}});
  return out;
}

template <typename Key>
json CountsJson(const std::map<Key, size_t>& counts) {
  json out = json::object();
  for (const auto& [key, count] : counts) {
    if constexpr (std::is_same_v<Key, int>) {
      out[std::to_string(key)] = count;
    } else {
      out[key] = count;
    }
  }
  return out;
}

std::string Line(const char* label, const std::string& text) {
  return Format("%-12s %s\n", label, text.c_str());
}

std::string PartText(const SurveyedPart& part) {
  std::string text = Format("%zu clips, %.2f hours", part.clips, part.seconds / 3600);
  if (part.speakers > 0) text += Format(", %zu speaker%s", part.speakers, part.speakers == 1 ? "" : "s");
  return text;
}

template <typename Key>
std::string CountsText(const std::map<Key, size_t>& counts,
                       const std::function<std::string(const Key&)>& name) {
  std::string text;
  for (const auto& [key, count] : counts)
    text += (text.empty() ? "" : "; ") + name(key) + ": " + std::to_string(count);
  return text;
}

std::string HistogramText(const std::string& title, const std::vector<HistogramBin>& bins,
                          const std::function<std::string(const HistogramBin&, bool first)>& label) {
  size_t most = 1;
  for (const HistogramBin& bin : bins) most = std::max(most, bin.clips);
  std::string text = title + "\n";
  for (const HistogramBin& bin : bins) {
    const double share = static_cast<double>(bin.clips) / static_cast<double>(most);
    const std::string bar(static_cast<size_t>(std::ceil(share * kBarWidth)), '#');
    text += Format("  %-12s %8zu  %s\n", label(bin, &bin == &bins.front()).c_str(), bin.clips, bar.c_str());
  }
  return text;
}

std::string DurationLabel(const HistogramBin& bin, bool) {
  return std::isfinite(bin.high) ? Format("%2.0f .. %2.0f s", bin.low, bin.high)
                                 : Format("over %.0f s", bin.low);
}

std::string LevelLabel(const HistogramBin& bin, bool first) {
  return first ? Format("below %.0f", bin.high) : Format("%3.0f .. %3.0f", bin.low, bin.high);
}

// "clipped      12 files:" and the first of them.
std::string FilesText(const char* label, const std::vector<std::string>& files) {
  std::string text = Line(label, files.empty() ? "none" : Format("%zu", files.size()));
  for (size_t i = 0; i < std::min(kMaxNamed, files.size()); ++i) text += "  " + files[i] + "\n";
  if (files.size() > kMaxNamed)
    text += Format("  ... %zu more: --json lists all\n", files.size() - kMaxNamed);
  return text;
}

std::vector<std::string> Joined(const std::vector<SkippedFile>& files) {
  std::vector<std::string> lines;
  for (const SkippedFile& file : files) lines.push_back(file.path + ": " + file.reason);
  return lines;
}

std::vector<std::string> Joined(const std::vector<std::vector<std::string>>& groups) {
  std::vector<std::string> lines;
  for (const auto& names : groups) {
    std::string line = names[0];
    for (size_t i = 1; i < names.size(); ++i) line += " = " + names[i];
    lines.push_back(line);
  }
  return lines;
}

}  // namespace

json SurveyJson(const std::string& path, const Survey& survey) {
  json broken = json::array();
  for (const SkippedFile& file : survey.broken)
    broken.push_back({{"clip", file.path}, {"reason", file.reason}});
  return {{"source", path},
          {"kind", survey.kind},
          {"notes", survey.notes},
          {"usable", PartJson(survey.all)},
          {"speaker_not_known", survey.unnamed},
          {"sample_rates", CountsJson(survey.sample_rates)},
          {"channels", CountsJson(survey.channels)},
          {"formats", CountsJson(survey.formats)},
          {"durations_s", BinsJson(survey.durations)},
          {"levels_dbfs", BinsJson(survey.levels)},
          {"broken", broken},
          {"silent", survey.silent},
          {"too_short", survey.too_short},
          {"clipped", survey.clipped},
          {"duplicates", survey.duplicates},
          {"split",
           {{"rule", survey.split},
            {"train", PartJson(survey.train)},
            {"validation", PartJson(survey.validation)},
            {"test", PartJson(survey.test)}}}};
}

std::string SurveyText(const std::string& path, const Survey& survey) {
  std::string text = path + ": " + survey.kind + "\n";
  for (const std::string& note : survey.notes) text += "  " + note + "\n";
  text += Line("usable", PartText(survey.all));
  if (survey.unnamed > 0) text += Line("", Format("the speakers of %zu clips are not known", survey.unnamed));
  text += Line("rates", CountsText<int>(survey.sample_rates, [](int hz) { return Format("%d Hz", hz); }));
  text += Line("channels", CountsText<int>(survey.channels, [](int n) { return std::to_string(n); }));
  text +=
      Line("formats", CountsText<std::string>(survey.formats, [](const std::string& name) { return name; }));
  text += HistogramText("durations", survey.durations, DurationLabel);
  text += HistogramText("levels, dBFS (rms)", survey.levels, LevelLabel);
  text += FilesText("broken", Joined(survey.broken));
  text += FilesText("silent", survey.silent);
  text += FilesText("too short", survey.too_short);
  text += FilesText("clipped", survey.clipped);
  text += FilesText("duplicates", Joined(survey.duplicates));
  text += Line("split", survey.split);
  text += Line("  train", PartText(survey.train));
  text += Line("  validation", PartText(survey.validation));
  if (survey.test.clips > 0) text += Line("  test", PartText(survey.test));
  return text;
}

}  // namespace quaver
