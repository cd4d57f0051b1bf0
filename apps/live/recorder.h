// Both sides of the conversation to a stereo file, on a thread of its own: a slow disk holds up nobody.
#ifndef QUAVER_APPS_LIVE_RECORDER_H_
#define QUAVER_APPS_LIVE_RECORDER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "codec/device/sample_ring.h"
#include "codec/io/sound_file.h"
#include "codec/status.h"

namespace quaver {

class Recorder {
 public:
  // .wav or .flac at `rate` Hz.
  static Result<std::unique_ptr<Recorder>> Open(const std::string& path, int rate, Existing existing);
  ~Recorder();

  // Left and right, of equal length. For one thread; does not wait: what the disk cannot take in time is
  // lost.
  void Add(std::span<const float> left, std::span<const float> right) noexcept;
  // Writes the rest and makes the file appear.
  Status Finish();
  uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }  // samples of each side

 private:
  Recorder(std::unique_ptr<SoundWriter> writer, int rate);
  void Run();
  void Drain();
  void Stop();

  std::unique_ptr<SoundWriter> writer_;
  SampleRing ring_;  // left, right, left, ...
  std::vector<float> pairs_;
  std::vector<float> block_;
  std::atomic<uint64_t> lost_ = 0;
  std::atomic<bool> stop_ = false;
  Status status_;  // the thread's until it has ended
  std::thread thread_;
};

}  // namespace quaver

#endif  // QUAVER_APPS_LIVE_RECORDER_H_
