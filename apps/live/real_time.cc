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
  // Refused without the right to it; an ordinary thread does as well.
  (void)::pthread_setschedparam(::pthread_self(), SCHED_RR, &parameters);
}

}  // namespace quaver
