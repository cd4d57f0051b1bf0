#include "codec/train/log/event_record.h"

#include <bit>

#include "codec/train/log/crc32c.h"

namespace quaver {
namespace {

enum WireType : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

void PutVarint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(0x80 | (value & 0x7F));
  out += static_cast<char>(value);
}

template <typename T>
void PutFixed(std::string& out, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) out += static_cast<char>((value >> (8 * i)) & 0xFF);
}

void PutKey(std::string& out, uint32_t field, WireType type) { PutVarint(out, field << 3 | type); }

void PutInteger(std::string& out, uint32_t field, int64_t value) {
  PutKey(out, field, kVarint);
  PutVarint(out, static_cast<uint64_t>(value));
}

void PutFloat(std::string& out, uint32_t field, float value) {
  PutKey(out, field, kFixed32);
  PutFixed(out, std::bit_cast<uint32_t>(value));
}

void PutDouble(std::string& out, uint32_t field, double value) {
  PutKey(out, field, kFixed64);
  PutFixed(out, std::bit_cast<uint64_t>(value));
}

void PutBytes(std::string& out, uint32_t field, std::string_view value) {
  PutKey(out, field, kBytes);
  PutVarint(out, value.size());
  out += value;
}

// Event: wall_time = 1, step = 2, file_version = 3, summary = 5, session_log = 7.
std::string EventHead(double wall_time, int64_t step) {
  std::string event;
  PutDouble(event, 1, wall_time);
  if (step != 0) PutInteger(event, 2, step);
  return event;
}

// Summary.Value: tag = 1, simple_value = 2, image = 4, audio = 6.
std::string TaggedValue(std::string_view tag) {
  std::string value;
  PutBytes(value, 1, tag);
  return value;
}

}  // namespace

std::string ScalarValue(std::string_view tag, float value) {
  std::string out = TaggedValue(tag);
  PutFloat(out, 2, value);
  return out;
}

// Summary.Audio: sample_rate = 1, num_channels = 2, length_frames = 3, encoded_audio_string = 4,
// content_type = 5.
std::string AudioValue(std::string_view tag, std::string_view wav, int sample_rate, int64_t samples) {
  std::string audio;
  PutFloat(audio, 1, static_cast<float>(sample_rate));
  PutInteger(audio, 2, 1);
  PutInteger(audio, 3, samples);
  PutBytes(audio, 4, wav);
  PutBytes(audio, 5, "audio/wav");
  std::string out = TaggedValue(tag);
  PutBytes(out, 6, audio);
  return out;
}

// Summary.Image: height = 1, width = 2, colorspace = 3 (3: RGB), encoded_image_string = 4.
std::string ImageValue(std::string_view tag, std::string_view png, int width, int height) {
  std::string image;
  PutInteger(image, 1, height);
  PutInteger(image, 2, width);
  PutInteger(image, 3, 3);
  PutBytes(image, 4, png);
  std::string out = TaggedValue(tag);
  PutBytes(out, 4, image);
  return out;
}

std::string FileVersionEvent(double wall_time) {
  std::string event = EventHead(wall_time, 0);
  PutBytes(event, 3, "brain.Event:2");
  return event;
}

// SessionLog: status = 1 (1: START).
std::string SessionStartEvent(double wall_time, int64_t step) {
  std::string session;
  PutInteger(session, 1, 1);
  std::string event = EventHead(wall_time, step);
  PutBytes(event, 7, session);
  return event;
}

void SummaryEvent::Add(std::string_view value) { PutBytes(summary_, 1, value); }

std::string SummaryEvent::Bytes() const {
  std::string event = EventHead(wall_time_, step_);
  PutBytes(event, 5, summary_);
  return event;
}

std::string Record(std::string_view event) {
  std::string out;
  PutFixed(out, static_cast<uint64_t>(event.size()));
  PutFixed(out, MaskedCrc32c(out));
  out += event;
  PutFixed(out, MaskedCrc32c(event));
  return out;
}

}  // namespace quaver
