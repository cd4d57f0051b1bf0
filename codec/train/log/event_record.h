// The bytes of TensorBoard's records. The few messages that Quaver writes are encoded by hand: LibTorch
// carries a protobuf of its own, and a second one in the same program is asking for trouble. Field numbers
// are those of tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto, the wire format
// that of https://protobuf.dev/programming-guides/encoding/, the frame around a record that of
// tensorflow/core/lib/io/record_writer.h.
#ifndef QUAVER_CODEC_TRAIN_LOG_EVENT_RECORD_H_
#define QUAVER_CODEC_TRAIN_LOG_EVENT_RECORD_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace quaver {

// Summary.Value messages, each under its tag.
std::string ScalarValue(std::string_view tag, float value);
// wav: a whole WAV file; samples: of a channel.
std::string AudioValue(std::string_view tag, std::string_view wav, int sample_rate, int64_t samples);
// png: a whole PNG file, RGB.
std::string ImageValue(std::string_view tag, std::string_view png, int width, int height);

// Event messages. wall_time: seconds since 1970.
std::string FileVersionEvent(double wall_time);
// What earlier files say of `step` and beyond no longer counts.
std::string SessionStartEvent(double wall_time, int64_t step);
class SummaryEvent {
 public:
  SummaryEvent(double wall_time, int64_t step) : wall_time_(wall_time), step_(step) {}
  void Add(std::string_view value);  // a Summary.Value
  bool empty() const { return summary_.empty(); }
  std::string Bytes() const;

 private:
  double wall_time_;
  int64_t step_;
  std::string summary_;
};

// A TFRecord: length, masked CRC of the length, event, masked CRC of the event; little-endian.
std::string Record(std::string_view event);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_LOG_EVENT_RECORD_H_
