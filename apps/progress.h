// What a command says on stderr while it works. All of it may be called from several threads.
#ifndef QUAVER_APPS_PROGRESS_H_
#define QUAVER_APPS_PROGRESS_H_

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "codec/util/format.h"

namespace quaver {

// Errors and warnings: "quaver encode: MESSAGE". A progress bar that stands in the line is wiped first.
class Console {
 public:
  Console(std::string command, bool quiet);
  ~Console();

  void Error(const std::string& message);
  // What people like to read and scripts do not: only on a terminal, not with --quiet.
  void Note(const std::string& message);
  // Draws `bar` in the last line of the terminal, over the bar before.
  void Bar(const std::string& bar);
  bool talkative() const { return talkative_; }

 private:
  void Wipe();
  std::string command_;
  bool talkative_;
  bool bar_drawn_ = false;
  std::mutex mutex_;
};

// One bar for all inputs of a command; nothing at all if the console is not talkative.
class Progress {
 public:
  Progress(Console& console, size_t files);
  // Input number `file` is so far done (0 .. 1, negative if nobody knows) after `seconds` of audio.
  void Update(size_t file, double fraction, double seconds);

 private:
  struct File {
    double fraction = 0;
    double seconds = 0;
  };
  std::string Line(double elapsed) const;

  using Clock = std::chrono::steady_clock;
  Console& console_;
  std::mutex mutex_;
  std::vector<File> files_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point drawn_ = start_;
};

// "1:02:03" or "2:03".
std::string ClockText(double seconds);

}  // namespace quaver

#endif  // QUAVER_APPS_PROGRESS_H_
