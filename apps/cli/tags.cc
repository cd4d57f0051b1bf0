#include "apps/cli/tags.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "codec/util/utf8.h"

namespace quaver {
namespace {

bool SameName(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

QvrTag Split(const std::string& comment) {
  const size_t name = comment.find('=');
  return {comment.substr(0, name), comment.substr(std::min(comment.size(), name + 1))};
}

size_t Bytes(const QvrTag& tag) { return 5 + tag.name.size() + tag.value.size(); }

}  // namespace

void DeclareTags(CommandLine& line, TagOptions& options) {
  line.options().add_options()  //
      ("comment",
       "A tag for the output, such as ARTIST=Ada Lovelace; replaces the input's of the same name; may be "
       "repeated",
       cxxopts::value(options.comments), "NAME=VALUE")  //
      ("no-tags", "Do not copy the input's tags (title, artist, date and others)",
       cxxopts::value(options.no_tags));
}

std::string CheckTagOptions(const TagOptions& options) {
  for (const std::string& comment : options.comments) {
    const size_t name = comment.find('=');
    const bool named = name != std::string::npos && name > 0;
    if (!named ||
        !std::ranges::all_of(comment.substr(0, name), [](char c) { return c >= ' ' && c <= '}'; })) {
      return "--comment " + comment + ": write NAME=VALUE, with a name of ASCII characters";
    }
    if (!IsValidUtf8(comment)) return "--comment " + Split(comment).name + ": the value is not UTF-8";
    if (Bytes(Split(comment)) > kMaxQvrTagBytes) return "--comment " + Split(comment).name + ": is too long";
  }
  return "";
}

std::vector<QvrTag> ChosenTags(const std::vector<QvrTag>& input, const TagOptions& options) {
  std::vector<QvrTag> own;
  for (const std::string& comment : options.comments) own.push_back(Split(comment));
  std::vector<QvrTag> chosen;
  for (const QvrTag& tag : input) {
    const bool replaced =
        std::ranges::any_of(own, [&](const QvrTag& o) { return SameName(o.name, tag.name); });
    if (!options.no_tags && !replaced) chosen.push_back(tag);
  }
  chosen.insert(chosen.end(), own.begin(), own.end());
  return chosen;
}

std::string FirstComment(const TagOptions& options, const std::vector<std::string>& lost) {
  for (const std::string& comment : options.comments) {
    const std::string name = Split(comment).name;
    if (std::ranges::any_of(lost, [&](const std::string& other) { return SameName(name, other); }))
      return name;
  }
  return "";
}

std::vector<QvrTag> ToQvr(const std::vector<SoundTag>& tags) {
  std::vector<QvrTag> qvr;
  for (const SoundTag& tag : tags) qvr.push_back({tag.name, AsUtf8(tag.value)});
  return qvr;
}

std::vector<SoundTag> ToSound(const std::vector<QvrTag>& tags) {
  std::vector<SoundTag> sound;
  for (const QvrTag& tag : tags) {
    sound.push_back({tag.name, tag.value});
    std::ranges::replace(sound.back().value, '\0', ' ');
  }
  return sound;
}

std::vector<std::string> DropWhatDoesNotFit(std::vector<QvrTag>& tags) {
  std::vector<std::string> dropped;
  size_t bytes = 0;
  for (const QvrTag& tag : tags) bytes += Bytes(tag);
  while (bytes > kMaxQvrTagBytes) {
    const auto largest = std::ranges::max_element(tags, {}, Bytes);
    bytes -= Bytes(*largest);
    dropped.push_back(largest->name);
    tags.erase(largest);
  }
  return dropped;
}

}  // namespace quaver
