// Lets libsndfile, which goes back and forth while it parses a header, read from a pipe.
#ifndef QUAVER_CODEC_IO_PIPE_STREAM_H_
#define QUAVER_CODEC_IO_PIPE_STREAM_H_

#include <sndfile.h>

#include <cstdint>
#include <span>
#include <vector>

namespace quaver::internal {

// Keeps the first bytes (at most 1 MiB) until Seal(), so that the header can be read in any order; what lies
// beyond looks like the end of the file. After Seal() the bytes run through in order, in constant memory.
class PipeStream {
 public:
  explicit PipeStream(int fd) : fd_(fd) {}

  // The first bytes, without moving; fewer if the stream is shorter.
  std::span<const uint8_t> Peek(size_t n);
  // A WAV written into a pipe may say that its data have length 0 and its RIFF chunk no more than the header:
  // that becomes "unknown", before libsndfile sees it.
  void MendWavLength();
  // -1 on a read error, 0 at the end. Waits for a pipe that is not blocking.
  int64_t Read(std::span<uint8_t> out);
  // The errno of the read that failed, or 0. libsndfile takes a failed read for the end of the file.
  int error() const { return error_; }
  void Seal() { sealed_ = true; }
  uint64_t position() const { return position_; }

  static SF_VIRTUAL_IO Callbacks();  // user data: a PipeStream

 private:
  static sf_count_t OnLength(void* self);
  static sf_count_t OnSeek(sf_count_t offset, int whence, void* self);
  static sf_count_t OnRead(void* out, sf_count_t count, void* self);
  static sf_count_t OnWrite(const void*, sf_count_t, void*) { return 0; }
  static sf_count_t OnTell(void* self);

  void Fill(uint64_t end);  // grows kept_ to `end` bytes if the pipe has them
  int64_t ReadPipe(std::span<uint8_t> out);

  int fd_;
  std::vector<uint8_t> kept_;
  uint64_t consumed_ = 0;  // bytes taken from the pipe
  uint64_t position_ = 0;  // where libsndfile believes to be
  bool sealed_ = false;
  int error_ = 0;
};

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_IO_PIPE_STREAM_H_
