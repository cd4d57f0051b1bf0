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

  // From now on nothing is written beyond so many samples of the stream at the output's rate.
  void SetLength(uint64_t samples) { length_ = samples; }
  // Only samples begin .. end - 1 of the stream at the output's rate are to be written. Gives the number of
  // the sample at the model's rate that the first Write() has to begin with. It lies before what is written,
  // so that the resampler has what it needs: the result is that of the whole stream, exact where the rates
  // are equal, otherwise but for the rounding of floating-point numbers. Before any Write().
  uint64_t SetRange(uint64_t begin, uint64_t end);
  Status Write(std::span<const float> samples);
  // The rest; silence up to the length if the frames did not reach it. Makes the file appear.
  Status Finish();

  uint32_t rate() const { return static_cast<uint32_t>(rate_); }  // of the output, Hz
  uint64_t written() const { return written_; }                   // samples at the output's rate
  bool done() const { return position_ >= end_; }                 // all of the range is written
  // Samples at the model's rate that have to come before the sound reaches the length, or the end of the
  // range if that is nearer; 0 if it does or no length is set.
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
  uint64_t position_ = 0;  // in the stream at the output's rate
  uint64_t begin_ = 0;     // of the range
  uint64_t end_ = kUnknown;
  uint64_t length_ = kUnknown;
  std::unique_ptr<SoundWriter> writer_;
  std::unique_ptr<Resampler> resampler_;
  std::vector<float> resampled_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_CONTAINER_PLAYBACK_H_
