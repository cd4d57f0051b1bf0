#include "codec/io/file_window.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace quaver::internal {
namespace {

FileWindow& Self(void* user) { return *static_cast<FileWindow*>(user); }

}  // namespace

size_t ReadAt(int fd, uint64_t at, std::span<uint8_t> out, int& error) {
  size_t done = 0;
  while (done < out.size() && at + done <= INT64_MAX) {
    const ssize_t got = ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(at + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) error = errno;
    if (got <= 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

sf_count_t FileWindow::OnLength(void* user) {
  return static_cast<sf_count_t>(Self(user).end_ - Self(user).begin_);
}

sf_count_t FileWindow::OnSeek(sf_count_t offset, int whence, void* user) {
  FileWindow& self = Self(user);
  sf_count_t base = 0;
  if (whence == SEEK_CUR) base = static_cast<sf_count_t>(self.position_);
  if (whence == SEEK_END) base = OnLength(user);
  if (offset < -base || offset > INT64_MAX - base) return -1;
  self.position_ = static_cast<uint64_t>(base + offset);
  return base + offset;
}

sf_count_t FileWindow::OnRead(void* out, sf_count_t count, void* user) {
  FileWindow& self = Self(user);
  const uint64_t size = self.end_ - self.begin_;
  if (count <= 0 || self.position_ >= size) return 0;
  const uint64_t most = std::min(static_cast<uint64_t>(count), size - self.position_);
  const size_t got =
      ReadAt(self.fd_, self.begin_ + self.position_, {static_cast<uint8_t*>(out), most}, self.error_);
  self.position_ += got;
  return static_cast<sf_count_t>(got);
}

sf_count_t FileWindow::OnTell(void* user) { return static_cast<sf_count_t>(Self(user).position_); }

SF_VIRTUAL_IO FileWindow::Callbacks() {
  SF_VIRTUAL_IO io{};
  io.get_filelen = OnLength;
  io.seek = OnSeek;
  io.read = OnRead;
  io.write = OnWrite;
  io.tell = OnTell;
  return io;
}

}  // namespace quaver::internal
