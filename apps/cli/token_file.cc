#include "apps/cli/token_file.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "codec/io/byte_file.h"

namespace quaver {
namespace {

// The start of a file, read already, and then the rest of it.
struct Replay {
  ByteSource rest;
  ByteSeek seek_rest;
  std::array<uint8_t, kArrayStartBytes> front{};
  size_t front_size = 0;
  size_t at = 0;
  std::shared_ptr<std::atomic<int64_t>> bytes_read = std::make_shared<std::atomic<int64_t>>(0);
  std::shared_ptr<std::atomic<bool>> ended = std::make_shared<std::atomic<bool>>(false);

  int64_t Read(std::span<uint8_t> out) {
    int64_t count = 0;
    if (at < front_size) {
      const size_t copied = std::min(front_size - at, out.size());
      std::copy_n(front.begin() + static_cast<std::ptrdiff_t>(at), copied, out.begin());
      at += copied;
      count = static_cast<int64_t>(copied);
    } else {
      count = rest(out);
    }
    if (count > 0) *bytes_read += count;
    if (count == 0) *ended = true;
    return count;
  }

  int64_t Seek(int64_t offset, int whence) {
    if (whence == SEEK_CUR) offset -= static_cast<int64_t>(front_size - at);
    const int64_t place = seek_rest(offset, whence);
    if (place < 0) return place;
    at = front_size;
    *bytes_read = place;
    return place;
  }
};

}  // namespace

Result<TokenFile> OpenTokenFile(const std::string& path) {
  ByteSeek seek;
  auto source = OpenByteSource(path, seek);
  if (!source.ok()) return source.error();
  const auto replay = std::make_shared<Replay>();
  replay->rest = std::move(source).value();
  while (replay->front_size < replay->front.size()) {
    const int64_t count = replay->rest(std::span(replay->front).subspan(replay->front_size));
    if (count < 0) return Error{InputName(path) + ": cannot be read"};
    if (count == 0) break;
    replay->front_size += static_cast<size_t>(count);
  }
  TokenFile file;
  file.name = InputName(path);
  file.array = ArrayKindOf(std::span(replay->front).first(replay->front_size));
  file.source = [replay](std::span<uint8_t> out) { return replay->Read(out); };
  if (seek) {
    replay->seek_rest = std::move(seek);
    file.seek = [replay](int64_t offset, int whence) { return replay->Seek(offset, whence); };
  }
  file.bytes_read = replay->bytes_read;
  file.ended = replay->ended;
  std::error_code error;
  if (path != "-" && std::filesystem::is_regular_file(path, error)) {
    const auto size = std::filesystem::file_size(path, error);
    if (!error) file.size = static_cast<int64_t>(size);
  }
  return file;
}

Result<TokenLayout> ParseLayout(const std::string& text) {
  std::string plain;
  for (const char c : text) {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0)
      plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (std::string_view("[](), _").find(c) == std::string_view::npos)
      plain += '?';
  }
  if (plain == "tnq") return TokenLayout::kFramesFirst;
  if (plain == "nqt") return TokenLayout::kFramesLast;
  return Error{"--layout must be T,n_q (a row is a frame) or n_q,T"};
}

}  // namespace quaver
