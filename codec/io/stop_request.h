// The wish that input which comes as time goes by ends now, so that what came of it can become a whole file:
// made by a signal handler, granted by whatever reads pipes.
#ifndef QUAVER_CODEC_IO_STOP_REQUEST_H_
#define QUAVER_CODEC_IO_STOP_REQUEST_H_

#include "codec/status.h"

namespace quaver {

// From now on RequestStop() ends AwaitInput(). For a program's main(); a library never calls it. Fails when
// no descriptors are left.
Status EnableStopRequests();

// Async-signal-safe. `signal_number`, not 0, is what StopRequested() gives from now on; only the first call
// counts. False: there was one before.
bool RequestStop(int signal_number) noexcept;

// The signal by which the end was asked for, or 0.
int StopRequested() noexcept;

// Waits until a read from `fd`, a pipe, socket or device, does not block: true. False when a stop was
// requested: the input counts as ended. What other programs of a pipeline, which got the same signal, write
// before they end is still let in, for a second.
bool AwaitInput(int fd) noexcept;

}  // namespace quaver

#endif  // QUAVER_CODEC_IO_STOP_REQUEST_H_
