#include "apps/cli/tags.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>

#include "codec/container/qvr_tags.h"
#include "codec/io/vorbis_comments.h"
#include "codec/util/utf8.h"

namespace quaver {
namespace {

bool SameName(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// Of a --comment that CheckTagOptions() allows.
QvrTag TagOf(const std::string& comment) {
  const auto parts = internal::SplitComment(comment).value();
  return {std::string(parts.name), std::string(parts.value)};
}

}  // namespace

void DeclareTags(CommandLine& line, const std::string& no_place, TagOptions& options) {
  line.options().add_options()  //
      ("comment",
       "A tag for the output, such as ARTIST=Ada Lovelace; replaces the input's of the same name; may be "
       "repeated. An error if the output has no place for it (" +
           no_place + ")",
       cxxopts::value(options.comments), "NAME=VALUE")  //
      ("no-tags", "Do not copy the input's tags (title, artist, date and others)",
       cxxopts::value(options.no_tags));
}

std::string CheckTagOptions(const TagOptions& options) {
  for (const std::string& comment : options.comments) {
    if (!internal::SplitComment(comment)) {
      return "--comment " + comment + ": write NAME=VALUE, with a name of ASCII characters";
    }
    const QvrTag tag = TagOf(comment);
    if (!IsValidUtf8(tag.value)) return "--comment " + tag.name + ": the value is not UTF-8";
    if (TagBytes(tag) > kMaxQvrTagBytes) return "--comment " + tag.name + ": is too long";
  }
  return "";
}

std::vector<QvrTag> ChosenTags(const std::vector<QvrTag>& input, const TagOptions& options) {
  std::vector<QvrTag> own;
  for (const std::string& comment : options.comments) own.push_back(TagOf(comment));
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
    const std::string name = TagOf(comment).name;
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

std::string NamesText(const std::vector<std::string>& names) {
  constexpr size_t kNamed = 10;
  std::map<std::string, size_t> counts;
  std::vector<std::string> order;
  for (const std::string& name : names) {
    if (++counts[name] == 1) order.push_back(name);
  }
  std::string list;
  for (const std::string& name : std::span(order).first(std::min(kNamed, order.size()))) {
    list += (list.empty() ? "" : ", ") + name;
    if (counts[name] > 1) list += " (" + std::to_string(counts[name]) + " of them)";
  }
  if (order.size() > kNamed) list += " and " + std::to_string(order.size() - kNamed) + " more";
  return list;
}

std::vector<std::string> NamesOf(const std::vector<QvrTag>& tags) {
  std::vector<std::string> names;
  for (const QvrTag& tag : tags) names.push_back(tag.name);
  return names;
}

std::vector<std::string> DropWhatDoesNotFit(std::vector<QvrTag>& tags) {
  std::vector<size_t> largest_first(tags.size());
  std::iota(largest_first.rbegin(), largest_first.rend(), size_t{0});  // of equals the last first
  std::ranges::stable_sort(largest_first, std::ranges::greater(),
                           [&](size_t i) { return TagBytes(tags[i]); });
  size_t bytes = 0;
  for (const QvrTag& tag : tags) bytes += TagBytes(tag);
  std::vector<bool> fits(tags.size(), true);
  for (auto i = largest_first.begin(); bytes > kMaxQvrTagBytes; ++i) {
    bytes -= TagBytes(tags[*i]);
    fits[*i] = false;
  }
  std::vector<QvrTag> kept;
  std::vector<std::string> dropped;
  for (size_t i = 0; i < tags.size(); ++i) {
    if (fits[i]) {
      kept.push_back(std::move(tags[i]));
    } else {
      dropped.push_back(std::move(tags[i].name));
    }
  }
  tags = std::move(kept);
  return dropped;
}

}  // namespace quaver
