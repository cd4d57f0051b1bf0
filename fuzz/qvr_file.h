// The bytes of a fuzzer as a .qvr file.
#ifndef QUAVER_FUZZ_QVR_FILE_H_
#define QUAVER_FUZZ_QVR_FILE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <span>
#include <vector>

#include "codec/byte_stream.h"
#include "fuzz/input.h"

namespace quaver::fuzz {

// Takes all of the input. A page with a wrong checksum is skipped unread, and no mutation hits a checksum: one file of four is the bytes
// as they are, one has true checksums, and two are put together from the fields of pages, whose lengths agree, too.
std::vector<uint8_t> QvrFile(Input& input);

// Bytes for a reader, at most `portion` at a time. What it gives refers to it.
class MemorySource {
 public:
  MemorySource(std::span<const uint8_t> bytes, size_t portion) : bytes_(bytes), portion_(portion) {}

  int64_t Read(std::span<uint8_t> out) {
    const size_t count = std::min({out.size(), bytes_.size() - at_, portion_});
    if (count > 0) std::memcpy(out.data(), bytes_.data() + at_, count);
    at_ += count;
    return static_cast<int64_t>(count);
  }
  int64_t Seek(int64_t offset, int whence) {
    const auto size = static_cast<int64_t>(bytes_.size());
    const int64_t to = offset + (whence == SEEK_SET ? 0 : whence == SEEK_CUR ? static_cast<int64_t>(at_) : size);
    if (to < 0 || to > size) return -1;
    at_ = static_cast<size_t>(to);
    return to;
  }
  ByteSource source() {
    return [this](std::span<uint8_t> out) { return Read(out); };
  }
  ByteSeek seek() {
    return [this](int64_t offset, int whence) { return Seek(offset, whence); };
  }

 private:
  std::span<const uint8_t> bytes_;
  size_t at_ = 0, portion_;
};

}  // namespace quaver::fuzz

#endif  // QUAVER_FUZZ_QVR_FILE_H_
