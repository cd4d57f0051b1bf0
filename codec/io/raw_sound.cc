#include "codec/io/raw_sound.h"

#include <bit>
#include <utility>

#include "codec/io/sound_file.h"
#include "codec/samples.h"

namespace quaver {

Result<SampleFormat> ParseSampleFormat(const std::string& text) {
  if (text == "s16le") return SampleFormat::kS16le;
  if (text == "f32le") return SampleFormat::kF32le;
  return Error{"--sample-format must be s16le or f32le"};
}

Status CheckRawSound(const RawSound& sound) {
  if (sound.rate < kMinSampleRate || sound.rate > kMaxSampleRate) {
    return Error{"--rate must be within " + std::to_string(kMinSampleRate) + " .. " +
                 std::to_string(kMaxSampleRate) + " Hz"};
  }
  if (sound.channels < 1 || sound.channels > kMaxChannels)
    return Error{"--channels must be within 1 .. " + std::to_string(kMaxChannels)};
  return {};
}

Result<std::unique_ptr<internal::RawWriter>> internal::RawWriter::Create(const std::string& path,
                                                                         const RawSound& sound,
                                                                         Existing existing) {
  if (const Status valid = CheckRawSound(sound); !valid.ok()) return valid.error();
  auto file = AtomicFile::Create(path, existing);
  if (!file.ok()) return file.error();
  return std::unique_ptr<RawWriter>(new RawWriter(std::move(file).value(), sound));
}

void internal::RawWriter::Append(float sample) {
  const bool floats = sound_.format == SampleFormat::kF32le;
  const uint32_t bits = floats ? std::bit_cast<uint32_t>(sample) : static_cast<uint16_t>(ToPcm16(sample));
  for (int i = 0; i < (floats ? 4 : 2); ++i) bytes_.push_back(static_cast<uint8_t>(bits >> (8 * i)));
}

Status internal::RawWriter::WriteMono(std::span<const float> mono) {
  bytes_.clear();
  for (const float sample : mono) {
    for (int channel = 0; channel < sound_.channels; ++channel) Append(sample);
  }
  return file_->Write(bytes_);
}

Status internal::RawWriter::WriteInterleaved(std::span<const float> samples) {
  bytes_.clear();
  for (const float sample : samples) Append(sample);
  return file_->Write(bytes_);
}

Status internal::RawWriter::Commit() { return file_->Commit(); }

}  // namespace quaver
