// What a command says on stderr: errors, notes, and one line that is drawn over.
#ifndef QUAVER_APPS_CLI_CONSOLE_H_
#define QUAVER_APPS_CLI_CONSOLE_H_

#include <mutex>
#include <string>

namespace quaver {

// May be called from several threads. Errors and warnings are "quaver encode: MESSAGE"; a progress bar that
// stands in the line is wiped first. What would do harm to a terminal is escaped (printable.h).
class Console {
 public:
  Console(std::string command, bool quiet);
  ~Console();

  void Error(const std::string& message);
  // Of what is odd but harmless: not with --quiet.
  void Warning(const std::string& message);
  // What people like to read and scripts do not: only on a terminal, not with --quiet.
  void Note(const std::string& message);
  // A line of a report: always printed.
  void Print(const std::string& line);
  // Draws `bar` in the last line of the terminal, over the bar before.
  void Bar(const std::string& bar);
  bool talkative() const { return talkative_; }

 private:
  void Wipe();
  std::string command_;
  bool quiet_;
  bool talkative_;
  bool bar_drawn_ = false;
  std::mutex mutex_;
};

}  // namespace quaver

#endif  // QUAVER_APPS_CLI_CONSOLE_H_
