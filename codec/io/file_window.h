// Internal: a part of a file, which libsndfile takes for a file of its own.
#ifndef QUAVER_CODEC_IO_FILE_WINDOW_H_
#define QUAVER_CODEC_IO_FILE_WINDOW_H_

#include <sndfile.h>

#include <cstdint>
#include <span>

namespace quaver::internal {

// Bytes at an offset of a file: fewer than asked for at its end, or after an error, whose errno is set.
size_t ReadAt(int fd, uint64_t at, std::span<uint8_t> out, int& error);

class FileWindow {
 public:
  FileWindow(int fd, uint64_t begin, uint64_t end) : fd_(fd), begin_(begin), end_(end) {}
  // The errno of the read that failed, or 0. libsndfile takes a failed read for the end of the file.
  int error() const { return error_; }
  static SF_VIRTUAL_IO Callbacks();  // user data: a FileWindow

 private:
  static sf_count_t OnLength(void* self);
  static sf_count_t OnSeek(sf_count_t offset, int whence, void* self);
  static sf_count_t OnRead(void* out, sf_count_t count, void* self);
  static sf_count_t OnWrite(const void*, sf_count_t, void*) { return 0; }
  static sf_count_t OnTell(void* self);

  int fd_;
  uint64_t begin_;
  uint64_t end_;
  uint64_t position_ = 0;
  int error_ = 0;
};

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_IO_FILE_WINDOW_H_
