#include "codec/io/sound_tags.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "codec/io/sound_handle.h"

namespace quaver::internal {
namespace {

struct Known {
  std::string_view name;
  int type;
};
constexpr std::array kKnown = std::to_array<Known>({{"TITLE", SF_STR_TITLE},
                                                    {"ARTIST", SF_STR_ARTIST},
                                                    {"ALBUM", SF_STR_ALBUM},
                                                    {"DATE", SF_STR_DATE},
                                                    {"GENRE", SF_STR_GENRE},
                                                    {"TRACKNUMBER", SF_STR_TRACKNUMBER},
                                                    {"COMMENT", SF_STR_COMMENT},
                                                    {"COPYRIGHT", SF_STR_COPYRIGHT},
                                                    {"LICENSE", SF_STR_LICENSE}});

}  // namespace

std::string Capitals(std::string_view name) {
  std::string capitals(name);
  for (char& c : capitals) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return capitals;
}

SortedTags SortTags(std::span<const SoundTag> tags) {
  std::array<std::string, kKnown.size()> values;
  std::set<std::string> refused;
  SortedTags sorted;
  for (const SoundTag& tag : tags) {
    const std::string name = Capitals(tag.name);
    const auto known = static_cast<size_t>(std::ranges::find(kKnown, name, &Known::name) - kKnown.begin());
    if (known == kKnown.size()) {
      if (refused.insert(name).second) sorted.refused.push_back(name);
    } else if (!tag.value.empty()) {
      values[known] += (values[known].empty() ? "" : "; ") + tag.value;
    }
  }
  for (size_t i = 0; i < kKnown.size(); ++i) {
    if (!values[i].empty()) sorted.known.push_back({std::string(kKnown[i].name), values[i]});
  }
  return sorted;
}

std::vector<SoundTag> TagsOf(SNDFILE* file) {
  std::vector<SoundTag> tags;
  for (const Known& known : kKnown) {
    const char* value = sf_get_string(file, known.type);
    if (value != nullptr && *value != '\0') tags.push_back({std::string(known.name), value});
  }
  return tags;
}

}  // namespace quaver::internal
