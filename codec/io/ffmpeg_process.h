// Internal: ffmpeg, run to read what libsndfile cannot.
#ifndef QUAVER_CODEC_IO_FFMPEG_PROCESS_H_
#define QUAVER_CODEC_IO_FFMPEG_PROCESS_H_

#include <sys/types.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "codec/status.h"

namespace quaver::internal {

class FfmpegProcess {
 public:
  // The program, from the folders of PATH; empty: not installed.
  static std::string Find();
  // Runs `program` on the local file `path`, or on the descriptor `input` of a file if that is not negative.
  // No shell, no network, and only formats that name no other files.
  static Result<std::unique_ptr<FfmpegProcess>> Start(const std::string& program, const std::string& path,
                                                      int input);
  // Ends the program if it still runs.
  ~FfmpegProcess();
  FfmpegProcess(const FfmpegProcess&) = delete;
  FfmpegProcess& operator=(const FfmpegProcess&) = delete;

  // The sound: a WAV of 32-bit floats whose header does not know its length. The caller closes it. Once.
  int TakeOutput();
  struct End {
    bool failed = false;  // it did not get to the end
    std::string text;     // what it complained about, on one line; may be empty
  };
  // After the last of the output, or once that is closed: waits for the end of the program. At most once.
  End Wait();

 private:
  FfmpegProcess() = default;
  void Listen();
  int Reap();

  std::string source_;  // as it is called in its messages
  pid_t process_ = -1;  // also its process group
  int slot_ = -1;       // in the list of processes that a signal ends
  int output_ = -1;
  int errors_ = -1;
  std::string said_;  // its first error messages; of the listener until that has ended
  std::atomic<bool> over_ = false;
  std::thread listener_;
};

// Ends all that run. Async-signal-safe, for the end of the program.
void EndFfmpegProcesses() noexcept;

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_IO_FFMPEG_PROCESS_H_
