// Internal: 16-bit WAV of any length.
#ifndef QUAVER_CODEC_IO_WAV_WRITER_H_
#define QUAVER_CODEC_IO_WAV_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "codec/io/atomic_file.h"
#include "codec/io/sound_tags.h"
#include "codec/status.h"

namespace quaver::internal {

// Beyond `most_riff` bytes of samples a file becomes RF64 (EBU Tech 3306), which has 64 bits for the lengths:
// a RIFF has 32. Into a pipe goes a RIFF whose lengths are "unknown" (0xFFFFFFFF), as ffmpeg writes it, and
// which may go on for ever, since nobody can go back to correct them.
class WavWriter {
 public:
  static constexpr uint64_t kMostRiff = 0xFFFFFFFFU - 256;

  // Writes the header; `file` is empty and outlives the writer.
  static Result<std::unique_ptr<WavWriter>> Start(AtomicFile& file, int rate, int channels,
                                                  uint64_t most_riff = kMostRiff);
  // Tags for a LIST chunk behind the samples, since there are programs that take the samples of a WAV to
  // begin at byte 44. Gives the names of those that it cannot hold; in a pipe, where nobody knows the end,
  // all.
  std::vector<std::string> SetTags(std::span<const SoundTag> tags);
  // A whole number of samples for each channel.
  Status Write(std::span<const int16_t> interleaved);
  // Writes the tags and corrects the header. The file is not committed.
  Status Finish();

 private:
  WavWriter(AtomicFile& file, int rate, int channels, uint64_t most_riff);
  std::vector<uint8_t> RiffHeader(uint32_t riff_bytes, uint32_t data_bytes) const;
  std::vector<uint8_t> Rf64Header() const;
  void AppendFormat(std::vector<uint8_t>& header) const;
  Status BecomeRf64();

  AtomicFile& file_;
  uint32_t rate_;
  uint32_t width_;  // bytes of a sample for each channel
  uint32_t channels_;
  uint64_t most_riff_;
  std::vector<uint8_t> info_;  // the chunk of the tags
  uint64_t data_bytes_ = 0;
  bool rf64_ = false;
  std::vector<uint8_t> bytes_;
};

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_IO_WAV_WRITER_H_
