#include "codec/io/temporary_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace quaver::internal {

Result<FileHandle> CreateTemporaryFile() {
  const char* wanted = std::getenv("TMPDIR");
  const std::string folder = wanted != nullptr && *wanted != '\0' ? wanted : "/tmp";
  std::string path = folder + "/quaver-XXXXXX";
  const int fd = ::mkostemp(path.data(), O_CLOEXEC);
  FileHandle file(fd < 0 ? nullptr : ::fdopen(fd, "w+b"));
  const int cause = errno;
  if (fd >= 0) ::unlink(path.c_str());
  if (file == nullptr && fd >= 0) ::close(fd);
  if (file == nullptr) {
    return Error{folder + ": no temporary file can be made there: " + std::strerror(cause) +
                 "; TMPDIR can name another folder"};
  }
  return file;
}

}  // namespace quaver::internal
