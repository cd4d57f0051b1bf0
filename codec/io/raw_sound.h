// Sound without a header: what it is has to be said.
#ifndef QUAVER_CODEC_IO_RAW_SOUND_H_
#define QUAVER_CODEC_IO_RAW_SOUND_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "codec/io/atomic_file.h"
#include "codec/status.h"

namespace quaver {

// Of interleaved samples, little-endian: 16-bit integers, or 32-bit floats, nominally -1 .. 1.
enum class SampleFormat { kS16le, kF32le };

struct RawSound {
  int rate = 16000;  // Hz: 1000 .. 768000
  int channels = 1;  // 1 .. 255
  SampleFormat format = SampleFormat::kS16le;

  size_t frame_bytes() const {
    return static_cast<size_t>(channels) * (format == SampleFormat::kS16le ? 2 : 4);
  }
};

// "s16le" or "f32le".
Result<SampleFormat> ParseSampleFormat(const std::string& text);

// An error that names the value which is out of range.
Status CheckRawSound(const RawSound& sound);

namespace internal {

// Writes samples as they come. 16 bits as ToPcm16() (codec/samples.h) makes them, floats as they are.
class RawWriter {
 public:
  // "-" is standard output.
  static Result<std::unique_ptr<RawWriter>> Create(const std::string& path, const RawSound& sound,
                                                   Existing existing);
  // The samples go to every channel alike.
  Status WriteMono(std::span<const float> mono);
  Status WriteInterleaved(std::span<const float> samples);
  // Makes the file appear. At most once.
  Status Commit();

 private:
  RawWriter(std::unique_ptr<AtomicFile> file, const RawSound& sound)
      : file_(std::move(file)), sound_(sound) {}
  void Append(float sample);

  std::unique_ptr<AtomicFile> file_;
  RawSound sound_;
  std::vector<uint8_t> bytes_;
};

}  // namespace internal
}  // namespace quaver

#endif  // QUAVER_CODEC_IO_RAW_SOUND_H_
