#include "codec/train/log/event_file.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string_view>

#include "codec/train/log/event_record.h"
#include "codec/train/log/wav.h"

namespace quaver {
namespace {

constexpr std::string_view kPrefix = "events.out.tfevents.";
constexpr std::string_view kSuffix = ".quaver";
constexpr long kLastSecond = 9'999'999'999;  // of ten digits

double Now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// "tfevents" in it is what TensorBoard looks for; the seconds, of ten digits, put files in order. A clock
// that was set back puts no file before those that are there.
std::string FreeName(const std::string& folder, double now) {
  long second = static_cast<long>(std::max(0.0, now));
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) continue;
    long taken = 0;
    std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), taken);
    if (taken < kLastSecond) second = std::max(second, taken + 1);
  }
  char digits[32];
  std::snprintf(digits, sizeof(digits), "%010ld", second);
  return folder + "/" + std::string(kPrefix) + digits + std::string(kSuffix);
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
