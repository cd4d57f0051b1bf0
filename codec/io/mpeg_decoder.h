// Internal: MPEG audio (MP3, MP2, MP1). libsndfile reads it too, but lets libmpg123 print its warnings, and
// does not tell what is missing.
#ifndef QUAVER_CODEC_IO_MPEG_DECODER_H_
#define QUAVER_CODEC_IO_MPEG_DECODER_H_

#include <mpg123.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "codec/io/sound_decoder.h"
#include "codec/io/sound_header.h"

namespace quaver::internal {

// Does the file begin with an MPEG frame, or with an ID3v2 tag and a frame behind it?
bool BeginsMpeg(const BytesAt& bytes);

class MpegDecoder : public SoundDecoder {
 public:
  // Null if libmpg123 refuses it. The descriptor of the file of `size` bytes stays the caller's.
  static std::unique_ptr<MpegDecoder> Open(int fd, uint64_t size);
  Result<size_t> Read(std::span<float> interleaved) override;

 private:
  struct Delete {
    void operator()(mpg123_handle* handle) const {
      mpg123_close(handle);
      mpg123_delete(handle);
    }
  };

  MpegDecoder(int fd, uint64_t size) : fd_(fd), size_(size) {}
  bool Start();
  bool Next();  // decodes a frame; false at the end
  void CheckPlace();
  void CheckTail();
  static mpg123_ssize_t OnRead(void* self, void* out, size_t count);
  static off_t OnSeek(void* self, off_t offset, int whence);

  int fd_;
  uint64_t size_;
  uint64_t position_ = 0;
  int error_ = 0;
  std::unique_ptr<mpg123_handle, Delete> handle_;
  std::span<const float> decoded_;    // of the last frame, not given yet
  std::optional<uint64_t> promised_;  // samples, if the file says so
  uint64_t frames_ = 0;               // samples decoded so far
  uint64_t frame_end_ = 0;            // byte behind the last frame of the stream; 0: none yet
  bool foreign_ = false;              // frames are of another format, which may be a false start in damage
  uint64_t foreign_at_ = 0;           // frames_ when that began first
  uint64_t foreign_frames_ = 0;       // MPEG frames left out
  std::string foreign_format_;
  size_t damages_ = 0;
  bool finished_ = false;
};

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_IO_MPEG_DECODER_H_
