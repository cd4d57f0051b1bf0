#include "codec/io/library_decoder.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "codec/io/pcm_decoder.h"

namespace quaver::internal {
namespace {

constexpr int64_t kUnknownLength = int64_t{1} << 46;  // libsndfile's lengths of endless files are beyond this
constexpr size_t kMaxPlaces = 10;                     // that are told one by one

std::string FormatText(int format) {
  std::string text;
  for (const int mask : {SF_FORMAT_TYPEMASK, SF_FORMAT_SUBMASK}) {
    SF_FORMAT_INFO info{};
    info.format = format & mask;
    if (sf_command(nullptr, SFC_GET_FORMAT_INFO, &info, sizeof(info)) != 0 || info.name == nullptr) continue;
    const std::string_view name = info.name;
    text.append(text.empty() ? "" : ", ").append(name.substr(0, name.find(" (")));
  }
  return text;
}

}  // namespace

SoundShape ShapeOf(SNDFILE* file, const SF_INFO& info) {
  SoundShape shape;
  shape.rate = info.samplerate;
  shape.channels = info.channels;
  shape.frames = info.frames >= 0 && info.frames < kUnknownLength ? info.frames : -1;
  shape.format = FormatText(info.format);
  shape.tags = TagsOf(file);
  std::vector<int> map(static_cast<size_t>(std::clamp(info.channels, 0, 1024)));
  const int bytes = static_cast<int>(map.size() * sizeof(int));
  if (!map.empty() && sf_command(file, SFC_GET_CHANNEL_MAP_INFO, map.data(), bytes) == SF_TRUE) {
    shape.speakers = std::move(map);
  }
  return shape;
}

LibraryDecoder::LibraryDecoder(SoundHandle handle, const SF_INFO& info, std::function<int()> error,
                               size_t block, std::function<uint64_t()> missing)
    : handle_(std::move(handle)), error_(std::move(error)), block_(block), missing_(std::move(missing)) {
  shape_ = ShapeOf(handle_.get(), info);
}

// libsndfile leaves out what it cannot decode and goes on behind it.
void LibraryDecoder::NoteDamage() {
  const int error = sf_error(handle_.get());
  if (error == SF_ERR_NO_ERROR) return;
  if (error == SF_ERR_SYSTEM && std::exchange(unreadable_, true)) return;  // a disk's fault stays
  if (++damages_ > kMaxPlaces) return;
  std::string cause = error == SF_ERR_SYSTEM ? sf_strerror(handle_.get()) : sf_error_number(error);
  for (const std::string_view what : {"Error : ", "System error : "}) {
    if (cause.starts_with(what)) cause.erase(0, what.size());
  }
  while (cause.ends_with('.')) cause.pop_back();
  remarks_.damage.push_back("is damaged at " + PlaceText(frames_, shape_.rate) + ": " + cause);
}

void LibraryDecoder::NoteEnd() {
  if (damages_ > kMaxPlaces) {
    remarks_.damage.push_back("is damaged at " + std::to_string(damages_ - kMaxPlaces) + " more places");
  }
  if (const uint64_t bytes = missing_ ? missing_() : 0; bytes > 0) {
    remarks_.damage.push_back("is cut off: the last " + std::to_string(bytes) +
                              " bytes of sound that its header promises are missing");
    return;
  }
  const auto promised = static_cast<uint64_t>(std::max<int64_t>(0, shape_.frames));
  if (shape_.frames < 0 || frames_ >= promised) return;
  if (damages_ == 0) {
    remarks_.damage.push_back(CutOffText(frames_, promised, shape_.rate));
  } else {
    remarks_.damage.push_back("has only " + PlaceText(frames_, shape_.rate) + " that can be read of the " +
                              PlaceText(promised, shape_.rate) + " that its header promises");
  }
}

Result<size_t> LibraryDecoder::Read(std::span<float> interleaved) {
  size_t frames = interleaved.size() / static_cast<size_t>(shape_.channels);
  if (block_ > 0) frames = std::min<size_t>(frames, block_ - frames_ % block_);
  while (!finished_) {
    const sf_count_t got = sf_readf_float(handle_.get(), interleaved.data(), static_cast<sf_count_t>(frames));
    if (const int error = error_(); error != 0 && got <= 0) {
      return Error{std::string("read failed: ") + std::strerror(error)};
    }
    if (got > 0) frames_ += static_cast<uint64_t>(got);
    NoteDamage();
    if (got > 0) return static_cast<size_t>(got);
    finished_ = true;
    NoteEnd();
  }
  return size_t{0};
}

}  // namespace quaver::internal
