// Headers of WAV, RF64, W64, AIFF, AU, CAF, NIST and VOC; tags of FLAC, Ogg and MPEG audio and pages of Ogg, whose checksums are made true;
// as a file and as a pipe have them.
#include <unistd.h>

#include <cstring>
#include <optional>
#include <vector>

#include "codec/io/comment_tags.h"
#include "codec/io/ogg_links.h"
#include "codec/io/sound_file.h"
#include "codec/io/sound_header.h"
#include "fuzz/input.h"
#include "fuzz/memory_file.h"
#include "fuzz/target.h"
#include "tests/container/stream_tools.h"

using namespace quaver;

namespace {

// Without the libraries: where the samples lie, tags, and links of a chain.
void CheckTags(const std::optional<internal::CommentTags>& found) {
  if (!found) return;
  for (const SoundTag& tag : found->tags) FUZZ_CHECK(!tag.name.empty() && tag.value.find('\0') == std::string::npos);
}

void FindLinks(const internal::BytesAt& at, size_t size) {
  uint64_t end = 0;
  for (const internal::OggLink& link : internal::FindOggLinks(size, at)) {
    FUZZ_CHECK(link.begin >= end && link.end > link.begin && link.end <= size);
    end = link.end;
  }
}

void FindSamples(const internal::BytesAt& at, size_t size) {
  const auto samples = internal::FindSampleData(at);
  if (!samples) return;
  FUZZ_CHECK(samples->begin <= size);
  const auto end = internal::FindSampleEnd(*samples, size, at);
  FUZZ_CHECK(end.end >= samples->begin && end.end <= size);
}

// As the program reads it. libsndfile's own decoders have a fuzzer of their own: a few seconds suffice.
void Read(const std::string& path) {
  auto reader = SoundReader::Open(path);
  if (!reader.ok()) return;
  std::vector<float> sound(8192);
  for (int blocks = 0; blocks < 16; ++blocks) {
    const auto count = reader.value()->ReadMono(sound);
    if (!count.ok() || count.value() == 0) break;
    FUZZ_CHECK(count.value() <= sound.size());
  }
  for (const SoundTag& tag : reader.value()->tags()) FUZZ_CHECK(tag.value.find('\0') == std::string::npos);
  reader.value()->damage();
  reader.value()->notes();
}

}  // namespace

// libsndfile keeps 6 KB of libvorbis for every Ogg Vorbis file whose headers end early (its issue 922).
extern "C" const char* __lsan_default_suppressions() { return "leak:vorbis_info_init\n"; }  // NOLINT: the name is LeakSanitizer's

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // No ffmpeg: that is another project's program.
  static const bool alone = setenv("PATH", "/nonexistent", 1) == 0;
  if (!alone || size == 0) return 0;
  std::vector<uint8_t> bytes(data + 1, data + size);
  if (data[0] & 2) FixChecksums(bytes);
  const internal::BytesAt at = [&](uint64_t place, std::span<uint8_t> out) {
    if (place >= bytes.size()) return size_t{0};
    const size_t count = std::min<size_t>(out.size(), bytes.size() - place);
    if (count > 0) std::memcpy(out.data(), bytes.data() + place, count);
    return count;
  };
  FindSamples(at, bytes.size());
  CheckTags(internal::ReadFlacTags(at));
  CheckTags(internal::ReadOggTags(at));
  FindLinks(at, bytes.size());
  if (data[0] % 2 == 0) {
    const fuzz::MemoryFile file(bytes);
    Read(file.path());
  } else if (bytes.size() < 60000) {  // what a pipe holds without a reader
    const fuzz::Pipe pipe(bytes);
    Read(pipe.path());
  }
  return 0;
}
