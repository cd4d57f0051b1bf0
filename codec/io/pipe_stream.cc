#include "codec/io/pipe_stream.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "codec/io/stop_request.h"

namespace quaver::internal {
namespace {

constexpr uint64_t kMaxLook = 1 << 20;  // bytes of a header whose end nobody knows
constexpr size_t kAhead = 1 << 16;
// libsndfile parses headers in small pieces, each of which it needs; who asks for more only fills a buffer.
constexpr size_t kPiece = 4096;
// A pipe has no length. Far beyond any file, and far from where 64-bit sums overflow.
constexpr sf_count_t kEndless = sf_count_t{1} << 50;

// After a failed read: true if it failed only because a non-blocking pipe was empty, once it has more.
bool AwaitMore(int fd) {
  if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
  pollfd ready{fd, POLLIN, 0};
  while (::poll(&ready, 1, -1) < 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

PipeStream& Self(void* user) { return *static_cast<PipeStream*>(user); }

}  // namespace

PipeStream::PipeStream(int fd) : fd_(fd) {
  struct stat info {};
  regular_ = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

// What one read gives; 0 at the end, -1 after an error.
int64_t PipeStream::ReadPipe(std::span<uint8_t> out) {
  for (;;) {
    if (error_ != 0) return -1;
    if (!regular_ && !AwaitInput(fd_)) return 0;
    const ssize_t got = ::read(fd_, out.data(), out.size());
    if (got >= 0) taken_ += static_cast<uint64_t>(got);
    if (got >= 0) return got;
    if (errno != EINTR && !AwaitMore(fd_)) error_ = errno;
  }
}

void PipeStream::Fill(uint64_t end, bool whole) {
  end = std::min({end, kMaxHeader, header_end_});
  while (!started_ && !ended_ && kept_.size() < end) {
    // A header may claim anything: room for what comes, not for what it says.
    const size_t before = kept_.size();
    kept_.resize(whole ? std::min<uint64_t>(end, before + kAhead) : end);
    const int64_t got = ReadPipe(std::span(kept_).subspan(before));
    kept_.resize(before + static_cast<size_t>(std::max<int64_t>(got, 0)));
    ended_ = got <= 0;
    if (!whole) return;
  }
}

std::span<const uint8_t> PipeStream::Peek(size_t n) {
  Fill(n, true);
  return std::span<const uint8_t>(kept_).first(std::min(n, kept_.size()));
}

int64_t PipeStream::ReadHeader(std::span<uint8_t> out) {
  // A look far ahead, for what may follow the samples, must not wait for a live pipe.
  if (position_ < (header_end_ == UINT64_MAX ? kMaxLook : kMaxHeader))
    Fill(position_ + out.size(), out.size() < kPiece);
  const uint64_t end = std::min<uint64_t>(kept_.size(), header_end_);
  if (position_ >= end) return 0;
  const size_t count = std::min<size_t>(out.size(), end - position_);
  std::memcpy(out.data(), kept_.data() + position_, count);
  position_ += count;
  return static_cast<int64_t>(count);
}

void PipeStream::Start(uint64_t begin, size_t unit, uint64_t length) {
  const uint64_t kept = kept_.size();
  position_ = begin;
  StartHere();
  if (begin > kept) Skip(begin - kept);
  position_ = next_ = 0;
  unit_ = unit;
  left_ = length;
}

void PipeStream::StartHere() {
  started_ = true;
  next_ = position_;
  const auto from = static_cast<std::ptrdiff_t>(std::min<uint64_t>(position_, kept_.size()));
  ahead_.assign(kept_.begin() + from, kept_.end());
  ahead_begin_ = 0;
  kept_ = {};
}

bool PipeStream::Refill() {
  if (ended_) return false;
  ahead_.erase(ahead_.begin(), ahead_.begin() + static_cast<std::ptrdiff_t>(ahead_begin_));
  ahead_begin_ = 0;
  const size_t before = ahead_.size();
  ahead_.resize(before + kAhead);
  const int64_t got = ReadPipe(std::span(ahead_).subspan(before));
  ahead_.resize(before + static_cast<size_t>(std::max<int64_t>(got, 0)));
  ended_ = got <= 0;
  return !ended_;
}

std::span<const uint8_t> PipeStream::Ahead(size_t n) {
  while (waiting() < n && Refill()) {
  }
  return std::span<const uint8_t>(ahead_).subspan(ahead_begin_, std::min(n, waiting()));
}

void PipeStream::Skip(uint64_t bytes) {
  while (bytes > 0 && (waiting() > 0 || Refill())) {
    const uint64_t count = std::min<uint64_t>(bytes, waiting());
    ahead_begin_ += count;
    bytes -= count;
  }
}

bool PipeStream::Ready() {
  while (!ended_ && waiting() < unit_) {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, 0) <= 0) return false;
    Refill();
  }
  return true;
}

// An incomplete unit stays ahead until the rest of it comes.
int64_t PipeStream::Read(std::span<uint8_t> out) {
  if (left_ < unit_) return 0;
  while (waiting() < unit_ && Refill()) {
  }
  if (error_ != 0 && waiting() < unit_) return -1;
  const uint64_t most = std::min<uint64_t>({out.size(), left_, waiting()});
  const uint64_t count = most / unit_ * unit_;
  if (count == 0) return 0;
  std::memcpy(out.data(), ahead_.data() + ahead_begin_, count);
  ahead_begin_ += count;
  left_ -= count;
  given_ += count;
  return static_cast<int64_t>(count);
}

sf_count_t PipeStream::OnLength(void*) { return kEndless; }

sf_count_t PipeStream::OnSeek(sf_count_t offset, int whence, void* user) {
  PipeStream& self = Self(user);
  sf_count_t base = 0;
  if (whence == SEEK_CUR) base = static_cast<sf_count_t>(self.position_);
  if (whence == SEEK_END) base = kEndless;
  if (offset < -base || offset > kEndless - base) return -1;
  self.position_ = static_cast<uint64_t>(base + offset);
  return base + offset;
}

sf_count_t PipeStream::OnRead(void* out, sf_count_t count, void* user) {
  if (count <= 0) return 0;
  PipeStream& self = Self(user);
  const std::span<uint8_t> bytes(static_cast<uint8_t*>(out), static_cast<size_t>(count));
  if (!self.started_) return self.ReadHeader(bytes);
  if (self.position_ != self.next_) return 0;  // the samples pass once
  const int64_t got = std::max<int64_t>(self.Read(bytes), 0);
  self.position_ += static_cast<uint64_t>(got);
  self.next_ = self.position_;
  return got;
}

sf_count_t PipeStream::OnTell(void* user) { return static_cast<sf_count_t>(Self(user).position_); }

SF_VIRTUAL_IO PipeStream::Callbacks() {
  SF_VIRTUAL_IO io{};
  io.get_filelen = OnLength;
  io.seek = OnSeek;
  io.read = OnRead;
  io.write = OnWrite;
  io.tell = OnTell;
  return io;
}

}  // namespace quaver::internal
