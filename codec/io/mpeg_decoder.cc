#include "codec/io/mpeg_decoder.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "codec/io/file_window.h"
#include "codec/io/mpeg_tags.h"
#include "codec/io/pcm_decoder.h"

namespace quaver::internal {
namespace {

constexpr size_t kMaxPlaces = 10;  // that are told one by one

// The header of a frame: layer, bit rate and sample rate have values that exist.
bool IsFrame(std::span<const uint8_t> bytes) {
  return bytes.size() >= 3 && bytes[0] == 0xFF && (bytes[1] & 0xE0) == 0xE0 && (bytes[1] & 0x18) != 0x08 &&
         (bytes[1] & 0x06) != 0 && (bytes[2] & 0xF0) != 0xF0 && (bytes[2] & 0x0C) != 0x0C;
}

bool IsTag(std::span<const uint8_t> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.starts_with("ID3") || text.starts_with("TAG") || text.starts_with("APETAGEX") ||
         text.starts_with("LYRICSBEGIN");
}

const char* LayerText(int layer) {
  return layer == 1 ? "MPEG Layer I" : layer == 2 ? "MPEG Layer II" : "MPEG Layer III";
}

}  // namespace

bool BeginsMpeg(const BytesAt& bytes) {
  std::array<uint8_t, 10> start{};
  uint64_t at = 0;
  if (bytes(0, start) < start.size()) return false;
  if (std::memcmp(start.data(), "ID3", 3) == 0) {
    at = 10;
    uint64_t length = 0;
    for (const uint8_t byte : std::span(start).subspan(6)) length = length << 7 | (byte & 0x7F);
    at += length + ((start[5] & 0x10) != 0 ? 10 : 0);
    if (bytes(at, start) < start.size()) return false;
  }
  return IsFrame(start);
}

mpg123_ssize_t MpegDecoder::OnRead(void* user, void* out, size_t count) {
  MpegDecoder& self = *static_cast<MpegDecoder*>(user);
  const size_t got = ReadAt(self.fd_, self.position_, {static_cast<uint8_t*>(out), count}, self.error_);
  self.position_ += got;
  return got == 0 && self.error_ != 0 ? -1 : static_cast<mpg123_ssize_t>(got);
}

off_t MpegDecoder::OnSeek(void* user, off_t offset, int whence) {
  MpegDecoder& self = *static_cast<MpegDecoder*>(user);
  off_t base = 0;
  if (whence == SEEK_CUR) base = static_cast<off_t>(self.position_);
  if (whence == SEEK_END) base = static_cast<off_t>(self.size_);
  if (offset < -base) return -1;
  self.position_ = static_cast<uint64_t>(base + offset);
  return base + offset;
}

std::unique_ptr<MpegDecoder> MpegDecoder::Open(int fd, uint64_t size) {
  std::unique_ptr<MpegDecoder> decoder(new MpegDecoder(fd, size));
  return decoder->Start() ? std::move(decoder) : nullptr;
}

bool MpegDecoder::Start() {
  static const bool ready = mpg123_init() == MPG123_OK;
  if (!ready) return false;
  handle_.reset(mpg123_new(nullptr, nullptr));
  mpg123_handle* handle = handle_.get();
  if (handle == nullptr) return false;
  mpg123_param(handle, MPG123_REMOVE_FLAGS, MPG123_AUTO_RESAMPLE, 0);
  mpg123_param(handle, MPG123_ADD_FLAGS, MPG123_FORCE_FLOAT | MPG123_GAPLESS | MPG123_QUIET, 0);
  mpg123_param(handle, MPG123_RESYNC_LIMIT, -1, 0);
  long rate = 0;
  int channels = 0;
  int encoding = 0;
  mpg123_frameinfo info{};
  if (mpg123_replace_reader_handle(handle, OnRead, OnSeek, nullptr) != MPG123_OK ||
      mpg123_open_handle(handle, this) != MPG123_OK ||
      mpg123_getformat(handle, &rate, &channels, &encoding) != MPG123_OK || encoding != MPG123_ENC_FLOAT_32 ||
      mpg123_info(handle, &info) != MPG123_OK) {
    return false;
  }
  shape_.rate = static_cast<int>(rate);
  shape_.channels = channels;
  shape_.format = std::string("MPEG-1/2 Audio, ") + LayerText(info.layer);
  shape_.tags = TagsOf(handle);
  const off_t length = mpg123_length(handle);
  if (length > 0) shape_.frames = length;
  long delay = -1;
  mpg123_getstate(handle, MPG123_ENC_DELAY, &delay, nullptr);
  // With an Info frame the length is the file's own word, without one an estimate.
  if (length > 0 && (delay >= 0 || info.vbr != MPG123_CBR)) promised_ = static_cast<uint64_t>(length);
  return true;
}

// Is there something between the frame before and this one?
void MpegDecoder::CheckPlace() {
  const off_t at = mpg123_framepos(handle_.get());
  mpg123_frameinfo info{};
  if (at < 0 || mpg123_info(handle_.get(), &info) != MPG123_OK) return;
  const auto begin = static_cast<uint64_t>(at);
  if (frame_end_ > 0 && begin > frame_end_) {
    std::array<uint8_t, 16> between{};
    ReadAt(fd_, frame_end_, between, error_);
    if (!IsTag(between) && ++damages_ <= kMaxPlaces) {
      remarks_.damage.push_back("is damaged at " + PlaceText(frames_, shape_.rate) + ": " +
                                std::to_string(begin - frame_end_) + " bytes there are no MPEG audio");
    }
  }
  frame_end_ = begin + static_cast<uint64_t>(std::max(0, info.framesize));
}

void MpegDecoder::CheckTail() {
  if (foreign_frames_ > 0) {
    remarks_.damage.push_back(std::to_string(foreign_frames_) + " frames from " +
                              PlaceText(foreign_at_, shape_.rate) + " on have another format (" +
                              foreign_format_ + ") and were not read");
  }
  if (damages_ > kMaxPlaces) {
    remarks_.damage.push_back("is damaged at " + std::to_string(damages_ - kMaxPlaces) + " more places");
  }
  if (promised_ && frames_ < *promised_) {
    remarks_.damage.push_back(CutOffText(frames_, *promised_, shape_.rate));
    return;
  }
  std::array<uint8_t, 16> tail{};
  const size_t count = frame_end_ == 0 ? 0 : ReadAt(fd_, frame_end_, tail, error_);
  const std::span<const uint8_t> rest = std::span(tail).first(count);
  if (IsTag(rest) || std::ranges::all_of(rest, [](uint8_t byte) { return byte == 0; })) return;
  if (frame_end_ > size_ || IsFrame(rest)) {
    remarks_.damage.push_back("is cut off at " + PlaceText(frames_, shape_.rate) + ", inside a frame");
  } else {
    remarks_.damage.push_back(std::to_string(size_ - frame_end_) + " bytes behind its last frame, at " +
                              PlaceText(frames_, shape_.rate) + ", are no MPEG audio");
  }
}

bool MpegDecoder::Next() {
  for (;;) {
    off_t number = 0;
    unsigned char* audio = nullptr;
    size_t bytes = 0;
    const int result = mpg123_decode_frame(handle_.get(), &number, &audio, &bytes);
    if (result == MPG123_NEW_FORMAT) {
      long rate = 0;
      int channels = 0;
      int encoding = 0;
      mpg123_getformat(handle_.get(), &rate, &channels, &encoding);
      foreign_ = rate != shape_.rate || channels != shape_.channels;
      if (foreign_ && foreign_frames_ == 0) {
        foreign_at_ = frames_;
        foreign_format_ = std::to_string(rate) + " Hz, " + std::to_string(channels) +
                          (channels == 1 ? " channel" : " channels");
      }
      continue;
    }
    if (result != MPG123_OK) {
      if (result != MPG123_DONE && error_ == 0) {
        remarks_.damage.push_back("is damaged at " + PlaceText(frames_, shape_.rate) + ": " +
                                  mpg123_strerror(handle_.get()) + "; from there on it was not read");
      }
      return false;
    }
    CheckPlace();
    if (foreign_ && bytes > 0) ++foreign_frames_;
    if (foreign_ || bytes == 0) continue;
    decoded_ = {reinterpret_cast<const float*>(audio), bytes / sizeof(float)};
    frames_ += decoded_.size() / static_cast<size_t>(shape_.channels);
    return true;
  }
}

Result<size_t> MpegDecoder::Read(std::span<float> interleaved) {
  while (decoded_.empty() && !finished_) {
    finished_ = !Next();
    if (error_ != 0) return Error{std::string("read failed: ") + std::strerror(error_)};
    if (finished_ && remarks_.damage.size() == std::min(damages_, kMaxPlaces)) CheckTail();
  }
  const auto channels = static_cast<size_t>(shape_.channels);
  const size_t count = std::min(decoded_.size(), interleaved.size() / channels * channels);
  std::copy_n(decoded_.begin(), count, interleaved.begin());
  decoded_ = decoded_.subspan(count);
  return count / channels;
}

}  // namespace quaver::internal
