#include "codec/train/data.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <set>

#include "codec/audio/resampler.h"
#include "codec/audio/sound_file.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;

constexpr double kSilence = 1e-3;  // rms of a clip or crop that counts as silent (-60 dBFS)
constexpr double kKeepSilent =
    0.05;  // share of silent crops that are kept: the codec must render silence too
constexpr int kMaxDraws = 20;
constexpr size_t kMaxNamed = 10;           // files that an error lists
constexpr int64_t kMaxSeconds = 6 * 3600;  // of one file

double Uniform(std::mt19937_64& random) { return static_cast<double>(random() >> 11) * 0x1p-53; }

double Rms(const int16_t* samples, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; ++i) sum += static_cast<double>(samples[i]) * samples[i];
  return std::sqrt(sum / static_cast<double>(std::max<size_t>(1, count))) / 32768;
}

struct Found {
  std::vector<fs::path> paths;         // sorted
  std::vector<std::string> not_there;  // of those to leave out
};

// Files that are not sound at all (texts, tables) are no reason for a message.
Result<Found> FindSounds(const std::string& folder, const std::vector<std::string>& leave_out) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) return Error{folder + ": not a folder"};
  std::set<std::string> left_out(leave_out.begin(), leave_out.end());
  Found found;
  const auto options =
      fs::directory_options::follow_directory_symlink | fs::directory_options::skip_permission_denied;
  fs::recursive_directory_iterator it(folder, options, error);
  for (const fs::recursive_directory_iterator end; !error && it != end; it.increment(error)) {
    std::error_code unreadable;
    if (!it->is_regular_file(unreadable) || !HasSoundExtension(it->path().string())) continue;
    if (left_out.erase(it->path().lexically_relative(folder).generic_string()) == 0)
      found.paths.push_back(it->path());
  }
  if (error) return Error{folder + ": " + error.message()};
  std::sort(found.paths.begin(), found.paths.end());
  found.not_there.assign(left_out.begin(), left_out.end());
  return found;
}

Result<std::vector<float>> ReadAll(const std::string& path, int sample_rate) {
  auto reader = SoundReader::Open(path);
  if (!reader.ok()) return reader.error();
  SoundReader& sound = *reader.value();
  std::vector<float> samples;
  std::array<float, 16384> block;
  for (;;) {
    auto count = sound.ReadMono(block);
    if (!count.ok()) return count.error();
    if (count.value() == 0) break;
    samples.insert(samples.end(), block.begin(), block.begin() + count.value());
    if (samples.size() > static_cast<size_t>(kMaxSeconds) * sound.sample_rate())
      return Error{path + ": longer than 6 hours"};
  }
  if (sound.sample_rate() == sample_rate) return samples;
  return Resample(samples, sound.sample_rate(), sample_rate);
}

// The reason for which a clip is of no use, or nothing.
std::string Reject(const std::vector<int16_t>& samples, size_t min_samples) {
  if (samples.empty()) return "empty";
  if (samples.size() < min_samples) return "too short";
  if (Rms(samples.data(), samples.size()) < kSilence) return "silent";
  return "";
}

uint64_t HashPath(const std::string& path) {  // FNV-1a: the same choice on every machine
  uint64_t hash = 0xcbf29ce484222325u;
  for (const unsigned char c : fs::path(path).filename().string()) hash = (hash ^ c) * 0x100000001b3u;
  return hash;
}

}  // namespace

void Dataset::Index() {
  ends.clear();
  double total = 0;
  for (const Clip& clip : clips) ends.push_back(total += static_cast<double>(clip.samples.size()));
}

double Dataset::seconds() const { return ends.empty() ? 0 : ends.back() / sample_rate; }

Result<Dataset> LoadDataset(const std::string& folder, const LoadOptions& options) {
  auto found = FindSounds(folder, options.leave_out);
  if (!found.ok()) return found.error();
  const std::vector<fs::path>& paths = found.value().paths;
  Dataset data;
  data.sample_rate = options.sample_rate;
  data.not_left_out = found.value().not_there;
  for (size_t i = 0; i < paths.size(); ++i) {
    const std::string path = paths[i].string();
    auto samples = ReadAll(path, options.sample_rate);
    if (options.progress) options.progress(i + 1, paths.size());
    if (!samples.ok()) {
      data.skipped.push_back({path, samples.message()});
      continue;
    }
    Clip clip{path, std::vector<int16_t>(samples.value().size())};
    std::transform(samples.value().begin(), samples.value().end(), clip.samples.begin(), [](float x) {
      return static_cast<int16_t>(std::lrint(std::clamp(x, -1.0f, 32767.0f / 32768.0f) * 32768.0f));
    });
    const std::string reason = Reject(clip.samples, options.min_samples);
    if (reason.empty()) {
      data.clips.push_back(std::move(clip));
    } else {
      data.skipped.push_back({path, reason});
    }
  }
  if (data.clips.empty()) {
    std::string message = folder + ": no usable sound file (" + std::to_string(paths.size()) + " found, " +
                          std::to_string(data.skipped.size()) + " skipped)";
    for (size_t i = 0; i < std::min(kMaxNamed, data.skipped.size()); ++i)
      message += "\n  " + data.skipped[i].path + ": " + data.skipped[i].reason;
    return Error{message};
  }
  data.Index();
  return data;
}

Dataset HoldOut(Dataset& data, double share) {
  Dataset held;
  held.sample_rate = data.sample_rate;
  const auto limit = static_cast<uint64_t>(share * 10000);
  std::vector<Clip> kept;
  for (Clip& clip : data.clips) {
    (HashPath(clip.path) % 10000 < limit ? held.clips : kept).push_back(std::move(clip));
  }
  if (held.clips.empty() && share > 0 && kept.size() > 1) {  // by chance: take the one with the least hash
    const auto least = std::min_element(kept.begin(), kept.end(), [](const Clip& a, const Clip& b) {
      return HashPath(a.path) < HashPath(b.path);
    });
    held.clips.push_back(std::move(*least));
    kept.erase(least);
  }
  data.clips = std::move(kept);
  data.Index();
  held.Index();
  return held;
}

size_t DrawCrop(const Dataset& data, const CropOptions& options, std::mt19937_64& random,
                std::span<float> out) {
  const std::vector<double>& ends = data.ends;
  size_t index = 0;
  std::span<const int16_t> crop;
  double rms = 0;
  for (int draw = 0; draw < kMaxDraws; ++draw) {
    index = std::lower_bound(ends.begin(), ends.end(), Uniform(random) * ends.back()) - ends.begin();
    const std::span<const int16_t> clip = data.clips[index].samples;
    const size_t count = std::min(clip.size(), out.size());
    crop = clip.subspan(static_cast<size_t>(Uniform(random) * static_cast<double>(clip.size() - count + 1)),
                        count);
    rms = Rms(crop.data(), count);
    if (rms >= kSilence || Uniform(random) < kKeepSilent) break;
  }
  const double level =
      options.low_level_db + Uniform(random) * (options.high_level_db - options.low_level_db);
  const double gain = std::pow(10, level / 20) / std::max(rms, kSilence) / 32768;
  const auto end = std::transform(crop.begin(), crop.end(), out.begin(), [gain](int16_t x) {
    return std::clamp(static_cast<float>(x * gain), -1.0f, 1.0f);
  });
  std::fill(end, out.end(), 0.0f);
  return index;
}

torch::Tensor DrawCrops(const Dataset& data, const CropOptions& options, std::mt19937_64& random) {
  auto crops = torch::empty({options.batch, options.samples});
  const auto samples = static_cast<size_t>(options.samples);
  for (int b = 0; b < options.batch; ++b) {
    DrawCrop(data, options, random, {crops.data_ptr<float>() + static_cast<size_t>(b) * samples, samples});
  }
  return crops;
}

}  // namespace quaver
