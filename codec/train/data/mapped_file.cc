#include "codec/train/data/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace quaver {

Result<std::shared_ptr<const MappedFile>> MappedFile::Open(const std::string& path) {
  const auto fail = [&](const char* what) { return Error{path + ": " + what + ": " + std::strerror(errno)}; };
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail("cannot be opened");
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size == 0) {
    ::close(fd);
    return Error{path + ": is empty or no file"};
  }
  const auto size = static_cast<size_t>(info.st_size);
  void* place = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  const int error = errno;
  ::close(fd);
  errno = error;
  if (place == MAP_FAILED) return fail("cannot be mapped into memory");
  return std::shared_ptr<const MappedFile>(new MappedFile({static_cast<const uint8_t*>(place), size}));
}

MappedFile::~MappedFile() { ::munmap(const_cast<uint8_t*>(bytes_.data()), bytes_.size()); }

}  // namespace quaver
