#include <sys/stat.h>

#include <algorithm>
#include <string_view>

#include "codec/io/sound_file.h"
#include "codec/io/sound_handle.h"
#include "codec/samples.h"

namespace quaver {
namespace {

using internal::kChunk;
using internal::kMaxWavData;
using internal::LowerExtension;
using internal::OpenSndfile;
using internal::SoundHandle;

void Append(std::vector<uint8_t>& bytes, std::string_view text) {
  bytes.insert(bytes.end(), text.begin(), text.end());
}

void Append(std::vector<uint8_t>& bytes, uint32_t value, int size) {
  for (int i = 0; i < size; ++i) bytes.push_back(static_cast<uint8_t>(value >> 8 * i));
}

// RIFF with "unknown" in both of its lengths, as ffmpeg writes into pipes.
std::vector<uint8_t> EndlessWavHeader(int rate, int channels) {
  const auto width = static_cast<uint32_t>(channels) * 2;
  std::vector<uint8_t> bytes;
  Append(bytes, "RIFF");
  Append(bytes, 0xFFFFFFFFU, 4);
  Append(bytes, "WAVEfmt ");
  Append(bytes, 16, 4);
  Append(bytes, 1, 2);  // PCM
  Append(bytes, static_cast<uint32_t>(channels), 2);
  Append(bytes, static_cast<uint32_t>(rate), 4);
  Append(bytes, static_cast<uint32_t>(rate) * width, 4);
  Append(bytes, width, 2);
  Append(bytes, 16, 2);
  Append(bytes, "data");
  Append(bytes, 0xFFFFFFFFU, 4);
  return bytes;
}

// 0: neither of the two. Pipes and devices (/dev/null) take a WAV whatever they are called.
int FormatOf(const std::string& path) {
  const std::string extension = LowerExtension(path);
  struct stat info {};
  const bool in_place = extension != ".flac" && ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) &&
                        !S_ISDIR(info.st_mode);
  if (path == "-" || in_place || extension == ".wav") return SF_FORMAT_WAV | SF_FORMAT_PCM_16;
  return extension == ".flac" ? SF_FORMAT_FLAC | SF_FORMAT_PCM_16 : 0;
}

}  // namespace

struct SoundWriter::Impl {
  std::unique_ptr<AtomicFile> file;
  SoundHandle handle;  // null: a WAV into a pipe, written by hand
  bool wav = false;
  bool done = false;
  int channels = 1;
  uint64_t bytes = 0;
  std::vector<int16_t> interleaved;
  std::vector<uint8_t> raw;

  Status Start(int rate, int format);
  Status WriteMono(std::span<const float> mono);
  Status WriteTurns(std::span<const float> samples);
  Status WritePcm();
  Status WriteAll(std::span<const float> samples, size_t step, Status (Impl::*write)(std::span<const float>));
};

SoundWriter::SoundWriter() : impl_(std::make_unique<Impl>()) {}
SoundWriter::~SoundWriter() = default;

Result<std::unique_ptr<SoundWriter>> SoundWriter::Create(const std::string& path, int rate, int channels,
                                                         Existing existing) {
  if (rate < kMinSampleRate || rate > kMaxSampleRate || channels < 1 || channels > kMaxChannels) {
    return Error{path + ": cannot be written with " + std::to_string(rate) + " Hz and " +
                 std::to_string(channels) + " channels"};
  }
  const int format = FormatOf(path);
  Result<std::unique_ptr<AtomicFile>> file = Error{path + ": sound is written to .wav or .flac"};
  if (format != 0) file = AtomicFile::Create(path, existing);
  if (!file.ok()) return file.error();
  std::unique_ptr<SoundWriter> writer(new SoundWriter);
  writer->impl_->file = std::move(file).value();
  writer->impl_->channels = channels;
  if (Status status = writer->impl_->Start(rate, format); !status.ok()) return status.error();
  return writer;
}

Status SoundWriter::Impl::Start(int rate, int format) {
  wav = (format & SF_FORMAT_TYPEMASK) == SF_FORMAT_WAV;
  if (file->streaming()) {
    if (!wav) return Error{file->name() + ": only WAV can be written into a pipe"};
    return file->Write(EndlessWavHeader(rate, channels));
  }
  SF_INFO info{};
  info.samplerate = rate;
  info.channels = channels;
  info.format = format;
  handle.reset(OpenSndfile(file->fd(), SFM_WRITE, info));
  if (handle != nullptr) return {};
  return Error{file->name() + ": cannot be written with " + std::to_string(rate) + " Hz and " +
               std::to_string(channels) + " channels: " + sf_strerror(nullptr)};
}

Status SoundWriter::Impl::WriteMono(std::span<const float> mono) {
  const auto width = static_cast<size_t>(channels);
  interleaved.resize(mono.size() * width);
  for (size_t i = 0; i < mono.size(); ++i) {
    std::fill_n(interleaved.begin() + static_cast<ptrdiff_t>(i * width), width, ToPcm16(mono[i]));
  }
  return WritePcm();
}

Status SoundWriter::Impl::WriteTurns(std::span<const float> samples) {
  interleaved.resize(samples.size());
  std::transform(samples.begin(), samples.end(), interleaved.begin(), ToPcm16);
  return WritePcm();
}

Status SoundWriter::Impl::WritePcm() {
  bytes += 2 * interleaved.size();
  if (handle == nullptr) {
    raw.clear();
    for (const int16_t x : interleaved) Append(raw, static_cast<uint16_t>(x), 2);
    return file->Write(raw);
  }
  if (wav && bytes > kMaxWavData)
    return Error{file->name() + ": more than a WAV can hold (4 GiB); use .flac"};
  const auto count = static_cast<sf_count_t>(interleaved.size());
  if (sf_write_short(handle.get(), interleaved.data(), count) == count) return {};
  return Error{file->name() + ": write failed: " + sf_strerror(handle.get())};
}

// `step` samples at a time, through `write`.
Status SoundWriter::Impl::WriteAll(std::span<const float> samples, size_t step,
                                   Status (Impl::*write)(std::span<const float>)) {
  if (done) return Error{file->name() + ": is already closed for writing"};
  while (!samples.empty()) {
    const size_t n = std::min(step, samples.size());
    if (Status status = (this->*write)(samples.first(n)); !status.ok()) {
      done = true;  // what follows a gap would be wrong
      return status;
    }
    samples = samples.subspan(n);
  }
  return {};
}

Status SoundWriter::Write(std::span<const float> mono) {
  const size_t step = std::max<size_t>(1, kChunk / static_cast<size_t>(impl_->channels));
  return impl_->WriteAll(mono, step, &Impl::WriteMono);
}

Status SoundWriter::WriteInterleaved(std::span<const float> samples) {
  const auto width = static_cast<size_t>(impl_->channels);
  if (samples.size() % width != 0)
    return Error{impl_->file->name() + ": the number of samples is not a multiple of the channels"};
  return impl_->WriteAll(samples, std::max<size_t>(1, kChunk / width) * width, &Impl::WriteTurns);
}

Status SoundWriter::Commit() {
  if (impl_->done) return Error{impl_->file->name() + ": is already closed for writing"};
  impl_->done = true;
  // libsndfile writes a FLAC header with the first samples only, and would leave a file of no bytes.
  if (!impl_->wav && impl_->bytes == 0)
    return Error{impl_->file->name() + ": a FLAC file cannot be empty; write .wav"};
  if (impl_->handle != nullptr) {
    if (const int error = sf_close(impl_->handle.release()); error != SF_ERR_NO_ERROR) {
      return Error{impl_->file->name() + ": write failed: " + sf_error_number(error)};
    }
  }
  return impl_->file->Commit();
}

}  // namespace quaver
