// Bytes as a file and as a pipe, without a disk.
#ifndef QUAVER_FUZZ_MEMORY_FILE_H_
#define QUAVER_FUZZ_MEMORY_FILE_H_

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <span>
#include <string>

#include "fuzz/target.h"

namespace quaver::fuzz {

// Writes all of it.
inline void WriteAll(int file, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    FUZZ_CHECK(written > 0);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

class MemoryFile {
 public:
  explicit MemoryFile(std::span<const uint8_t> bytes) : file_(memfd_create("fuzz", 0)) {
    FUZZ_CHECK(file_ >= 0);
    WriteAll(file_, bytes);
  }
  ~MemoryFile() { close(file_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  int file_;
};

// At most what a pipe holds by itself, 64 KiB.
class Pipe {
 public:
  explicit Pipe(std::span<const uint8_t> bytes) {
    FUZZ_CHECK(pipe(ends_) == 0);
    WriteAll(ends_[1], bytes);
    close(ends_[1]);
  }
  ~Pipe() { close(ends_[0]); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(ends_[0]); }

 private:
  int ends_[2];
};

}  // namespace quaver::fuzz

#endif  // QUAVER_FUZZ_MEMORY_FILE_H_
