#include "codec/train/data/dataset.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "codec/train/data/text_hash.h"

namespace quaver {
namespace {

// What stays on one side of a split.
std::string UnitOf(const Clip& clip) {
  if (!clip.speaker.empty()) return "speaker " + clip.speaker;
  return clip.path.substr(clip.path.find_last_of('/') + 1);
}

}  // namespace

Clip Clip::Owning(std::string path, std::string speaker, std::vector<int16_t> samples) {
  const auto owned = std::make_shared<const std::vector<int16_t>>(std::move(samples));
  return {std::move(path), std::move(speaker), *owned, owned};
}

void Dataset::Index() {
  ends.clear();
  double total = 0;
  for (const Clip& clip : clips) ends.push_back(total += static_cast<double>(clip.samples.size()));
}

double Dataset::seconds() const { return ends.empty() ? 0 : ends.back() / sample_rate; }

Dataset HoldOut(Dataset& data, double share) {
  const auto limit = static_cast<uint64_t>(share * 10000);
  std::set<std::string> units;
  std::set<std::string> chosen;
  for (const Clip& clip : data.clips) {
    const std::string unit = UnitOf(clip);
    if (units.insert(unit).second && TextHash(unit) % 10000 < limit) chosen.insert(unit);
  }
  if (share > 0 && units.size() > 1 && (chosen.empty() || chosen.size() == units.size())) {
    // By chance none or all: the one with the least hash.
    chosen = {*std::min_element(units.begin(), units.end(), [](const std::string& a, const std::string& b) {
      return TextHash(a) < TextHash(b);
    })};
  }
  if (units.size() == 1) chosen.clear();
  Dataset held;
  held.sample_rate = data.sample_rate;
  std::vector<Clip> kept;
  for (Clip& clip : data.clips)
    (chosen.contains(UnitOf(clip)) ? held.clips : kept).push_back(std::move(clip));
  data.clips = std::move(kept);
  data.Index();
  held.Index();
  return held;
}

std::vector<std::string> SharedSpeakers(const Dataset& a, const Dataset& b) {
  std::set<std::string_view> names;
  for (const Clip& clip : a.clips) names.insert(clip.speaker);
  names.erase("");
  std::set<std::string> shared;
  for (const Clip& clip : b.clips) {
    if (names.contains(clip.speaker)) shared.insert(clip.speaker);
  }
  return {shared.begin(), shared.end()};
}

}  // namespace quaver
