// Where the frames come from: a microphone's ring, or a sound file in its place.
#ifndef QUAVER_APPS_LIVE_SOURCES_H_
#define QUAVER_APPS_LIVE_SOURCES_H_

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "codec/device/device_ports.h"
#include "codec/device/variable_resampler.h"
#include "codec/io/resampler.h"
#include "codec/io/sound_file.h"
#include "codec/status.h"

namespace quaver {

enum class Got { kNothing, kFrame, kEnd };

class FrameSource {
 public:
  virtual ~FrameSource() = default;
  // The next frame at the model's rate, if there is one by now.
  virtual Result<Got> Next(std::span<float> frame) = 0;
  // Does it give frames as time goes by (a microphone), or as fast as one asks (a file)?
  virtual bool live() const = 0;
  virtual double waiting() const { return 0; }          // seconds of sound that have come and not been given
  virtual double resampler_delay() const { return 0; }  // seconds
};

class MicrophoneSource : public FrameSource {
 public:
  static Result<std::unique_ptr<MicrophoneSource>> Create(CapturePort& port, double rate, double model_rate);
  Result<Got> Next(std::span<float> frame) override;
  bool live() const override { return true; }
  double waiting() const override;
  double resampler_delay() const override { return resampler_->delay(); }

 private:
  MicrophoneSource(CapturePort& port, double rate, double model_rate,
                   std::unique_ptr<VariableResampler> resampler);
  CapturePort& port_;
  double rate_;
  double model_rate_;
  std::unique_ptr<VariableResampler> resampler_;
  std::vector<float> block_;    // from the ring
  std::vector<float> pending_;  // at the model's rate
};

class FileSource : public FrameSource {
 public:
  // Ends `tail` samples of silence (at the model's rate) after the sound, so that a decoder's delay comes
  // out.
  static Result<std::unique_ptr<FileSource>> Open(const std::string& path, double model_rate, size_t tail);
  Result<Got> Next(std::span<float> frame) override;
  bool live() const override { return false; }
  const SoundReader& sound() const { return *sound_; }

 private:
  FileSource(std::unique_ptr<SoundReader> sound, std::unique_ptr<Resampler> resampler, size_t tail);
  Status Read();
  std::unique_ptr<SoundReader> sound_;
  std::unique_ptr<Resampler> resampler_;
  size_t tail_;
  bool ended_ = false;
  std::vector<float> block_;    // from the file
  std::vector<float> pending_;  // at the model's rate
};

}  // namespace quaver

#endif  // QUAVER_APPS_LIVE_SOURCES_H_
