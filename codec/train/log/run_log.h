// What a training run leaves for those who watch it, in the run's folder:
//   log.jsonl                       a JSON line a step, a validation, a start
//   events.out.tfevents.*           the same for TensorBoard, with sound and spectrograms; a file a start
//   samples/                        sound of the first, the last and the best validations (sample_store.h)
#ifndef QUAVER_CODEC_TRAIN_LOG_RUN_LOG_H_
#define QUAVER_CODEC_TRAIN_LOG_RUN_LOG_H_

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "codec/status.h"
#include "codec/train/log/append_file.h"
#include "codec/train/log/event_file.h"
#include "codec/train/log/validation_result.h"

namespace quaver {

class RunLog {
 public:
  // Begins (step 0) or goes on after `step`: what the log says of later steps, which the checkpoint does not
  // know of, is dropped.
  static Result<std::unique_ptr<RunLog>> Open(const std::string& run, int64_t step);

  // What the run is made of, any JSON object: {"step":, "time":, "start": facts}.
  Status Start(const nlohmann::ordered_json& facts);
  // {"step":, NAME: VALUE.., "time":} and TensorBoard's train/NAME. Names of one's own choice but "step",
  // "time", "start", "validation". A value that is not finite becomes null.
  Status Step(int64_t step, std::span<const NamedValue> values);
  // {"step":, "time":, "validation": ..}, scores, sound and spectrograms in TensorBoard, samples as files.
  Status Validation(int64_t step, const ValidationResult& result);

 private:
  struct Scored {
    int64_t step;
    double score;
  };
  explicit RunLog(std::string run, int64_t step) : run_(std::move(run)), step_(step) {}
  Status Write(const nlohmann::ordered_json& line);
  Status Show(int64_t step, const DecodedClip& clip, int sample_rate);
  void Prune();

  std::string run_;
  int64_t step_;
  AppendFile lines_;
  std::unique_ptr<EventFile> events_;
  std::vector<Scored> scored_;  // rising steps
  int steps_since_flush_ = 0;
  bool references_shown_ = false;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_LOG_RUN_LOG_H_
