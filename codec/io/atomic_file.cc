#include "codec/io/atomic_file.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include "codec/io/ffmpeg_process.h"

namespace quaver {
namespace {

// A signal handler can neither lock nor allocate, so open temporary files stand in a fixed table.
enum SlotState : int { kFree, kBusy, kSet };
struct Slot {
  std::atomic<int> state{kFree};
  std::array<char, PATH_MAX> path{};
};
std::array<Slot, kMaxTemporaryFiles> slots;
static_assert(std::atomic<int>::is_always_lock_free);

int Register(const std::string& path) {
  if (path.size() >= PATH_MAX) return -1;
  for (size_t i = 0; i < slots.size(); ++i) {
    int expected = kFree;
    if (!slots[i].state.compare_exchange_strong(expected, kBusy)) continue;
    std::memcpy(slots[i].path.data(), path.c_str(), path.size() + 1);
    slots[i].state.store(kSet);
    return static_cast<int>(i);
  }
  return -1;
}

void Unregister(int slot) {
  if (slot >= 0) slots[static_cast<size_t>(slot)].state.store(kFree);
}

void OnSignal(int signal_number) {
  RemoveTemporaryFiles();
  internal::EndFfmpegProcesses();
  ::signal(signal_number, SIG_DFL);
  ::raise(signal_number);  // delivered when this handler returns
}

std::string Cause() { return std::strerror(errno); }

// After a failed write: true if it failed only because a non-blocking pipe was full, once it has room.
bool AwaitRoom(int fd) {
  if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
  pollfd ready{fd, POLLOUT, 0};
  while (::poll(&ready, 1, -1) < 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

// What a link at `path` says, relative to where the link lies; `path` if it is no link.
std::string FollowLink(const std::string& path) {
  std::array<char, PATH_MAX> text;
  const ssize_t size = ::readlink(path.c_str(), text.data(), text.size());
  if (size <= 0 || static_cast<size_t>(size) >= text.size()) return path;
  const std::string to(text.data(), static_cast<size_t>(size));
  return to.front() == '/' ? to : FolderOf(path) + to;
}

// The end of a chain of links, which need not exist: open() would create it there, too. A name of an open
// descriptor ends the chain, since what it leads to need not have a name.
std::string EndOfLinks(std::string path) {
  constexpr int kMaxLinks = 40;  // as many as Linux follows
  for (int i = 0; i < kMaxLinks && NamedDescriptor(path) < 0; ++i) {
    std::string next = FollowLink(path);
    if (next == path) break;
    path = std::move(next);
  }
  return path;
}

// Temporary files keep the target's folder, since only then rename() is one atomic step.
int OpenUnique(const std::string& folder, mode_t mode, std::string& path) {
  static std::atomic<unsigned> counter{0};
  for (int attempt = 0; attempt < 1000; ++attempt) {
    path = folder + ".quaver-" + std::to_string(::getpid()) + "-" + std::to_string(counter++) + ".tmp";
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd >= 0 || errno != EEXIST) return fd;
  }
  return -1;
}

// rename() that fails with EEXIST where the file system can promise that.
int RenameNoReplace(const char* from, const char* to) {
#ifdef RENAME_NOREPLACE
  if (::renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return -1;
#endif
  if (::access(to, F_OK) == 0) {
    errno = EEXIST;
    return -1;
  }
  return ::rename(from, to);
}

int Sync(int fd) {
  while (::fsync(fd) != 0) {
    if (errno != EINTR) return -1;
  }
  return 0;
}

}  // namespace

Status SyncFolder(const std::string& folder) {
  const char* path = folder.empty() ? "." : folder.c_str();
  const int fd = ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 && errno == EACCES) return {};
  // EINVAL: the file system cannot flush folders.
  const bool failed = fd < 0 || (Sync(fd) != 0 && errno != EINVAL);
  const std::string cause = Cause();
  if (fd >= 0) ::close(fd);
  if (failed) return Error{std::string(path) + ": the folder cannot be flushed to disk: " + cause};
  return {};
}

int NamedDescriptor(const std::string& path) {
  if (path == "/dev/stdin") return STDIN_FILENO;
  if (path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(folder)) continue;
    int number = -1;
    const char* const end = path.data() + path.size();
    const auto [at, error] = std::from_chars(path.data() + folder.size(), end, number);
    if (error == std::errc() && at == end) return number;
  }
  return -1;
}

bool WritesInPlace(const std::string& path) {
  if (path == "-" || NamedDescriptor(EndOfLinks(path)) >= 0) return true;
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

void RemoveTemporaryFiles() noexcept {
  for (Slot& slot : slots) {
    if (slot.state.load() == kSet) ::unlink(slot.path.data());
  }
}

void RemoveTemporaryFilesOnSignals() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU}) {
    struct sigaction before {};
    if (::sigaction(number, nullptr, &before) != 0 || before.sa_handler == SIG_IGN) continue;
    struct sigaction action {};
    action.sa_handler = OnSignal;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(number, &action, nullptr);
  }
}

Result<std::unique_ptr<AtomicFile>> AtomicFile::Create(const std::string& path, Existing existing) {
  std::unique_ptr<AtomicFile> file(new AtomicFile);
  file->existing_ = existing;
  file->name_ = path;
  if (path == "-") {
    file->name_ = "standard output";
    file->fd_ = STDOUT_FILENO;
    return file;
  }
  if (path.empty()) return Error{"cannot write a file without a name"};
  struct stat info {};
  const bool exists = ::stat(path.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) return Error{path + ": is a directory"};
  if (WritesInPlace(path)) {
    if (Status status = file->OpenInPlace(path); !status.ok()) return status.error();
    return file;
  }
  if (exists && existing == Existing::kRefuse) return Error{path + ": exists already"};
  if (Status status = file->OpenTemporary(existing); !status.ok()) return status.error();
  return file;
}

Status AtomicFile::OpenInPlace(const std::string& path) {
  // Opened anew, a file would be written from its start, and a socket not at all.
  const int descriptor = NamedDescriptor(EndOfLinks(path));
  fd_ = descriptor >= 0 ? ::fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
                        : ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd_ < 0) return Error{path + ": cannot be opened for writing: " + Cause()};
  owns_fd_ = true;
  return {};
}

Status AtomicFile::OpenTemporary(Existing existing) {
  // Replacing or creating what a link points to, not the link; and with the rights that the old file had.
  target_ = EndOfLinks(name_);
  mode_t mode = 0666;
  struct stat info {};
  if (char* resolved = ::realpath(name_.c_str(), nullptr); resolved != nullptr) {
    target_ = resolved;
    std::free(resolved);
    if (existing == Existing::kReplace && ::access(target_.c_str(), W_OK) != 0) {
      return Error{name_ + ": cannot be replaced: " + Cause()};
    }
  }
  if (::lstat(target_.c_str(), &info) == 0 && S_ISLNK(info.st_mode)) {  // leads in a circle
    return Error{name_ + ": cannot be created: " + std::strerror(ELOOP)};
  }
  const bool replaces = ::stat(target_.c_str(), &info) == 0;
  fd_ = OpenUnique(FolderOf(target_), mode, temporary_);
  if (fd_ < 0) {
    temporary_.clear();
    return Error{name_ + ": cannot be created: " + Cause()};
  }
  owns_fd_ = true;
  slot_ = Register(temporary_);
  if (replaces && ::fchmod(fd_, info.st_mode & 0777) != 0) { /* the default rights do as well */
  }
  return {};
}

AtomicFile::~AtomicFile() { Discard(); }

void AtomicFile::Discard() {
  if (owns_fd_ && fd_ >= 0) ::close(fd_);
  fd_ = -1;
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  Unregister(slot_);
  slot_ = -1;
}

Status AtomicFile::Fail(const std::string& what) {
  failed_ = true;
  return Error{name_ + ": " + what};
}

Status AtomicFile::Write(std::span<const uint8_t> bytes) {
  if (failed_ || fd_ < 0) return Error{name_ + ": is already closed for writing"};
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && (errno == EINTR || AwaitRoom(fd_))) continue;
    if (written < 0) return Fail("write failed: " + Cause());
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return {};
}

Status AtomicFile::WriteAt(uint64_t offset, std::span<const uint8_t> bytes) {
  if (failed_ || fd_ < 0) return Error{name_ + ": is already closed for writing"};
  if (streaming()) return Fail("a pipe cannot be written out of order");
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Fail("write failed: " + Cause());
    bytes = bytes.subspan(static_cast<size_t>(written));
    offset += static_cast<uint64_t>(written);
  }
  return {};
}

Status AtomicFile::Commit() {
  if (failed_ || fd_ < 0) return Error{name_ + ": is already closed for writing"};
  // Before the rename, or a power cut could leave an empty or partial file under the final name.
  if (!streaming() && Sync(fd_) != 0) return Fail("cannot be flushed to disk: " + Cause());
  const int fd = std::exchange(fd_, -1);
  // Some file systems (NFS, quotas) report a full disk only here.
  if (owns_fd_ && ::close(fd) != 0) return Fail("write failed: " + Cause());
  if (streaming()) return {};
  const int result = existing_ == Existing::kRefuse ? RenameNoReplace(temporary_.c_str(), target_.c_str())
                                                    : ::rename(temporary_.c_str(), target_.c_str());
  if (result != 0) return Fail(errno == EEXIST ? "exists already" : "cannot be created: " + Cause());
  temporary_.clear();
  Unregister(slot_);
  slot_ = -1;
  const Status synced = SyncFolder(FolderOf(target_));
  return synced.ok() ? synced : Status(Error{name_ + ": " + synced.message()});
}

}  // namespace quaver
