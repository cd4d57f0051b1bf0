// One progress bar for all inputs of a command.
#ifndef QUAVER_APPS_CLI_PROGRESS_H_
#define QUAVER_APPS_CLI_PROGRESS_H_

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

#include "apps/cli/console.h"

namespace quaver {

// May be called from several threads. Draws nothing if the console is not talkative.
class Progress {
 public:
  Progress(Console& console, size_t files);
  // Input number `file` is so far done (0 .. 1, negative if nobody knows) after `seconds` of audio.
  void Update(size_t file, double fraction, double seconds);
  // Nothing more is to come of it.
  void Finish(size_t file);

 private:
  struct File {
    double fraction = 0;
    double seconds = 0;
  };
  void Set(size_t file, File now);
  void Draw();
  std::string Line(double elapsed) const;

  using Clock = std::chrono::steady_clock;
  Console& console_;
  std::mutex mutex_;
  std::vector<File> files_;
  double done_ = 0;     // files, parts of them too: kept up with every update, as there may be many
  double seconds_ = 0;  // of all files
  Clock::time_point start_ = Clock::now();
  Clock::time_point drawn_ = start_;
};

// "1:02:03" or "2:03".
std::string ClockText(double seconds);

}  // namespace quaver

#endif  // QUAVER_APPS_CLI_PROGRESS_H_
