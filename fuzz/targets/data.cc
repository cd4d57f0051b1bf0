// What training reads before any sound: manifests and shards, one or two in a folder.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <span>

#include "codec/train/data/manifest.h"
#include "codec/train/data/shards.h"
#include "fuzz/memory_file.h"
#include "fuzz/target.h"

using namespace quaver;
namespace fs = std::filesystem;

namespace {

// Shards are known by their names, so a folder of links to files in memory.
class ShardFolder {
 public:
  ShardFolder() {
    std::string name = fs::temp_directory_path() / "quaver-fuzz-XXXXXX";
    FUZZ_CHECK(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~ShardFolder() { fs::remove_all(path_); }

  const fs::path& path() const { return path_; }
  void Clear() {
    for (const auto& entry : fs::directory_iterator(path_)) fs::remove(entry.path());
  }
  std::string Link(const std::string& name, const fuzz::MemoryFile& file) {
    fs::create_symlink(file.path(), path_ / name);
    return path_ / name;
  }

 private:
  fs::path path_;
};

void ReadShards(const std::string& path, size_t bytes) {
  FUZZ_CHECK(IsShardFile(path) || HoldsShards(path));
  const auto shards = OpenShards(path);
  if (!shards.ok()) return;
  size_t samples = 0;
  [[maybe_unused]] volatile int16_t last = 0;
  for (const SoundEntry& entry : shards.value().entries) {
    FUZZ_CHECK(entry.packed.has_value() && entry.whole());
    for (const int16_t sample : entry.packed->samples) last = sample;  // all of them are in a mapped file
    samples += entry.packed->samples.size();
  }
  FUZZ_CHECK(samples <= bytes / 2);
}

void ReadFolder(ShardFolder& folder, std::span<const uint8_t> bytes) {
  if (bytes.size() < 3) return;
  const bool parts = bytes[0] & 1;
  const auto both = bytes.subspan(3);
  const size_t cut = std::min<size_t>(both.size(), bytes[1] + 256u * bytes[2]);
  const fuzz::MemoryFile first(both.first(cut)), second(both.subspan(cut));
  folder.Link(ShardFileName({Split::kTrain, 0, parts ? 1u : 2u}), first);
  folder.Link(parts ? ShardFileName({Split::kDev, 0, 1}) : ShardFileName({Split::kTrain, 1, 2}), second);
  ReadShards(folder.path(), both.size());
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::span<const uint8_t> bytes(data + 1, size - 1);
  static ShardFolder folder;
  folder.Clear();
  if (data[0] % 4 == 3) {
    ReadFolder(folder, bytes);
    return 0;
  }
  const fuzz::MemoryFile file(bytes);
  if (data[0] % 4 == 1) {
    ReadShards(folder.Link("one.safetensors", file), bytes.size());
    return 0;
  }
  const auto entries = ReadManifest(file.path());
  if (entries.ok())
    for (const SoundEntry& entry : entries.value()) FUZZ_CHECK(entry.offset >= 0 && entry.duration >= 0);
  return 0;
}
