// Internal: 16-bit FLAC, through libFLAC. (libsndfile writes FLAC by the same library, but tags of nine names
// only, each once.)
#ifndef QUAVER_CODEC_IO_FLAC_WRITER_H_
#define QUAVER_CODEC_IO_FLAC_WRITER_H_

#include <FLAC/metadata.h>
#include <FLAC/stream_encoder.h>

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

class FlacWriter {
 public:
  // `file` is empty, no pipe, and outlives the writer. Errors: a pipe; a rate or a number of channels that
  // FLAC cannot hold.
  static Result<std::unique_ptr<FlacWriter>> Start(AtomicFile& file, int rate, int channels);
  // Before the first Write(): tags of any name, also several of one. Gives the names of those that it cannot
  // hold: names that Vorbis comments do not allow, values that are not UTF-8, more than 16 MiB in all.
  std::vector<std::string> SetTags(std::span<const SoundTag> tags);
  // A whole number of samples for each channel.
  Status Write(std::span<const int16_t> interleaved);
  // Writes what is left and corrects the header. The file is not committed. An error if there are no samples.
  Status Finish();

 private:
  struct EncoderDelete {
    void operator()(FLAC__StreamEncoder* encoder) const { FLAC__stream_encoder_delete(encoder); }
  };
  struct MetadataDelete {
    void operator()(FLAC__StreamMetadata* block) const { FLAC__metadata_object_delete(block); }
  };

  FlacWriter(AtomicFile& file, int channels) : file_(file), channels_(static_cast<size_t>(channels)) {}
  Status Begin();
  Status Failed() const;
  static FLAC__StreamEncoderWriteStatus OnWrite(const FLAC__StreamEncoder* encoder, const FLAC__byte* bytes,
                                                size_t count, uint32_t samples, uint32_t frame, void* self);
  static FLAC__StreamEncoderSeekStatus OnSeek(const FLAC__StreamEncoder* encoder, FLAC__uint64 place,
                                              void* self);
  static FLAC__StreamEncoderTellStatus OnTell(const FLAC__StreamEncoder* encoder, FLAC__uint64* place,
                                              void* self);

  AtomicFile& file_;
  size_t channels_;
  std::unique_ptr<FLAC__StreamMetadata, MetadataDelete> comments_;
  std::unique_ptr<FLAC__StreamEncoder, EncoderDelete> encoder_;  // before what it refers to
  bool begun_ = false;
  uint64_t position_ = 0;  // byte that is written next
  Status written_;         // of the file: libFLAC does not tell why a write failed
  std::vector<FLAC__int32> samples_;
};

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_IO_FLAC_WRITER_H_
