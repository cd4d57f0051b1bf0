#include "codec/train/log/append_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace quaver {
namespace {

constexpr size_t kLarge = 1 << 16;
constexpr size_t kMost = 16 << 20;

}  // namespace

AppendFile::~AppendFile() {
  if (fd_ < 0) return;
  (void)Flush();
  ::close(fd_);
}

Status AppendFile::Open(const std::string& path) {
  path_ = path;
  fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (fd_ < 0) return Error{path + ": cannot be written: " + std::strerror(errno)};
  size_ = ::lseek(fd_, 0, SEEK_END);
  if (size_ < 0) return Error{path + ": cannot be appended to: " + std::strerror(errno)};
  return {};
}

Status AppendFile::Append(std::string_view piece) {
  if (buffer_.size() + piece.size() > kMost) return Error{path_ + ": nothing could be written for long"};
  buffer_ += piece;
  return buffer_.size() < kLarge ? Status() : Flush();
}

Status AppendFile::Flush() {
  size_t done = 0;
  while (done < buffer_.size()) {
    const ssize_t written =
        ::pwrite(fd_, buffer_.data() + done, buffer_.size() - done, size_ + static_cast<off_t>(done));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const Error error{path_ + ": write failed: " + std::strerror(errno)};
      if (::ftruncate(fd_, size_) != 0) { /* the next try writes over it */
      }
      return error;
    }
    done += static_cast<size_t>(written);
  }
  size_ += static_cast<int64_t>(done);
  buffer_.clear();
  return {};
}

}  // namespace quaver
