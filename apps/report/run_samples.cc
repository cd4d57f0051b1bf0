#include "apps/report/run_samples.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/report/page.h"
#include "codec/io/byte_file.h"
#include "codec/io/sound_file.h"
#include "codec/train/log/spectrogram_picture.h"

namespace quaver {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxSeconds = 60;
constexpr size_t kMaxBytes = 4 << 20;
constexpr size_t kMaxClips = 8;

struct Sound {
  int rate = 0;
  std::vector<float> samples;
  std::vector<uint8_t> bytes;  // of the file
};

Result<std::vector<uint8_t>> ReadBytes(const std::string& path) {
  const auto source = OpenByteSource(path);
  if (!source.ok()) return source.error();
  std::vector<uint8_t> bytes(kMaxBytes + 1);
  size_t size = 0;
  while (size < bytes.size()) {
    const int64_t got = source.value()(std::span(bytes).subspan(size));
    if (got < 0) return Error{path + ": read failed"};
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  if (size > kMaxBytes) return Error{path + ": longer than 4 MiB"};
  bytes.resize(size);
  return bytes;
}

Result<Sound> ReadSound(const std::string& path) {
  auto bytes = ReadBytes(path);
  if (!bytes.ok()) return bytes.error();
  const auto reader = SoundReader::Open(path);
  if (!reader.ok()) return reader.error();
  Sound sound;
  sound.rate = reader.value()->sample_rate();
  sound.bytes = std::move(bytes).value();
  sound.samples.resize(kMaxSeconds * static_cast<size_t>(sound.rate) + 1);
  const auto count = reader.value()->ReadMono(sound.samples);
  if (!count.ok()) return count.error();
  if (count.value() == sound.samples.size()) return Error{path + ": longer than 60 seconds"};
  if (Status whole = reader.value()->Undamaged(); !whole.ok()) return whole.error();
  sound.samples.resize(count.value());
  return sound;
}

// Spectrograms of one clip share the level that is brightest: that of the first, the reference.
class Painter {
 public:
  Result<Json> Describe(const std::string& path) {
    const auto sound = ReadSound(path);
    if (!sound.ok()) return sound.error();
    const auto spectrogram = ComputeMelSpectrogram(sound.value().samples, sound.value().rate);
    if (!top_db_) top_db_ = Loudest(spectrogram);
    top_hz_ = std::max(top_hz_, spectrogram.top_hz);
    const auto png = EncodePng(DrawSpectrogram(spectrogram, *top_db_, Axes::kNone));
    if (!png.ok()) return Error{path + ": " + png.message()};
    const auto& text = png.value();
    return Json{{"seconds", spectrogram.seconds()},
                {"flac", Base64(sound.value().bytes)},
                {"png", Base64(std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()))}};
  }
  double top_hz() const { return top_hz_; }

 private:
  std::optional<double> top_db_;
  double top_hz_ = 0;
};

struct HeardClip {
  std::string name;
  std::string reference;
  std::vector<std::pair<int64_t, SampleFiles>> steps;
};

std::vector<HeardClip> Collect(const std::string& run, const std::vector<int64_t>& steps) {
  std::vector<HeardClip> clips;
  for (const int64_t step : steps) {
    for (SampleFiles& files : ListSamples(run, step)) {
      auto found = std::find_if(clips.begin(), clips.end(),
                                [&](const HeardClip& clip) { return clip.name == files.name; });
      if (found == clips.end()) {
        if (clips.size() == kMaxClips) continue;
        found = clips.insert(clips.end(), {files.name, files.reference, {}});
      }
      found->steps.emplace_back(step, std::move(files));
    }
  }
  return clips;
}

}  // namespace

Json DescribeSamples(const std::string& run, const std::vector<int64_t>& steps,
                     std::vector<std::string>& problems) {
  Json out = Json::array();
  for (const HeardClip& clip : Collect(run, steps)) {
    Painter painter;
    const auto describe = [&](const std::string& path) {
      auto sound = painter.Describe(path);
      if (sound.ok()) return std::move(sound).value();
      problems.push_back(sound.message());
      return Json();
    };
    Json entry = {{"name", clip.name}, {"top_hz", 0}, {"reference", nullptr}, {"steps", Json::array()}};
    if (!clip.reference.empty()) entry["reference"] = describe(clip.reference);
    for (const auto& [step, files] : clip.steps) {
      Json decoded = Json::array();
      for (const auto& [n_q, path] : files.decoded) {
        Json sound = describe(path);
        if (sound.is_null()) continue;
        sound["n_q"] = n_q;
        decoded.push_back(std::move(sound));
      }
      entry["steps"].push_back({{"step", step}, {"decoded", std::move(decoded)}});
    }
    entry["top_hz"] = painter.top_hz();
    out.push_back(std::move(entry));
  }
  return out;
}

}  // namespace quaver
