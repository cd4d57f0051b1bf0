// Exit codes of the program, listed by `quaver --help`.
#ifndef QUAVER_APPS_CLI_EXIT_CODES_H_
#define QUAVER_APPS_CLI_EXIT_CODES_H_

#include <algorithm>

namespace quaver {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;     // at least one input failed; the others were processed
inline constexpr int kExitUsage = 2;      // usage error; nothing was done
inline constexpr int kExitDamaged = 3;    // all that is there was processed, but something was lost
inline constexpr int kExitNoTrainer = 4;  // `train` or `export` in a program built without LibTorch

// Of two inputs: a failure outweighs damage, damage outweighs success.
inline int WorseExit(int a, int b) {
  if (a == kExitFailed || b == kExitFailed) return kExitFailed;
  return std::max(a, b);
}

}  // namespace quaver

#endif  // QUAVER_APPS_CLI_EXIT_CODES_H_
