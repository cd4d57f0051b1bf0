// Starts programs with an environment of their own and waits for them.
#ifndef QUAVER_TESTS_TRAIN_DISTRIBUTED_PROCESSES_H_
#define QUAVER_TESTS_TRAIN_DISTRIBUTED_PROCESSES_H_

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace quaver {

using Variables = std::map<std::string, std::string>;

struct Ended {
  int code = -1;     // exit code, 128 + signal, or -1: killed by the test because it went on for too long
  std::string text;  // standard output and standard error
};

class Process {
 public:
  Process(const std::vector<std::string>& command, const Variables& variables);
  ~Process();  // kills it if it still runs
  Process(Process&& other) noexcept;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Kills it after so long: more than it takes on the busiest machine.
  Ended Wait(int seconds = 600);
  bool Runs() const;
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
  int output_ = -1;  // a file that has no name any more
};

int FreePort();
// What torchrun tells rank `rank` of `size`.
Variables RankOf(int rank, int size, int port);
// `command` as ranks 0 .. size - 1, each with `extra` in its environment.
std::vector<Ended> RunRanks(int size, const std::vector<std::string>& command, const Variables& extra = {});

}  // namespace quaver

#endif  // QUAVER_TESTS_TRAIN_DISTRIBUTED_PROCESSES_H_
