#include "tests/apps/run_tool.h"

#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "codec/io/resampler.h"
#include "codec/io/sound_file.h"
#include "tests/model/random_weights.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

void WriteModel(const Config& config, const std::string& path) {
  Weights weights = RandomWeights(config, 7);
  const auto bytes = SerializeWeights(weights);
  ASSERT_TRUE(bytes.ok()) << bytes.message();
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.value().data()),
             static_cast<std::streamsize>(bytes.value().size()));
  ASSERT_TRUE(file.flush());
}

}  // namespace

void ToolTest::SetUp() {
  std::string pattern = (fs::temp_directory_path() / "quaver-test-XXXXXX").string();
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  folder_ = pattern;
  // Everything but the work folder lies beside it, so that a listing shows the outputs alone.
  fs::create_directory(folder_ + "-models");
  WriteModel(TinyConfig(), folder_ + "-models/tiny.safetensors");
  WriteModel(TinyVpConfig(), folder_ + "-models/tiny-vp.safetensors");
}

void ToolTest::TearDown() {
  std::error_code error;
  for (const char* suffix : {"", "-models", "-out", "-err"}) fs::remove_all(folder_ + suffix, error);
}

ToolRun ToolTest::Run(const std::string& line) const {
  const std::string tools = fs::path(QUAVER_PROGRAM).parent_path().string();
  const std::string setting = "PATH='" + tools + "':\"$PATH\"; QUAVER_MODELS='" + folder_ +
                              "-models'; export PATH QUAVER_MODELS; cd '" + folder_ + "'; exec 2>'" +
                              folder_ + "-err' >'" + folder_ + "-out'\n";
  const int status = std::system((setting + line).c_str());
  ToolRun run;
  run.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  run.out = ReadAll(folder_ + "-out");
  run.err = ReadAll(folder_ + "-err");
  return run;
}

ToolRun ToolTest::Expect(int code, const std::string& line) const {
  ToolRun run = Run(line);
  EXPECT_EQ(run.code, code) << line << "\n" << run.err;
  return run;
}

bool ToolTest::Exists(const std::string& name) const { return fs::exists(Path(name)); }

std::vector<std::string> ToolTest::List(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(Path(name)))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string ToolTest::Bytes(const std::string& name) const { return ReadAll(Path(name)); }

void ToolTest::Store(const std::string& name, const std::string& bytes) const {
  std::ofstream file(Path(name), std::ios::binary);
  file << bytes;
  ASSERT_TRUE(file.flush());
}

void ToolTest::MakeWav(const std::string& name, size_t count, int rate, int channels) const {
  auto writer = SoundWriter::Create(Path(name), rate, channels);
  ASSERT_TRUE(writer.ok()) << writer.message();
  Status status = writer.value()->Write(Speech(count, rate));
  if (status.ok()) status = writer.value()->Commit();
  ASSERT_TRUE(status.ok()) << status.message();
}

Sound ReadSound(const std::string& path) {
  auto opened = SoundReader::Open(path);
  EXPECT_TRUE(opened.ok()) << opened.message();
  if (!opened.ok()) return {};
  SoundReader& reader = *opened.value();
  Sound sound{reader.sample_rate(), reader.channels(), {}};
  std::vector<float> block(10000);
  for (;;) {
    const auto count = reader.ReadMono(block);
    EXPECT_TRUE(count.ok()) << count.message();
    if (!count.ok() || count.value() == 0) return sound;
    sound.mono.insert(sound.mono.end(), block.begin(),
                      block.begin() + static_cast<std::ptrdiff_t>(count.value()));
  }
}

TokenMatrix ReadTokens(const std::string& path) {
  auto tokens = ReadNpy(path);
  EXPECT_TRUE(tokens.ok()) << tokens.message();
  return tokens.ok() ? std::move(tokens).value() : TokenMatrix{};
}

std::vector<float> Speech(size_t count, int rate) {
  const std::string clips = std::string(QUAVER_SOURCE_DIR) + "/samples";
  std::vector<std::string> paths;
  for (const auto& entry : fs::directory_iterator(clips)) {
    if (entry.path().extension() == ".flac") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  EXPECT_FALSE(paths.empty());
  std::vector<float> speech;
  for (size_t i = 0; speech.size() < count && !paths.empty(); i = (i + 1) % paths.size()) {
    const Sound clip = ReadSound(paths[i]);
    const auto resampled = Resample(clip.mono, clip.rate, rate);
    EXPECT_TRUE(resampled.ok() && !resampled.value().empty());
    if (!resampled.ok() || resampled.value().empty()) break;
    speech.insert(speech.end(), resampled.value().begin(), resampled.value().end());
  }
  speech.resize(count);
  return speech;
}

}  // namespace quaver
