// What a program asks of the system so that a busy machine does not interrupt its sound. Where it is not
// allowed to (limits rtprio and memlock), all goes on without.
#ifndef QUAVER_APPS_LIVE_REAL_TIME_H_
#define QUAVER_APPS_LIVE_REAL_TIME_H_

namespace quaver {

// The calling thread comes before those of ordinary programs. It must sleep most of the time.
void RaiseThisThread();

}  // namespace quaver

#endif  // QUAVER_APPS_LIVE_REAL_TIME_H_
