#include <algorithm>
#include <utility>

#include "codec/io/flac_writer.h"
#include "codec/io/sound_file.h"
#include "codec/io/sound_handle.h"
#include "codec/io/wav_writer.h"
#include "codec/samples.h"

namespace quaver {
namespace {

using internal::FlacWriter;
using internal::kChunk;
using internal::LowerExtension;
using internal::WavWriter;

enum class Format { kNone, kWav, kFlac };

// Pipes and devices (/dev/null) take a WAV whatever they are called.
Format FormatOf(const std::string& path) {
  const std::string extension = LowerExtension(path);
  if (extension == ".flac") return Format::kFlac;
  return extension == ".wav" || WritesInPlace(path) ? Format::kWav : Format::kNone;
}

}  // namespace

struct SoundWriter::Impl {
  std::unique_ptr<AtomicFile> file;
  std::unique_ptr<internal::RawWriter> raw;  // then nothing else is there
  std::unique_ptr<WavWriter> wav;            // either this
  std::unique_ptr<FlacWriter> flac;          // or this
  bool done = false;
  int channels = 1;
  std::vector<int16_t> interleaved;

  Status Start(int rate, Format format);
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
  const Format format = FormatOf(path);
  Result<std::unique_ptr<AtomicFile>> file = Error{path + ": sound is written to .wav or .flac"};
  if (format != Format::kNone) file = AtomicFile::Create(path, existing);
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
  return impl_->wav != nullptr ? impl_->wav->SetTags(tags) : impl_->flac->SetTags(tags);
}

Status SoundWriter::Impl::Start(int rate, Format format) {
  if (format == Format::kWav) {
    auto started = WavWriter::Start(*file, rate, channels);
    if (!started.ok()) return started.error();
    wav = std::move(started).value();
    return {};
  }
  auto started = FlacWriter::Start(*file, rate, channels);
  if (!started.ok()) return started.error();
  flac = std::move(started).value();
  return {};
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
  return wav != nullptr ? wav->Write(interleaved) : flac->Write(interleaved);
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
  const Status finished = impl_->wav != nullptr ? impl_->wav->Finish() : impl_->flac->Finish();
  return finished.ok() ? impl_->file->Commit() : finished;
}

}  // namespace quaver
