// Decoded samples to a sound file: resamples, and ends at the right sample.
#ifndef QUAVER_CODEC_CONTAINER_PLAYBACK_H_
#define QUAVER_CODEC_CONTAINER_PLAYBACK_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "codec/io/resampler.h"
#include "codec/io/sound_file.h"
#include "codec/status.h"

namespace quaver {

class Playback {
 public:
  // Samples at `model_rate` come in; `writer` takes `rate`.
  static Result<Playback> Create(int model_rate, int rate, std::unique_ptr<SoundWriter> writer);

  // From now on nothing is written beyond so many samples at the output's rate.
  void SetLength(uint64_t samples) { length_ = samples; }
  Status Write(std::span<const float> samples);
  // The rest; silence up to the length if the frames did not reach it. Makes the file appear.
  Status Finish();

  uint64_t written() const { return written_; }  // samples at the output's rate
  // Samples at the model's rate that have to come before the sound reaches the length; 0 if it does or none
  // is set.
  uint64_t Missing() const;

 private:
  Playback(int model_rate, int rate, std::unique_ptr<SoundWriter> writer,
           std::unique_ptr<Resampler> resampler);
  Status Emit();

  static constexpr uint64_t kUnknown = UINT64_MAX;
  uint64_t model_rate_;
  uint64_t rate_;
  uint64_t taken_ = 0;  // at the model's rate
  uint64_t written_ = 0;
  uint64_t length_ = kUnknown;
  std::unique_ptr<SoundWriter> writer_;
  std::unique_ptr<Resampler> resampler_;
  std::vector<float> resampled_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_CONTAINER_PLAYBACK_H_
