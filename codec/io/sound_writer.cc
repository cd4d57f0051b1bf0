#include <algorithm>
#include <string_view>
#include <utility>

#include "codec/io/sound_file.h"
#include "codec/io/sound_handle.h"
#include "codec/io/wav_writer.h"
#include "codec/samples.h"

namespace quaver {
namespace {

using internal::kChunk;
using internal::LowerExtension;
using internal::SoundHandle;
using internal::WavWriter;

// Lets libsndfile write through an AtomicFile, which knows why a write failed: libsndfile does not tell.
class FileStream {
 public:
  explicit FileStream(AtomicFile& file) : file_(file) {}
  const Status& status() const { return status_; }

  static SF_VIRTUAL_IO Callbacks() {  // user data: a FileStream
    SF_VIRTUAL_IO io{};
    io.get_filelen = [](void* user) { return Self(user).length_; };
    io.seek = [](sf_count_t offset, int whence, void* user) { return Self(user).Seek(offset, whence); };
    io.read = [](void*, sf_count_t, void*) { return sf_count_t{0}; };
    io.write = [](const void* bytes, sf_count_t count, void* user) { return Self(user).Write(bytes, count); };
    io.tell = [](void* user) { return Self(user).position_; };
    return io;
  }

 private:
  static FileStream& Self(void* user) { return *static_cast<FileStream*>(user); }

  sf_count_t Seek(sf_count_t offset, int whence) {
    const sf_count_t base = whence == SEEK_CUR ? position_ : whence == SEEK_END ? length_ : 0;
    if (offset < -base) return -1;
    position_ = base + offset;
    return position_;
  }

  sf_count_t Write(const void* bytes, sf_count_t count) {
    if (!status_.ok() || count <= 0) return 0;
    status_ = file_.WriteAt(static_cast<uint64_t>(position_),
                            {static_cast<const uint8_t*>(bytes), static_cast<size_t>(count)});
    if (!status_.ok()) return 0;
    position_ += count;
    length_ = std::max(length_, position_);
    return count;
  }

  AtomicFile& file_;
  sf_count_t position_ = 0;
  sf_count_t length_ = 0;
  Status status_;
};

// 0: neither of the two. Pipes and devices (/dev/null) take a WAV whatever they are called.
int FormatOf(const std::string& path) {
  const std::string extension = LowerExtension(path);
  const bool in_place = extension != ".flac" && WritesInPlace(path);
  if (in_place || extension == ".wav") return SF_FORMAT_WAV | SF_FORMAT_PCM_16;
  return extension == ".flac" ? SF_FORMAT_FLAC | SF_FORMAT_PCM_16 : 0;
}

}  // namespace

struct SoundWriter::Impl {
  std::unique_ptr<AtomicFile> file;
  std::unique_ptr<internal::RawWriter> raw;  // then nothing else is there
  std::unique_ptr<WavWriter> wav;            // either this
  std::unique_ptr<FileStream> stream;        // or FLAC: these two
  SoundHandle handle;
  bool done = false;
  bool empty = true;
  int channels = 1;
  std::vector<int16_t> interleaved;

  Status Start(int rate, int format);
  Status WriteMono(std::span<const float> mono);
  Status WriteTurns(std::span<const float> samples);
  Status WritePcm();
  Status Failed(const std::string& text) const;
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

Result<std::unique_ptr<SoundWriter>> SoundWriter::CreateRaw(const std::string& path, const RawSound& sound,
                                                            Existing existing) {
  auto raw = internal::RawWriter::Create(path, sound, existing);
  if (!raw.ok()) return raw.error();
  std::unique_ptr<SoundWriter> writer(new SoundWriter);
  writer->impl_->raw = std::move(raw).value();
  return writer;
}

std::vector<std::string> SoundWriter::SetTags(std::span<const SoundTag> tags) {
  if (impl_->raw != nullptr) {
    std::vector<std::string> names;
    for (const SoundTag& tag : tags) names.push_back(tag.name);
    return names;
  }
  return impl_->wav != nullptr ? impl_->wav->SetTags(tags) : internal::SetTags(impl_->handle.get(), tags);
}

Status SoundWriter::Impl::Start(int rate, int format) {
  if ((format & SF_FORMAT_TYPEMASK) == SF_FORMAT_WAV) {
    auto started = WavWriter::Start(*file, rate, channels);
    if (!started.ok()) return started.error();
    wav = std::move(started).value();
    return {};
  }
  if (file->streaming()) return Error{file->name() + ": only WAV can be written into a pipe"};
  stream = std::make_unique<FileStream>(*file);
  SF_INFO info{};
  info.samplerate = rate;
  info.channels = channels;
  info.format = format;
  SF_VIRTUAL_IO io = FileStream::Callbacks();
  handle.reset(sf_open_virtual(&io, SFM_WRITE, &info, stream.get()));
  if (handle != nullptr) return {};
  return Failed("cannot be written with " + std::to_string(rate) + " Hz and " + std::to_string(channels) +
                " channels: " + sf_strerror(nullptr));
}

// The cause if the file has one, or else what libsndfile says.
Status SoundWriter::Impl::Failed(const std::string& text) const {
  return stream->status().ok() ? Status(Error{file->name() + ": " + text}) : stream->status();
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
  empty = empty && interleaved.empty();
  if (wav != nullptr) return wav->Write(interleaved);
  const auto count = static_cast<sf_count_t>(interleaved.size());
  if (sf_write_short(handle.get(), interleaved.data(), count) == count) return {};
  return Failed(std::string("write failed: ") + sf_strerror(handle.get()));
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
  if (impl_->raw != nullptr) return impl_->raw->WriteMono(mono);
  const size_t step = std::max<size_t>(1, kChunk / static_cast<size_t>(impl_->channels));
  return impl_->WriteAll(mono, step, &Impl::WriteMono);
}

Status SoundWriter::WriteInterleaved(std::span<const float> samples) {
  if (impl_->raw != nullptr) return impl_->raw->WriteInterleaved(samples);
  const auto width = static_cast<size_t>(impl_->channels);
  if (samples.size() % width != 0)
    return Error{impl_->file->name() + ": the number of samples is not a multiple of the channels"};
  return impl_->WriteAll(samples, std::max<size_t>(1, kChunk / width) * width, &Impl::WriteTurns);
}

Status SoundWriter::Commit() {
  if (impl_->raw != nullptr) return impl_->raw->Commit();
  if (impl_->done) return Error{impl_->file->name() + ": is already closed for writing"};
  impl_->done = true;
  if (impl_->wav != nullptr) {
    if (Status status = impl_->wav->Finish(); !status.ok()) return status;
    return impl_->file->Commit();
  }
  // libsndfile writes a FLAC header with the first samples only, and would leave a file of no bytes.
  if (impl_->empty) return Error{impl_->file->name() + ": a FLAC file cannot be empty; write .wav"};
  const int error = sf_close(impl_->handle.release());
  if (error != SF_ERR_NO_ERROR || !impl_->stream->status().ok()) {
    return impl_->Failed(std::string("write failed: ") + sf_error_number(error));
  }
  return impl_->file->Commit();
}

}  // namespace quaver
