#include "codec/io/byte_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include "codec/io/stop_request.h"

namespace quaver {
namespace {

struct Descriptor {
  explicit Descriptor(int number) : fd(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd > STDIN_FILENO) ::close(fd);
  }
  int fd;
};

}  // namespace

std::string InputName(const std::string& path) { return path == "-" ? "standard input" : path; }

bool IsRegularFile(const std::string& path) {
  struct stat info {};
  const int result = path == "-" ? ::fstat(STDIN_FILENO, &info) : ::stat(path.c_str(), &info);
  return result == 0 && S_ISREG(info.st_mode);
}

Result<ByteSource> OpenByteSource(const std::string& path) {
  ByteSeek seek;
  return OpenByteSource(path, seek);
}

Result<ByteSource> OpenByteSource(const std::string& path, ByteSeek& seek) {
  const int fd = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Error{path + ": cannot be opened: " + std::strerror(errno)};
  auto file = std::make_shared<const Descriptor>(fd);
  struct stat info {};
  if (::fstat(fd, &info) != 0) return Error{InputName(path) + ": cannot be read: " + std::strerror(errno)};
  if (S_ISDIR(info.st_mode)) return Error{InputName(path) + ": is a directory"};
  const bool regular = S_ISREG(info.st_mode);
  const off_t start = regular ? ::lseek(fd, 0, SEEK_CUR) : -1;
  seek = nullptr;
  if (start >= 0) {
    seek = [file, start](int64_t offset, int whence) -> int64_t {
      const off_t from = whence == SEEK_SET ? start : 0;
      return ::lseek(file->fd, static_cast<off_t>(offset) + from, whence) - start;
    };
  }
  return ByteSource([file, regular](std::span<uint8_t> out) -> int64_t {
    if (!regular && !AwaitInput(file->fd)) return 0;
    ssize_t got = 0;
    do {
      got = ::read(file->fd, out.data(), out.size());
    } while (got < 0 && errno == EINTR);
    return got;
  });
}

}  // namespace quaver
