#include "codec/io/pcm_decoder.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <utility>

namespace quaver::internal {
namespace {

constexpr size_t kStep =
    4096;  // bytes of a pipe decoded at a time: one read of libsndfile, which would wait for more
constexpr uint64_t kWrap = uint64_t{1} << 32;

std::string LongerText(uint64_t there, uint64_t promised, int rate) {
  return "is longer than its header says: " + PlaceText(there, rate) + " instead of " +
         PlaceText(promised, rate) + "; all of it was read as sound";
}

std::string WrappedText(Container container, uint64_t frames, int rate) {
  const std::string most = container == Container::kVoc ? "16 MiB" : "4 GiB";
  return "is longer than the " + most +
         " that its header can state; all of it was read: " + PlaceText(frames, rate);
}

std::string AnotherText(uint64_t frames, int rate) {
  return "another sound file follows in it at " + PlaceText(frames, rate) + ", which was not read";
}

}  // namespace

std::string PlaceText(uint64_t frames, int rate) {
  const uint64_t ms = static_cast<uint64_t>(static_cast<double>(frames) * 1000 / rate);
  const uint64_t minutes = ms / 60000;
  char text[64];
  if (minutes < 60) {
    std::snprintf(text, sizeof text, "%" PRIu64 ":%06.3f", minutes, static_cast<double>(ms % 60000) / 1000);
  } else {
    std::snprintf(text, sizeof text, "%" PRIu64 ":%02" PRIu64 ":%06.3f", minutes / 60, minutes % 60,
                  static_cast<double>(ms % 60000) / 1000);
  }
  return text;
}

std::string CutOffText(uint64_t there, uint64_t promised, int rate) {
  return "is cut off at " + PlaceText(there, rate) + "; its header promises " + PlaceText(promised, rate);
}

size_t PlainSampleBytes(int format) {
  switch (format & SF_FORMAT_SUBMASK) {
    case SF_FORMAT_PCM_S8:
    case SF_FORMAT_PCM_U8:
    case SF_FORMAT_ULAW:
    case SF_FORMAT_ALAW:
      return 1;
    case SF_FORMAT_PCM_16:
      return 2;
    case SF_FORMAT_PCM_24:
      return 3;
    case SF_FORMAT_PCM_32:
    case SF_FORMAT_FLOAT:
      return 4;
    case SF_FORMAT_DOUBLE:
      return 8;
    default:
      return 0;
  }
}

bool PcmDecoder::OpenPlain(SF_VIRTUAL_IO io, void* user, int format) {
  const bool swapped = (format & SF_FORMAT_ENDMASK) == SF_ENDIAN_BIG ||
                       ((format & SF_FORMAT_ENDMASK) == SF_ENDIAN_FILE && data_.big_endian);
  SF_INFO info{};
  info.samplerate = shape_.rate;
  info.channels = shape_.channels;
  info.format = SF_FORMAT_RAW | (format & SF_FORMAT_SUBMASK) | (swapped ? SF_ENDIAN_BIG : SF_ENDIAN_LITTLE);
  handle_.reset(sf_open_virtual(&io, SFM_READ, &info, user));
  return handle_ != nullptr;
}

std::unique_ptr<PcmDecoder> PcmDecoder::OfFile(int fd, const SampleData& data, const SampleEnd& end,
                                               SoundShape shape, int format) {
  std::unique_ptr<PcmDecoder> decoder(new PcmDecoder);
  decoder->data_ = data;
  decoder->shape_ = std::move(shape);
  decoder->unit_ = PlainSampleBytes(format) * static_cast<size_t>(decoder->shape_.channels);
  decoder->window_ = std::make_unique<FileWindow>(fd, data.begin, end.end);
  decoder->shape_.frames = static_cast<int64_t>((end.end - data.begin) / decoder->unit_);
  if (!decoder->OpenPlain(FileWindow::Callbacks(), decoder->window_.get(), format)) return nullptr;
  decoder->RemarkFile(end);
  return decoder;
}

std::unique_ptr<PcmDecoder> PcmDecoder::OfPipe(PipeStream& pipe, const SampleData& data, SoundShape shape,
                                               int format) {
  std::unique_ptr<PcmDecoder> decoder(new PcmDecoder);
  decoder->data_ = data;
  decoder->shape_ = std::move(shape);
  decoder->shape_.frames = -1;
  decoder->unit_ = PlainSampleBytes(format) * static_cast<size_t>(decoder->shape_.channels);
  decoder->pipe_ = &pipe;
  pipe.Start(data.begin, decoder->unit_, data.open ? UINT64_MAX : data.length);
  if (!decoder->OpenPlain(PipeStream::Callbacks(), &pipe, format)) return nullptr;
  return decoder;
}

void PcmDecoder::RemarkFile(const SampleEnd& end) {
  const uint64_t there = (end.end - data_.begin) / unit_;
  if (end.missing >= unit_) {
    remarks_.damage.push_back(CutOffText(there, data_.length / unit_, shape_.rate));
  }
  if (end.wrapped) {
    remarks_.notes.push_back(WrappedText(data_.container, there, shape_.rate));
  } else if (end.beyond >= unit_) {
    remarks_.damage.push_back(LongerText(there, data_.length / unit_, shape_.rate));
  }
  if (end.another) remarks_.damage.push_back(AnotherText(there, shape_.rate));
}

// At the end of what the header promises: does the pipe go on with sound? If not, all of it has been seen.
bool PcmDecoder::PipeGoesOn() {
  const uint64_t frames = pipe_->given() / unit_;
  if (data_.open) return false;
  if (pipe_->left() >= unit_) {
    const uint64_t promised = data_.length / unit_;
    remarks_.damage.push_back(beyond_ ? LongerText(frames, promised, shape_.rate)
                                      : CutOffText(frames, promised, shape_.rate));
    return false;
  }
  uint64_t at = data_.begin + pipe_->given() + pipe_->left();
  size_t skip = static_cast<size_t>(pipe_->left() + PaddingBehind(data_.container, at));
  at += PaddingBehind(data_.container, at);
  const size_t wanted = std::max<size_t>(12, ChunkHeaderBytes(data_.container));
  const auto look = [&] {
    const std::span<const uint8_t> ahead = pipe_->Ahead(skip + wanted);
    return ahead.subspan(std::min(skip, ahead.size()));
  };
  std::span<const uint8_t> ahead = look();
  uint64_t next = 0;
  const bool is_short = ahead.size() < ChunkHeaderBytes(data_.container);  // for a chunk
  if (is_short ? ahead.size() > 1
               : !BeginsSoundFile(ahead) &&
                     !IsChunkBehind(data_, ahead.first(ChunkHeaderBytes(data_.container)), at, next)) {
    pipe_->Extend(data_.container == Container::kW64 ? UINT64_MAX : kWrap);
    beyond_ = true;
    return true;
  }
  if (beyond_) remarks_.notes.push_back(WrappedText(data_.container, frames, shape_.rate));
  while (ahead.size() >= ChunkHeaderBytes(data_.container)) {
    if (BeginsSoundFile(ahead)) {
      remarks_.damage.push_back(AnotherText(frames, shape_.rate));
      break;
    }
    if (!IsChunkBehind(data_, ahead.first(ChunkHeaderBytes(data_.container)), at, next)) {
      remarks_.damage.push_back("bytes that are neither sound nor a chunk follow the sound at " +
                                PlaceText(frames, shape_.rate) + "; they were not read");
      break;
    }
    pipe_->Skip(skip + (next - at));
    skip = 0;
    at = next;
    ahead = look();
  }
  return false;
}

Result<size_t> PcmDecoder::Read(std::span<float> interleaved) {
  const auto channels = static_cast<size_t>(shape_.channels);
  size_t frames = interleaved.size() / channels;
  if (pipe_ != nullptr) frames = std::min(frames, std::max<size_t>(1, kStep / unit_));
  while (!finished_) {
    const sf_count_t got = sf_readf_float(handle_.get(), interleaved.data(), static_cast<sf_count_t>(frames));
    if (got > 0) return static_cast<size_t>(got);
    const int error = pipe_ != nullptr ? pipe_->error() : window_->error();
    if (error != 0) return Error{std::string("read failed: ") + std::strerror(error)};
    finished_ = pipe_ == nullptr || !PipeGoesOn();
    if (pipe_ != nullptr && pipe_->error() != 0)
      return Error{std::string("read failed: ") + std::strerror(pipe_->error())};
  }
  return size_t{0};
}

}  // namespace quaver::internal
