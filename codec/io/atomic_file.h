// Files that appear whole or not at all, even after a power cut: written under a temporary name in the
// target's folder, flushed to disk (fsync), renamed, and the folder flushed too.
#ifndef QUAVER_CODEC_IO_ATOMIC_FILE_H_
#define QUAVER_CODEC_IO_ATOMIC_FILE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "codec/status.h"

namespace quaver {

// What to do with a target that exists already.
enum class Existing { kRefuse, kReplace };

class AtomicFile {
 public:
  // Opens `path` for writing. "-" is standard output; it, and what WritesInPlace() says, is written in place
  // (streaming() is true), since there is nothing to rename. Of a link the file is written that it leads to,
  // even if that is not there yet. Fails when the target exists and `existing` is kRefuse, is a directory, or
  // its folder cannot be written.
  static Result<std::unique_ptr<AtomicFile>> Create(const std::string& path,
                                                    Existing existing = Existing::kReplace);
  // Without Commit() the temporary file is removed: no partial output.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // Appends at the current place. After a failure every later call fails as well.
  Status Write(std::span<const uint8_t> bytes);
  // Overwrites bytes at `offset` from the start; an error when streaming().
  Status WriteAt(uint64_t offset, std::span<const uint8_t> bytes);
  // Makes the file appear under its name; it is on disk when this returns. At most once; the object takes no
  // more bytes after it.
  Status Commit();

  bool streaming() const { return temporary_.empty(); }
  int fd() const { return fd_; }                               // for libraries that write by themselves
  const std::string& name() const { return name_; }            // for messages
  const std::string& temporary() const { return temporary_; }  // empty when streaming()

 private:
  AtomicFile() = default;
  Status Fail(const std::string& what);
  Status OpenInPlace(const std::string& path);
  Status OpenTemporary(Existing existing);
  void Discard();

  std::string name_;       // as the user wrote it
  std::string target_;     // links resolved
  std::string temporary_;  // empty: written in place
  Existing existing_ = Existing::kReplace;
  int fd_ = -1;
  int slot_ = -1;  // in the registry of temporary files
  bool owns_fd_ = false;
  bool failed_ = false;
};

// The number of an open descriptor by which the system knows it: /dev/stdin, /dev/stdout, /dev/stderr,
// /dev/fd/N and /proc/self/fd/N. -1: `path` is no such name.
int NamedDescriptor(const std::string& path);

// Is `path` written to as it is: "-", a device or a pipe (/dev/null, a FIFO), or the name of a descriptor,
// even where that is open on a file? Links are followed.
bool WritesInPlace(const std::string& path);

// Flushes a folder's entries to disk ("": the current folder), so that a rename in it survives a power cut.
// Does nothing for folders that this process may not read and on file systems that cannot flush folders.
Status SyncFolder(const std::string& folder);

// Temporary files that can be open at once and still be removed by a signal.
inline constexpr size_t kMaxTemporaryFiles = 64;

// Removes every temporary file that is open now. Async-signal-safe. At most kMaxTemporaryFiles are known to
// it.
void RemoveTemporaryFiles() noexcept;

// Makes SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGXCPU remove temporary files and end what reads sound for this
// process (ffmpeg) before they end the process as usual. Signals that are ignored (nohup) stay ignored. For a
// program's main(); a library never calls it.
void RemoveTemporaryFilesOnSignals();

}  // namespace quaver

#endif  // QUAVER_CODEC_IO_ATOMIC_FILE_H_
