// A file without a name, gone when it is closed.
#ifndef QUAVER_CODEC_IO_TEMPORARY_FILE_H_
#define QUAVER_CODEC_IO_TEMPORARY_FILE_H_

#include <cstdio>
#include <memory>
#include <string>

#include "codec/status.h"

namespace quaver::internal {

struct FileClose {
  void operator()(FILE* file) const { std::fclose(file); }
};
using FileHandle = std::unique_ptr<FILE, FileClose>;

// In the folder that TMPDIR names, else in /tmp. The error names the folder and the cause.
Result<FileHandle> CreateTemporaryFile();

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_IO_TEMPORARY_FILE_H_
