#include "apps/cli/token_file.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "codec/io/byte_file.h"

namespace quaver {
namespace {

constexpr std::string_view kNpyMagic = "\x93NUMPY";

// The start of a file, read already, and then the rest of it.
struct Replay {
  ByteSource rest;
  std::array<uint8_t, kNpyMagic.size()> front{};
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
};

}  // namespace

Result<TokenFile> OpenTokenFile(const std::string& path) {
  auto source = OpenByteSource(path);
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
  file.npy = std::equal(replay->front.begin(), replay->front.end(), kNpyMagic.begin(),
                        [](uint8_t a, char b) { return a == static_cast<uint8_t>(b); });
  file.source = [replay](std::span<uint8_t> out) { return replay->Read(out); };
  file.bytes_read = replay->bytes_read;
  file.ended = replay->ended;
  std::error_code error;
  if (path != "-" && std::filesystem::is_regular_file(path, error)) {
    const auto size = std::filesystem::file_size(path, error);
    if (!error) file.size = static_cast<int64_t>(size);
  }
  return file;
}

}  // namespace quaver
