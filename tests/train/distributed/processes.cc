#include "tests/train/distributed/processes.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

namespace quaver {
namespace {

// Those of a launcher that this test itself may run under would confuse its processes.
bool OfALauncher(const std::string& entry) {
  for (const char* prefix :
       {"RANK=", "WORLD_SIZE=", "LOCAL_RANK=", "MASTER_", "SLURM_", "OMPI_", "TORCHELASTIC_", "GLOO_"}) {
    if (entry.rfind(prefix, 0) == 0) return true;
  }
  return false;
}

std::vector<std::string> Environment(const Variables& variables) {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!OfALauncher(text) && !variables.contains(text.substr(0, text.find('=')))) out.push_back(text);
  }
  for (const auto& [name, value] : variables) out.push_back(name + "=" + value);
  return out;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::string ReadAll(int file) {
  std::string text(static_cast<size_t>(lseek(file, 0, SEEK_END)), '\0');
  const ssize_t count = pread(file, text.data(), text.size(), 0);
  text.resize(count < 0 ? 0 : static_cast<size_t>(count));
  return text;
}

}  // namespace

Process::Process(const std::vector<std::string>& command, const Variables& variables)
    : output_(memfd_create("output", MFD_CLOEXEC)) {
  std::vector<std::string> words = command;
  std::vector<std::string> settings = Environment(variables);
  const auto arguments = Pointers(words);
  const auto environment = Pointers(settings);
  pid_ = fork();
  if (pid_ != 0) return;
  dup2(output_, 1);
  dup2(output_, 2);
  execve(arguments[0], arguments.data(), environment.data());
  _exit(127);
}

Process::Process(Process&& other) noexcept : pid_(other.pid_), output_(other.output_) {
  other.pid_ = 0;
  other.output_ = -1;
}

Process::~Process() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (output_ >= 0) close(output_);
}

bool Process::Runs() const {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0;
}

Ended Process::Wait(int seconds) {
  Ended ended;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  int status = 0;
  while (waitpid(pid_, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > end) {
      kill(pid_, SIGKILL);
      waitpid(pid_, &status, 0);
      pid_ = 0;
      ended.text = ReadAll(output_);
      return ended;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  pid_ = 0;
  ended.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  ended.text = ReadAll(output_);
  return ended;
}

int FreePort() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  int port = 0;
  if (bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
      getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0)
    port = ntohs(address.sin_port);
  close(socket);
  return port;
}

Variables RankOf(int rank, int size, int port) {
  return {{"RANK", std::to_string(rank)},        {"WORLD_SIZE", std::to_string(size)},
          {"LOCAL_RANK", std::to_string(rank)},  {"MASTER_ADDR", "127.0.0.1"},
          {"MASTER_PORT", std::to_string(port)}, {"OMP_NUM_THREADS", "1"}};
}

std::vector<Ended> RunRanks(int size, const std::vector<std::string>& command, const Variables& extra) {
  const int port = FreePort();
  std::vector<Process> processes;
  for (int rank = 0; rank < size; ++rank) {
    Variables variables = RankOf(rank, size, port);
    variables.insert(extra.begin(), extra.end());
    processes.emplace_back(command, variables);
  }
  std::vector<Ended> ended;
  for (Process& process : processes) ended.push_back(process.Wait());
  return ended;
}

}  // namespace quaver
