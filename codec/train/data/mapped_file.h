// A file mapped into memory, read only.
#ifndef QUAVER_CODEC_TRAIN_DATA_MAPPED_FILE_H_
#define QUAVER_CODEC_TRAIN_DATA_MAPPED_FILE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "codec/status.h"

namespace quaver {

class MappedFile {
 public:
  // A regular file that is not empty. Whoever makes the file shorter while it is mapped ends the process
  // (SIGBUS); replacing it by another of the same name is safe.
  static Result<std::shared_ptr<const MappedFile>> Open(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const uint8_t> bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  std::span<const uint8_t> bytes_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DATA_MAPPED_FILE_H_
