#include "codec/train/log/event_file.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>

#include "codec/train/log/event_record.h"
#include "codec/train/log/wav.h"

namespace quaver {
namespace {

double Now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// "tfevents" in it is what TensorBoard looks for; the seconds, of ten digits, put files in order.
std::string FreeName(const std::string& folder, double now) {
  for (long second = static_cast<long>(now);; ++second) {
    char name[64];
    std::snprintf(name, sizeof(name), "/events.out.tfevents.%010ld.quaver", second);
    std::error_code ignored;
    if (!std::filesystem::exists(folder + name, ignored)) return folder + name;
  }
}

}  // namespace

Result<std::unique_ptr<EventFile>> EventFile::Create(const std::string& folder, int64_t step) {
  std::unique_ptr<EventFile> out(new EventFile);
  const double now = Now();
  Status status = out->file_.Open(FreeName(folder, now));
  if (status.ok()) status = out->file_.Append(Record(FileVersionEvent(now)));
  if (status.ok()) status = out->file_.Append(Record(SessionStartEvent(now, step + 1)));
  if (!status.ok()) return status.error();
  return out;
}

Status EventFile::Scalars(int64_t step, std::span<const NamedValue> values) {
  if (values.empty()) return {};
  SummaryEvent event(Now(), step);
  for (const auto& [name, value] : values) event.Add(ScalarValue(name, static_cast<float>(value)));
  return file_.Append(Record(event.Bytes()));
}

Status EventFile::Audio(int64_t step, const std::string& tag, std::span<const float> samples,
                        int sample_rate) {
  SummaryEvent event(Now(), step);
  event.Add(
      AudioValue(tag, WavBytes(samples, sample_rate), sample_rate, static_cast<int64_t>(samples.size())));
  return file_.Append(Record(event.Bytes()));
}

Status EventFile::Image(int64_t step, const std::string& tag, const Picture& picture) {
  const auto png = EncodePng(picture);
  if (!png.ok()) return png.error();
  SummaryEvent event(Now(), step);
  event.Add(ImageValue(tag, png.value(), picture.width, picture.height));
  return file_.Append(Record(event.Bytes()));
}

}  // namespace quaver
