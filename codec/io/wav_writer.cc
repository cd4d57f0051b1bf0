// RF64 needs 36 bytes more of header than RIFF. They could be kept free in every file, but there are programs
// that take the samples of a WAV to begin at byte 44. So the samples move once, when a file outgrows RIFF.
#include "codec/io/wav_writer.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "codec/io/info_chunk.h"

namespace quaver::internal {
namespace {

constexpr uint64_t kRiffHeader = 44;  // bytes
constexpr uint64_t kRf64Header = 80;
constexpr uint32_t kUnknown = 0xFFFFFFFF;
constexpr size_t kMoved = size_t{1} << 20;  // bytes at a time

void Append(std::vector<uint8_t>& bytes, std::string_view text) {
  bytes.insert(bytes.end(), text.begin(), text.end());
}

void Append(std::vector<uint8_t>& bytes, uint64_t value, int size) {
  for (int i = 0; i < size; ++i) bytes.push_back(static_cast<uint8_t>(value >> 8 * i));
}

// All of `out`, from `offset` on.
Status ReadAt(const AtomicFile& file, uint64_t offset, std::span<uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got = ::pread(file.fd(), out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      return Error{file.name() + ": cannot be read again: " + (got < 0 ? std::strerror(errno) : "cut off")};
    }
    out = out.subspan(static_cast<size_t>(got));
    offset += static_cast<uint64_t>(got);
  }
  return {};
}

}  // namespace

WavWriter::WavWriter(AtomicFile& file, int rate, int channels, uint64_t most_riff)
    : file_(file),
      rate_(static_cast<uint32_t>(rate)),
      width_(2 * static_cast<uint32_t>(channels)),
      channels_(static_cast<uint32_t>(channels)),
      most_riff_(most_riff) {}

Result<std::unique_ptr<WavWriter>> WavWriter::Start(AtomicFile& file, int rate, int channels,
                                                    uint64_t most_riff) {
  std::unique_ptr<WavWriter> writer(new WavWriter(file, rate, channels, most_riff));
  const uint32_t length = file.streaming() ? kUnknown : 0;
  if (Status status = file.Write(writer->RiffHeader(length, length)); !status.ok()) return status.error();
  return writer;
}

void WavWriter::AppendFormat(std::vector<uint8_t>& header) const {
  Append(header, "fmt ");
  Append(header, 16, 4);
  Append(header, 1, 2);  // PCM
  Append(header, channels_, 2);
  Append(header, rate_, 4);
  Append(header, uint64_t{rate_} * width_, 4);
  Append(header, width_, 2);
  Append(header, 16, 2);  // bits
  Append(header, "data");
}

std::vector<uint8_t> WavWriter::RiffHeader(uint32_t riff_bytes, uint32_t data_bytes) const {
  std::vector<uint8_t> header;
  Append(header, "RIFF");
  Append(header, riff_bytes, 4);
  Append(header, "WAVE");
  AppendFormat(header);
  Append(header, data_bytes, 4);
  return header;
}

std::vector<uint8_t> WavWriter::Rf64Header() const {
  std::vector<uint8_t> header;
  Append(header, "RF64");
  Append(header, kUnknown, 4);
  Append(header, "WAVEds64");
  Append(header, 28, 4);
  Append(header, kRf64Header - 8 + data_bytes_ + info_.size(), 8);
  Append(header, data_bytes_, 8);
  Append(header, data_bytes_ / width_, 8);
  Append(header, 0, 4);  // no other chunk is as long
  AppendFormat(header);
  Append(header, kUnknown, 4);
  return header;
}

// From the end on, so that nothing is written over before it has been read.
Status WavWriter::BecomeRf64() {
  std::vector<uint8_t> moved;
  for (uint64_t left = data_bytes_; left > 0;) {
    moved.resize(static_cast<size_t>(std::min<uint64_t>(left, kMoved)));
    left -= moved.size();
    Status status = ReadAt(file_, kRiffHeader + left, moved);
    if (status.ok()) status = file_.WriteAt(kRf64Header + left, moved);
    if (!status.ok()) return status;
  }
  rf64_ = true;
  if (Status status = file_.WriteAt(0, Rf64Header()); !status.ok()) return status;
  if (::lseek(file_.fd(), static_cast<off_t>(kRf64Header + data_bytes_), SEEK_SET) >= 0) return {};
  return Error{file_.name() + ": write failed: " + std::strerror(errno)};
}

std::vector<std::string> WavWriter::SetTags(std::span<const SoundTag> tags) {
  SortedTags sorted = SortTags(tags);
  std::vector<SoundTag> held;
  for (SoundTag& tag : sorted.known) {
    if (file_.streaming() || InfoId(tag.name).empty()) {
      sorted.refused.push_back(tag.name);
    } else {
      held.push_back(std::move(tag));
    }
  }
  info_ = WriteInfoChunk(held);
  return sorted.refused;
}

Status WavWriter::Write(std::span<const int16_t> interleaved) {
  const uint64_t bytes = 2 * interleaved.size();
  if (!file_.streaming() && !rf64_ && data_bytes_ + bytes + info_.size() > most_riff_) {
    if (Status status = BecomeRf64(); !status.ok()) return status;
  }
  bytes_.clear();
  for (const int16_t sample : interleaved) Append(bytes_, static_cast<uint16_t>(sample), 2);
  data_bytes_ += bytes;
  return file_.Write(bytes_);
}

Status WavWriter::Finish() {
  if (file_.streaming()) return {};
  if (Status status = file_.Write(info_); !status.ok()) return status;
  if (rf64_) return file_.WriteAt(0, Rf64Header());
  const auto data = static_cast<uint32_t>(data_bytes_);
  const auto rest = static_cast<uint32_t>(kRiffHeader - 8 + info_.size());
  return file_.WriteAt(0, RiffHeader(rest + data, data));
}

}  // namespace quaver::internal
