// The terminal while a live view is on it: keys without Enter, and the old mode again however the program
// ends.
#ifndef QUAVER_APPS_LIVE_TERMINAL_H_
#define QUAVER_APPS_LIVE_TERMINAL_H_

#include <string>
#include <vector>

namespace quaver {

enum class Key { kUp, kDown, kLossUp, kLossDown, kBypass, kMute, kQuit };

// The keys in what a terminal sends; an escape sequence may be cut off at the end of `text`: the rest stays
// there.
std::vector<Key> ParseKeys(std::string& text);

// Puts standard input into the mode where every key arrives at once, unseen. The mode before comes back with
// the destructor, on exit(), on Ctrl-\, and on signals that end a
// program by a fault.
class RawTerminal {
 public:
  // Does nothing, and gives no keys, if standard input is no terminal or is not ours to read (background).
  RawTerminal();
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

  std::vector<Key> Keys();  // pressed since the last call; does not wait

 private:
  bool active_ = false;
  std::string text_;
};

// Columns of the terminal at standard output, 80 if nobody knows.
int TerminalWidth();

// The mode before the RawTerminal that there is now, if there is one. Async-signal-safe.
void RestoreTerminal();

}  // namespace quaver

#endif  // QUAVER_APPS_LIVE_TERMINAL_H_
