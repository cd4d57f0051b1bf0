// A TensorBoard event file in a run's folder.
#ifndef QUAVER_CODEC_TRAIN_LOG_EVENT_FILE_H_
#define QUAVER_CODEC_TRAIN_LOG_EVENT_FILE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "codec/status.h"
#include "codec/train/log/append_file.h"
#include "codec/train/log/png.h"

namespace quaver {

struct NamedValue {
  std::string name;
  double value = 0;
};

class EventFile {
 public:
  // Begins a new file in `folder` (TensorBoard reads all of a folder's, in order of their names); tells the
  // reader to forget what earlier files say of steps after `step`.
  static Result<std::unique_ptr<EventFile>> Create(const std::string& folder, int64_t step);

  Status Scalars(int64_t step, std::span<const NamedValue> values);
  // samples in -1 .. 1, written as 16-bit WAV.
  Status Audio(int64_t step, const std::string& tag, std::span<const float> samples, int sample_rate);
  Status Image(int64_t step, const std::string& tag, const Picture& picture);
  Status Flush() { return file_.Flush(); }

 private:
  EventFile() = default;
  AppendFile file_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_LOG_EVENT_FILE_H_
