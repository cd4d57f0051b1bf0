#include "apps/fit_progress.h"

#include <unistd.h>

#include <cstdio>

namespace quaver {

FitProgress TerminalFitProgress() {
  if (isatty(STDERR_FILENO) == 0) return {};
  return [](const std::string& what, int64_t done, int64_t total) {
    std::fprintf(stderr, "\r%s %lld of %lld ", what.c_str(), static_cast<long long>(done),
                 static_cast<long long>(total));
    if (done == total) std::fputc('\n', stderr);
  };
}

}  // namespace quaver
