// The process gets a group of its own: the end of a recording by Ctrl-C is not its end, and whatever it has
// started ends with it. It cannot outlive the program by more than one write: it reads a file, never a pipe
// that nobody closes, and SIGPIPE ends it when its reader is gone, even after SIGKILL. Its messages are read
// by a thread, or it would stand still when their pipe is full.
#include "codec/io/ffmpeg_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/io/atomic_file.h"

extern char** environ;

namespace quaver::internal {
namespace {

constexpr size_t kMaxSaid = 4096;
constexpr int kLinesTold = 3;
constexpr int kPatience = 200;  // ms between looks whether the process is over

// Without play lists, image sequences, scripts and all else that makes ffmpeg open further files.
constexpr const char* kFormats =
    "aa,aac,aax,ac3,ac4,adx,aea,aiff,amr,ape,asf,ast,au,avi,bonk,caf,dsf,dts,dtshd,eac3,flac,flv,gsm,iff,"
    "ircam,loas,"
    "matroska,mlp,mov,mp3,mpc,mpc8,mpeg,mpegts,mxf,nistsphere,nut,ogg,oma,osq,paf,qcp,qoa,rm,rso,sbc,shn,sox,"
    "tak,"
    "truehd,tta,voc,vqf,w64,wady,wav,wsd,wtv,wv,xa,xwma";

std::array<std::atomic<pid_t>, kMaxTemporaryFiles> running;
static_assert(std::atomic<pid_t>::is_always_lock_free);

int Register(pid_t process) {
  for (size_t i = 0; i < running.size(); ++i) {
    pid_t expected = 0;
    if (running[i].compare_exchange_strong(expected, process)) return static_cast<int>(i);
  }
  return -1;
}

void Close(int& fd) {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

// Both ends beyond the standard streams, even if those are closed, and not for other children.
bool MakePipe(std::array<int, 2>& ends) {
  std::array<int, 2> low{-1, -1};
  if (::pipe2(low.data(), O_CLOEXEC) != 0) return false;
  for (size_t i = 0; i < 2; ++i) {
    ends[i] = ::fcntl(low[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    ::close(low[i]);
  }
  return ends[0] >= 0 && ends[1] >= 0;
}

// One line without "[mov,mp4 @ 0x55d0c0]" and the name of the file.
std::string Tidy(std::string_view line, const std::string& source) {
  while (line.starts_with('[')) {
    const size_t end = line.find("] ");
    if (end == std::string_view::npos) break;
    line.remove_prefix(end + 2);
  }
  if (const size_t at = line.find(source + ": "); at != std::string_view::npos)
    line.remove_prefix(at + source.size() + 2);
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '.'))
    line.remove_suffix(1);
  std::string text(line);
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
  return text;
}

std::string FirstLines(const std::string& said, const std::string& source) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < said.size() && lines.size() < kLinesTold;) {
    const size_t end = std::min(said.find('\n', begin), said.size());
    std::string line = Tidy(std::string_view(said).substr(begin, end - begin), source);
    if (!line.empty() && std::ranges::find(lines, line) == lines.end()) lines.push_back(std::move(line));
    begin = end + 1;
  }
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "; ") + line;
  return text;
}

class SpawnSettings {
 public:
  SpawnSettings(int input, int output, int errors) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    if (input >= 0) {
      Check(::posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO));
    } else {
      Check(::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0));
    }
    Check(::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO));
    Check(::posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO));
    sigset_t signals;
    ::sigemptyset(&signals);
    Check(::posix_spawnattr_setsigmask(&attributes_, &signals));
    ::sigaddset(&signals, SIGPIPE);
    ::sigaddset(&signals, SIGXFSZ);
    Check(::posix_spawnattr_setsigdefault(&attributes_, &signals));
    Check(::posix_spawnattr_setpgroup(&attributes_, 0));
    Check(::posix_spawnattr_setflags(&attributes_,
                                     POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  // 0, or an errno.
  int Spawn(const std::vector<std::string>& words, pid_t& process) const {
    if (error_ != 0) return error_;
    std::vector<char*> argv;
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    return ::posix_spawn(&process, argv[0], &actions_, &attributes_, argv.data(), environ);
  }

 private:
  void Check(int result) { error_ = error_ != 0 ? error_ : result; }
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
  int error_ = 0;
};

}  // namespace

void EndFfmpegProcesses() noexcept {
  for (const auto& process : running) {
    if (const pid_t group = process.load(); group > 0) ::kill(-group, SIGKILL);
  }
}

std::string FfmpegProcess::Find() {
  const char* path = std::getenv("PATH");
  for (std::string_view rest = path == nullptr ? "/usr/bin:/bin" : path; !rest.empty();) {
    const size_t colon = std::min(rest.find(':'), rest.size());
    const std::string program = std::string(rest.substr(0, colon)) + "/ffmpeg";
    rest.remove_prefix(std::min(colon + 1, rest.size()));
    // Not from the folder that one happens to be in, which may hold anything.
    if (program.size() > 7 && program.front() == '/' && ::access(program.c_str(), X_OK) == 0) return program;
  }
  return "";
}

Result<std::unique_ptr<FfmpegProcess>> FfmpegProcess::Start(const std::string& program,
                                                            const std::string& path, int input) {
  std::unique_ptr<FfmpegProcess> ffmpeg(new FfmpegProcess);
  // As a local file, whatever its name looks like ("-x", "http:x").
  ffmpeg->source_ = "file:" + (input >= 0 ? "/dev/fd/0" : path);
  std::array<int, 2> output{-1, -1};
  std::array<int, 2> errors{-1, -1};
  const bool pipes = MakePipe(output) && MakePipe(errors);
  ffmpeg->output_ = output[0];
  ffmpeg->errors_ = errors[0];
  int error = pipes ? 0 : errno;
  if (pipes) {
    const SpawnSettings settings(input, output[1], errors[1]);
    error = settings.Spawn(
        {program, "-nostdin", "-v", "error", "-protocol_whitelist", "file,pipe", "-format_whitelist",
         kFormats, "-i", ffmpeg->source_, "-map", "0:a:0", "-c:a", "pcm_f32le", "-f", "wav", "pipe:1"},
        ffmpeg->process_);
  }
  Close(output[1]);
  Close(errors[1]);
  if (error != 0) {
    ffmpeg->process_ = -1;
    return Error{program + " cannot be run: " + std::strerror(error)};
  }
  ffmpeg->slot_ = Register(ffmpeg->process_);
  ffmpeg->listener_ = std::thread([self = ffmpeg.get()] { self->Listen(); });
  return ffmpeg;
}

FfmpegProcess::~FfmpegProcess() {
  Close(output_);
  if (process_ > 0) {
    ::kill(-process_, SIGKILL);
    Reap();
  }
  Close(errors_);
}

int FfmpegProcess::TakeOutput() { return std::exchange(output_, -1); }

// Until all who could write have closed the pipe, or the process is over and nothing is left in the pipe.
void FfmpegProcess::Listen() {
  std::array<char, 1024> chunk{};
  for (;;) {
    const bool over = over_;
    pollfd ready{errors_, POLLIN, 0};
    const int count = ::poll(&ready, 1, over ? 0 : kPatience);
    if (count == 0 && over) return;
    if (count == 0 || (count < 0 && errno == EINTR)) continue;
    const ssize_t got = count < 0 ? -1 : ::read(errors_, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    said_.append(chunk.data(), std::min(static_cast<size_t>(got), kMaxSaid - said_.size()));
  }
}

// The process stays in the list of those that a signal ends until it has ended, and no longer: the number may
// then be another's.
int FfmpegProcess::Reap() {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(process_), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  ::kill(-process_, SIGKILL);  // what it has started and left
  if (slot_ >= 0) running[static_cast<size_t>(slot_)].store(0);
  slot_ = -1;
  int status = -1;
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  process_ = -1;
  over_ = true;
  listener_.join();
  return status;
}

FfmpegProcess::End FfmpegProcess::Wait() {
  End end;
  const int status = Reap();
  end.text = FirstLines(said_, source_);
  end.failed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
  if (end.failed && end.text.empty()) {
    end.text = WIFSIGNALED(status) ? "ended by signal " + std::to_string(WTERMSIG(status))
                                   : "exit code " + std::to_string(WEXITSTATUS(status));
  }
  return end;
}

}  // namespace quaver::internal
