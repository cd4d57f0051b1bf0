#include "bench/speech.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "codec/io/resampler.h"
#include "codec/io/sound_file.h"

namespace quaver::bench {
namespace {

namespace fs = std::filesystem;
constexpr double kRate = 16000;

std::vector<std::string> FilesOf(const std::string& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_regular_file() && HasSoundExtension(entry.path())) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Result<std::vector<float>> ReadFile(const std::string& path) {
  auto reader = SoundReader::Open(path);
  if (!reader.ok()) return reader.error();
  std::vector<float> all;
  std::vector<float> chunk(1 << 16);
  for (;;) {
    const auto got = reader.value()->ReadMono(chunk);
    if (!got.ok()) return got.error();
    if (got.value() == 0) break;
    all.insert(all.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(got.value()));
  }
  if (Status whole = reader.value()->Undamaged(); !whole.ok()) return whole.error();
  return Resample(all, reader.value()->sample_rate(), kRate);
}

}  // namespace

Result<Speech> LoadSpeech(const std::string& path, double seconds) {
  const auto most = static_cast<size_t>(seconds * kRate);
  Speech speech;
  for (const std::string& file : FilesOf(path)) {
    if (speech.size() >= most) break;
    const auto samples = ReadFile(file);
    if (!samples.ok()) return samples.error();
    speech.insert(speech.end(), samples.value().begin(), samples.value().end());
  }
  speech.resize(std::min(speech.size(), most) / kFrame * kFrame);
  if (speech.empty()) return Error{path + ": no speech of at least 20 ms in it"};
  return speech;
}

}  // namespace quaver::bench
