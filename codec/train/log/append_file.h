// A file that grows by whole pieces: a piece that could not be written whole leaves nothing of itself.
#ifndef QUAVER_CODEC_TRAIN_LOG_APPEND_FILE_H_
#define QUAVER_CODEC_TRAIN_LOG_APPEND_FILE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "codec/status.h"

namespace quaver {

class AppendFile {
 public:
  AppendFile() = default;
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  // Creates the file if it is not there.
  Status Open(const std::string& path);
  // Appends to a buffer that is written when it is large.
  Status Append(std::string_view piece);
  // After a failure (a full disk) the buffer is kept for the next try, up to 16 MiB.
  Status Flush();

 private:
  std::string path_;
  std::string buffer_;
  int fd_ = -1;
  int64_t size_ = 0;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_LOG_APPEND_FILE_H_
