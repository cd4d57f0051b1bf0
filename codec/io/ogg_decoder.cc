#include "codec/io/ogg_decoder.h"

#include <algorithm>
#include <utility>

#include "codec/io/pcm_decoder.h"

namespace quaver::internal {
namespace {

constexpr size_t kBlock = 4096;  // frames converted at a time

}  // namespace

std::unique_ptr<OggDecoder> OggDecoder::Open(int fd, std::vector<OggLink> links) {
  std::unique_ptr<OggDecoder> decoder(new OggDecoder(fd, std::move(links)));
  if (!decoder->OpenLink()) return nullptr;
  decoder->shape_ = decoder->decoder_->shape();
  if (decoder->links_.size() > 1) decoder->shape_.frames = -1;
  return decoder;
}

// "", or ", link 2 of the chain".
std::string OggDecoder::Name() const {
  if (links_.size() == 1) return "";
  return " (link " + std::to_string(link_ + 1) + " of " + std::to_string(links_.size()) + " chained streams)";
}

bool OggDecoder::OpenLink() {
  const OggLink& link = links_[link_];
  window_ = std::make_unique<FileWindow>(fd_, link.begin, link.end);
  SF_VIRTUAL_IO io = FileWindow::Callbacks();
  SF_INFO info{};
  SoundHandle handle(sf_open_virtual(&io, SFM_READ, &info, window_.get()));
  if (handle == nullptr) return false;
  decoder_ = std::make_unique<LibraryDecoder>(
      std::move(handle), info, [window = window_.get()] { return window->error(); }, 0);
  const SoundShape& shape = decoder_->shape();
  if (shape_.rate == 0 || (shape.rate == shape_.rate && shape.channels == shape_.channels)) return true;
  auto resampler = Resampler::Create(shape.rate, shape_.rate);
  if (!resampler.ok()) return false;
  resampler_ = std::move(resampler).value();
  mix_ = MixDown(shape);
  foreign_.resize(kBlock * static_cast<size_t>(shape.channels));
  flushed_ = false;
  return true;
}

void OggDecoder::CloseLink() {
  const OggLink& link = links_[link_];
  if (link.lost > 0 || (link.bad_bytes > 0 && link.complete)) {
    remarks_.damage.push_back("is damaged at byte " + std::to_string(link.first_bad) + Name() + ": " +
                              (link.lost > 0
                                   ? std::to_string(link.lost) + " pages are missing"
                                   : std::to_string(link.bad_bytes) + " bytes are in no whole page"));
  }
  if (link.forged) {
    remarks_.damage.push_back("is damaged at byte " + std::to_string(link.end) + Name() +
                              ": the positions of its pages go back; the rest of it is not read");
  } else if (!link.complete) {
    remarks_.damage.push_back("is cut off at " + PlaceText(frames_, shape_.rate) + Name());
  }
  if (decoder_ != nullptr) {
    const auto& damage = decoder_->remarks().damage;
    remarks_.damage.insert(remarks_.damage.end(), damage.begin(), damage.end());
  }
  decoder_.reset();
  window_.reset();
  resampler_.reset();
  converted_.clear();
  given_ = 0;
  ++link_;
}

// Mono, at the first link's rate, in all of the first link's channels.
Result<size_t> OggDecoder::ReadConverted(std::span<float> interleaved) {
  while (given_ == converted_.size() && !flushed_) {
    converted_.clear();
    given_ = 0;
    const auto got = decoder_->Read(foreign_);
    if (!got.ok()) return got.error();
    const auto width = static_cast<size_t>(decoder_->shape().channels);
    mono_.resize(got.value());
    mix_.Mix(std::span(foreign_).first(got.value() * width), mono_);
    flushed_ = got.value() == 0;
    const Status status = flushed_ ? resampler_->Flush(converted_) : resampler_->Process(mono_, converted_);
    if (!status.ok()) return status.error();
  }
  const auto channels = static_cast<size_t>(shape_.channels);
  const size_t count = std::min(converted_.size() - given_, interleaved.size() / channels);
  for (size_t i = 0; i < count * channels; ++i) interleaved[i] = converted_[given_ + i / channels];
  given_ += count;
  return count;
}

Result<size_t> OggDecoder::ReadLink(std::span<float> interleaved) {
  return resampler_ == nullptr ? decoder_->Read(interleaved) : ReadConverted(interleaved);
}

Result<size_t> OggDecoder::Read(std::span<float> interleaved) {
  while (link_ < links_.size()) {
    if (decoder_ == nullptr && !OpenLink()) {
      remarks_.damage.push_back("a stream that cannot be read begins at " + PlaceText(frames_, shape_.rate) +
                                Name() + ": " + sf_strerror(nullptr));
      CloseLink();
      continue;
    }
    const auto got = ReadLink(interleaved);
    if (!got.ok()) return got.error();
    if (got.value() > 0) {
      frames_ += got.value();
      return got.value();
    }
    CloseLink();
  }
  return size_t{0};
}

}  // namespace quaver::internal
