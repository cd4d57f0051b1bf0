#include "codec/train/log/log_reader.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>

#include "codec/io/atomic_file.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr size_t kMaxLine = 1 << 20;
constexpr uintmax_t kMaxFile = uintmax_t{1} << 32;
constexpr size_t kMaxScalars = 256;
constexpr size_t kMaxValues = size_t{1} << 27;  // of all scalars together
constexpr size_t kMaxStarts = 1000;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// Calls take(line, its number) for every whole line, until it gives a problem. `unfinished`: bytes followed
// the last line's end.
Status ForEachLine(const std::string& path, bool& unfinished,
                   const std::function<std::string(const char* line, size_t size)>& take) {
  std::error_code error;
  if (!fs::exists(path, error)) return Error{path + ": there is no such file"};
  if (!fs::is_regular_file(path, error)) return Error{path + ": is not a file"};
  if (fs::file_size(path, error) > kMaxFile) return Error{path + ": longer than 4 GiB"};
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{path + ": cannot be opened"};
  std::vector<char> buffer(kMaxLine + 2);
  for (size_t number = 1;; ++number) {
    file.getline(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    const auto size = static_cast<size_t>(file.gcount());
    if (file.bad()) return Error{path + ": read failed"};
    if (file.eof()) {
      unfinished = size > 0;
      return {};
    }
    const std::string place = path + ": line " + std::to_string(number) + ": ";
    if (file.fail()) return Error{place + "longer than 1 MiB"};
    const std::string problem = take(buffer.data(), size - 1);  // the end of the line is counted
    if (!problem.empty()) return Error{place + problem};
  }
}

Json ParseLine(const char* line, size_t size) {
  return Json::parse(line, line + size, nullptr, /*allow_exceptions=*/false);
}

// The "step" of a line; negative: there is none.
int64_t StepOf(const Json& line) {
  const auto found = line.find("step");
  if (found == line.end() || !found->is_number_integer()) return -1;
  if (found->is_number_unsigned() && found->get<uint64_t>() > uint64_t{1} << 62) return -1;
  return found->get<int64_t>();
}

class Collector {
 public:
  std::string Take(const char* line, size_t size) {
    if (std::all_of(line, line + size, [](char c) { return c == ' ' || c == '\r' || c == '\t'; })) return "";
    const Json json = ParseLine(line, size);
    if (json.is_discarded()) return "not JSON";
    if (!json.is_object()) return "not a JSON object";
    const int64_t step = StepOf(json);
    if (step < 0) return "\"step\" is missing or not a whole number";
    if (json.contains("validation")) return TakeValidation(step, json["validation"]);
    if (json.contains("start")) return TakeStart(json["start"]);
    return TakeStep(step, json);
  }
  TrainingLog Finish() && {
    for (auto& scalar : log_.scalars) scalar.values.resize(log_.steps.size(), kNone);
    return std::move(log_);
  }
  TrainingLog& log() { return log_; }

 private:
  std::string TakeValidation(int64_t step, const Json& json) {
    auto result = ParseValidation(json);
    if (!result.ok()) return result.message();
    ForgetValidations(step);
    log_.validations.push_back({step, std::move(result).value()});
    return "";
  }
  std::string TakeStart(const Json& json) {
    if (!json.is_object()) return "\"start\" is not an object";
    if (log_.starts.size() == kMaxStarts) return "more than 1000 starts";
    log_.starts.push_back(json.dump(-1, ' ', false, Json::error_handler_t::replace));
    return "";
  }
  std::string TakeStep(int64_t step, const Json& json) {
    Forget(step);
    const size_t row = log_.steps.size();
    log_.steps.push_back(step);
    log_.times.push_back(kNone);
    for (const auto& item : json.items()) {
      if (item.key() == "step" || !(item.value().is_number() || item.value().is_null())) continue;
      const double value = item.value().is_null() ? kNone : item.value().get<double>();
      if (item.key() == "time") {
        log_.times.back() = value;
        continue;
      }
      auto& scalars = log_.scalars;
      auto found = std::find_if(scalars.begin(), scalars.end(),
                                [&](const TrainingLog::Scalar& s) { return s.name == item.key(); });
      if (found == scalars.end()) {
        if (scalars.size() == kMaxScalars) return "more than 256 names of values so far";
        found = scalars.insert(scalars.end(), {item.key(), {}});
      }
      found->values.resize(row, kNone);
      found->values.push_back(value);
    }
    if ((row + 1) * log_.scalars.size() > kMaxValues) return "more values so far than a report can show";
    return "";
  }
  void ForgetValidations(int64_t from) {
    while (!log_.validations.empty() && log_.validations.back().step >= from) log_.validations.pop_back();
  }
  void Forget(int64_t from) {
    ForgetValidations(from);
    if (log_.steps.empty() || log_.steps.back() < from) return;
    const auto kept = static_cast<size_t>(std::lower_bound(log_.steps.begin(), log_.steps.end(), from) -
                                          log_.steps.begin());
    log_.steps.resize(kept);
    log_.times.resize(kept);
    for (auto& scalar : log_.scalars) scalar.values.resize(std::min(scalar.values.size(), kept));
  }

  TrainingLog log_;
};

}  // namespace

Result<TrainingLog> ReadTrainingLog(const std::string& path) {
  Collector collector;
  const Status status = ForEachLine(path, collector.log().unfinished, [&](const char* line, size_t size) {
    return collector.Take(line, size);
  });
  if (!status.ok()) return status.error();
  return std::move(collector).Finish();
}

Status CutTrainingLog(const std::string& path, int64_t step) {
  std::error_code error;
  if (!fs::exists(path, error)) return {};
  std::string kept;
  bool dropped = false;
  auto file = AtomicFile::Create(path);
  if (!file.ok()) return file.error();
  Status written;
  const auto write = [&] {
    if (written.ok())
      written = file.value()->Write(std::span(reinterpret_cast<const uint8_t*>(kept.data()), kept.size()));
    kept.clear();
  };
  bool unfinished = false;
  const Status read = ForEachLine(path, unfinished, [&](const char* line, size_t size) {
    const Json json = ParseLine(line, size);
    const bool keep = json.is_object() && StepOf(json) >= 0 && StepOf(json) <= step;
    dropped = dropped || !keep;
    if (keep) kept.append(line, size) += '\n';
    if (kept.size() > kMaxLine) write();
    return "";
  });
  if (!read.ok()) return read;
  if (!dropped && !unfinished) return {};
  write();
  return written.ok() ? file.value()->Commit() : written;
}

}  // namespace quaver
