// What training reads before any sound: manifests and shards.
#include "codec/train/data/manifest.h"
#include "codec/train/data/shards.h"
#include "fuzz/memory_file.h"
#include "fuzz/target.h"

using namespace quaver;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const fuzz::MemoryFile file({data + 1, size - 1});
  if (data[0] % 2 == 0) {
    const auto entries = ReadManifest(file.path());
    if (entries.ok())
      for (const SoundEntry& entry : entries.value()) FUZZ_CHECK(entry.offset >= 0 && entry.duration >= 0);
  } else {
    const auto shards = OpenShards(file.path());
    if (shards.ok())
      for (const SoundEntry& entry : shards.value().entries) FUZZ_CHECK(entry.packed.has_value());
  }
  return 0;
}
