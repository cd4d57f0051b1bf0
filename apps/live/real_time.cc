#include "apps/live/real_time.h"

#include <pthread.h>
#include <sched.h>

namespace quaver {
namespace {

constexpr int kPriority = 5;  // of 1 .. 99: below the system's own sound threads

}  // namespace

void RaiseThisThread() {
  sched_param parameters{};
  parameters.sched_priority = kPriority;
  if (::pthread_setschedparam(::pthread_self(), SCHED_RR, &parameters) !=
      0) { /* an ordinary thread does as well */
  }
}

}  // namespace quaver
