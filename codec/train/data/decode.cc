#include "codec/train/data/decode.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "codec/io/resampler.h"
#include "codec/io/sound_file.h"
#include "codec/samples.h"
#include "codec/train/data/in_order.h"

namespace quaver {
namespace {

constexpr int64_t kMaxSeconds = 6 * 3600;  // of one clip
constexpr double kTolerance = 0.5;         // seconds that a manifest may be wrong about the end of a file

struct Range {  // samples at the file's rate
  uint64_t begin = 0;
  uint64_t end = UINT64_MAX;
};

Range RangeOf(const SoundEntry& entry, int rate) {
  Range range;
  range.begin = static_cast<uint64_t>(std::llround(entry.offset * rate));
  if (entry.duration > 0)
    range.end = range.begin + static_cast<uint64_t>(std::llround(entry.duration * rate));
  return range;
}

Sound Unpack(const Clip& clip, int rate) {
  Sound sound{std::vector<float>(clip.samples.size()), rate, 1, "shard, 16 bit"};
  std::ranges::transform(clip.samples, sound.mono.begin(), FromPcm16);
  return sound;
}

// The parts of one file, which is read once.
std::vector<Result<Sound>> DecodeFile(std::span<const SoundEntry* const> parts, int packed_rate) {
  if (parts[0]->packed) return {Unpack(*parts[0]->packed, packed_rate)};
  std::vector<Result<Sound>> out;
  const std::string& path = parts[0]->path;
  auto opened = SoundReader::Open(path);
  if (!opened.ok()) return {parts.size(), Result<Sound>(opened.error())};
  SoundReader& reader = *opened.value();
  const int rate = reader.sample_rate();
  std::vector<Range> ranges;
  std::vector<Sound> sounds(parts.size(), Sound{{}, rate, reader.channels(), reader.format()});
  uint64_t last = 0;
  for (const SoundEntry* part : parts) {
    ranges.push_back(RangeOf(*part, rate));
    last = std::max(last, ranges.back().end);
  }
  const auto most = static_cast<uint64_t>(kMaxSeconds) * static_cast<uint64_t>(rate);
  std::array<float, 16384> block;
  uint64_t at = 0;
  bool too_long = false;
  while (at < last && !too_long) {
    const auto count = reader.ReadMono(block);
    if (!count.ok()) return {parts.size(), Result<Sound>(count.error())};
    if (count.value() == 0) {
      if (Status whole = reader.Undamaged(); !whole.ok()) return {parts.size(), Result<Sound>(whole.error())};
      break;
    }
    for (size_t i = 0; i < parts.size(); ++i) {
      const uint64_t begin = std::max(ranges[i].begin, at);
      const uint64_t end = std::min<uint64_t>(ranges[i].end, at + count.value());
      if (begin >= end) continue;
      std::vector<float>& mono = sounds[i].mono;
      mono.insert(mono.end(), block.begin() + static_cast<ptrdiff_t>(begin - at),
                  block.begin() + static_cast<ptrdiff_t>(end - at));
      too_long = too_long || mono.size() > most;
    }
    at += count.value();
  }
  if (too_long) return {parts.size(), Result<Sound>(Error{path + ": longer than 6 hours"})};
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool short_of = parts[i]->duration > 0 &&
                          static_cast<double>(at) < static_cast<double>(ranges[i].end) - kTolerance * rate;
    if (short_of || (ranges[i].begin > 0 && ranges[i].begin >= at)) {
      out.push_back(Error{path + ": the part ends after the file, which has " +
                          std::to_string(static_cast<double>(at) / rate) + " s"});
    } else {
      out.push_back(std::move(sounds[i]));
    }
  }
  return out;
}

}  // namespace

void DecodeEntries(const Source& source, std::span<const size_t> chosen, int threads,
                   const std::function<void(size_t, Result<Sound>)>& work,
                   const std::function<bool(size_t)>& take) {
  const std::vector<SoundEntry>& entries = source.entries;
  std::vector<std::pair<size_t, size_t>> groups;  // begin and end within `chosen`
  for (size_t i = 0; i < chosen.size(); ++i) {
    const bool same =
        i > 0 && !entries[chosen[i]].packed && entries[chosen[i]].path == entries[chosen[i - 1]].path;
    if (same) {
      groups.back().second = i + 1;
    } else {
      groups.emplace_back(i, i + 1);
    }
  }
  const auto work_on = [&](size_t g) {
    const auto [begin, end] = groups[g];
    std::vector<const SoundEntry*> parts;
    for (size_t i = begin; i < end; ++i) parts.push_back(&entries[chosen[i]]);
    auto sounds = DecodeFile(parts, source.sample_rate);
    for (size_t i = begin; i < end; ++i) work(chosen[i], std::move(sounds[i - begin]));
  };
  const auto take_all = [&](size_t g) {
    for (size_t i = groups[g].first; i < groups[g].second; ++i) {
      if (!take(chosen[i])) return false;
    }
    return true;
  };
  InOrder(groups.size(), threads, work_on, take_all);
}

Result<std::vector<int16_t>> ToClip(const Sound& sound, int sample_rate) {
  std::vector<float> resampled;
  if (sound.sample_rate != sample_rate) {
    auto done = Resample(sound.mono, sound.sample_rate, sample_rate);
    if (!done.ok()) return done.error();
    resampled = std::move(done).value();
  }
  const std::vector<float>& mono = sound.sample_rate != sample_rate ? resampled : sound.mono;
  std::vector<int16_t> clip(mono.size());
  std::ranges::transform(mono, clip.begin(), ToPcm16);
  return clip;
}

double Rms(std::span<const int16_t> samples) {
  double sum = 0;
  for (const int16_t x : samples) sum += static_cast<double>(x) * x;
  return std::sqrt(sum / static_cast<double>(std::max<size_t>(1, samples.size()))) / 32768;
}

}  // namespace quaver
