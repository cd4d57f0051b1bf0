// Lets libsndfile, which goes back and forth while it parses a header, read from a pipe.
#ifndef QUAVER_CODEC_IO_PIPE_STREAM_H_
#define QUAVER_CODEC_IO_PIPE_STREAM_H_

#include <sndfile.h>

#include <cstdint>
#include <span>
#include <vector>

namespace quaver::internal {

// Two halves of a life. First the header: the first bytes (at most kMaxHeader, and 1 MiB for who does not
// know where it ends) are kept and can be read in any order, each read waits until all of it is there, and
// what lies beyond looks like the end of the file. Then the samples, after Start(): the bytes run through in
// order, in constant memory, as they come.
class PipeStream {
 public:
  static constexpr uint64_t kMaxHeader = 20 << 20;  // bytes: a FLAC's picture alone may have 16 MiB

  // A pipe ends when a stop is requested (stop_request.h); a regular file does not.
  explicit PipeStream(int fd);

  // The first bytes, without moving; fewer if the stream is shorter. Before Start().
  std::span<const uint8_t> Peek(size_t n);
  std::span<uint8_t> head() { return kept_; }  // what is kept, to be mended
  void Rewind() { position_ = 0; }
  // The header seems to be followed by nothing: who parses it does not wait for samples.
  void LimitHeader(uint64_t end) { header_end_ = end; }

  // From now on Read() gives the bytes from `begin` on, which the header has not gone beyond, and libsndfile
  // sees a file that begins there. Reads give whole units (of bytes), at most `length` bytes in all.
  void Start(uint64_t begin, size_t unit, uint64_t length);
  // The same from where libsndfile stands, which keeps its idea of the position.
  void StartHere();
  // More of the bytes that follow are to be read than Start() said.
  void Extend(uint64_t bytes) { left_ = bytes > UINT64_MAX - left_ ? UINT64_MAX : left_ + bytes; }
  uint64_t left() const { return left_; }  // bytes of the length that Read() has not given
  // The next bytes without moving, beyond the length too; fewer at the end of the stream. At most 64 KiB.
  std::span<const uint8_t> Ahead(size_t n);
  void Skip(uint64_t bytes);

  // -1 on a read error, 0 at the end, else at least one unit, without waiting for more. Waits for a pipe that
  // is not blocking.
  int64_t Read(std::span<uint8_t> out);
  // Can a unit be read without waiting? True as well at the end and after an error.
  bool Ready();
  // The errno of the read that failed, or 0. libsndfile takes a failed read for the end of the file.
  int error() const { return error_; }
  uint64_t taken() const { return taken_; }  // bytes of the pipe so far
  uint64_t given() const { return given_; }  // bytes that Read() gave since Start()

  static SF_VIRTUAL_IO Callbacks();  // user data: a PipeStream

 private:
  static sf_count_t OnLength(void* self);
  static sf_count_t OnSeek(sf_count_t offset, int whence, void* self);
  static sf_count_t OnRead(void* out, sf_count_t count, void* self);
  static sf_count_t OnWrite(const void*, sf_count_t, void*) { return 0; }
  static sf_count_t OnTell(void* self);

  // Grows kept_ to `end` bytes if the pipe has them; without `whole`, by what comes first.
  void Fill(uint64_t end, bool whole);
  int64_t ReadPipe(std::span<uint8_t> out);
  int64_t ReadHeader(std::span<uint8_t> out);
  bool Refill();  // one read into ahead_; false at the end
  size_t waiting() const { return ahead_.size() - ahead_begin_; }

  int fd_;
  bool regular_ = false;
  std::vector<uint8_t> kept_;  // the header
  uint64_t header_end_ = UINT64_MAX;
  uint64_t position_ = 0;  // where libsndfile believes to be
  bool started_ = false;
  std::vector<uint8_t> ahead_;  // read from the pipe and not yet given, from ahead_begin_ on
  size_t ahead_begin_ = 0;
  uint64_t next_ = 0;  // position_ of the byte that Read() gives next
  uint64_t given_ = 0;
  uint64_t taken_ = 0;
  size_t unit_ = 1;
  uint64_t left_ = UINT64_MAX;  // bytes to be given
  bool ended_ = false;
  int error_ = 0;
};

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_IO_PIPE_STREAM_H_
