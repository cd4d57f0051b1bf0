#include "codec/io/pipe_stream.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace quaver::internal {
namespace {

constexpr uint64_t kMaxKept = 1 << 20;
// A pipe has no length. Far beyond any file, and far from where 64-bit sums overflow.
constexpr sf_count_t kEndless = sf_count_t{1} << 50;

uint32_t LittleEndian(std::span<const uint8_t> bytes) {
  return static_cast<uint32_t>(bytes[0] | bytes[1] << 8 | bytes[2] << 16) | static_cast<uint32_t>(bytes[3])
                                                                                << 24;
}

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

// Returns the bytes before an error first, and the error at the next call.
int64_t PipeStream::ReadPipe(std::span<uint8_t> out) {
  if (error_ != 0) return -1;
  size_t total = 0;
  while (total < out.size()) {
    const ssize_t got = ::read(fd_, out.data() + total, out.size() - total);
    if (got < 0 && (errno == EINTR || AwaitMore(fd_))) continue;
    if (got < 0) error_ = errno;
    if (got <= 0) break;
    total += static_cast<size_t>(got);
  }
  return error_ != 0 && total == 0 ? -1 : static_cast<int64_t>(total);
}

void PipeStream::Fill(uint64_t end) {
  end = std::min(end, kMaxKept);
  if (sealed_ || end <= kept_.size()) return;
  const size_t before = kept_.size();
  kept_.resize(end);
  const int64_t got = ReadPipe(std::span(kept_).subspan(before));
  kept_.resize(before + static_cast<size_t>(std::max<int64_t>(got, 0)));
  consumed_ = kept_.size();
}

std::span<const uint8_t> PipeStream::Peek(size_t n) {
  Fill(n);
  return std::span<const uint8_t>(kept_).first(std::min(n, kept_.size()));
}

void PipeStream::MendWavLength() {
  if (Peek(12).size() < 12 || std::memcmp(kept_.data(), "RIFF", 4) != 0) return;
  const uint64_t riff_end = uint64_t{8} + LittleEndian(std::span(kept_).subspan(4, 4));
  uint64_t chunk = 12;
  while (chunk + 8 <= kMaxKept && Peek(chunk + 8).size() == chunk + 8) {
    const std::span<uint8_t> header = std::span(kept_).subspan(chunk, 8);
    const uint32_t length = LittleEndian(header.subspan(4));
    chunk += 8;
    if (std::memcmp(header.data(), "data", 4) == 0) {
      const bool unknown = riff_end <= chunk || riff_end == uint64_t{8} + 0xFFFFFFFF;
      if (length == 0 && unknown) std::fill_n(header.begin() + 4, 4, uint8_t{0xFF});
      return;
    }
    chunk += length + length % 2;
  }
}

int64_t PipeStream::Read(std::span<uint8_t> out) {
  // A look far ahead, for what may follow the samples, must not wait for a live pipe.
  if (position_ < kMaxKept) Fill(position_ + out.size());
  size_t done = 0;
  if (position_ < kept_.size()) {
    done = std::min<size_t>(out.size(), kept_.size() - position_);
    std::memcpy(out.data(), kept_.data() + position_, done);
    position_ += done;
  }
  if (!sealed_ || done == out.size() || position_ != consumed_) return static_cast<int64_t>(done);
  const int64_t got = ReadPipe(out.subspan(done));
  if (got < 0) return done > 0 ? static_cast<int64_t>(done) : -1;
  position_ += static_cast<uint64_t>(got);
  consumed_ = position_;
  return static_cast<int64_t>(done) + got;
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
  const std::span<uint8_t> bytes(static_cast<uint8_t*>(out), static_cast<size_t>(count));
  return std::max<int64_t>(Self(user).Read(bytes), 0);
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
