#include "apps/report/run_data.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "apps/report/run_samples.h"
#include "codec/train/log/log_reader.h"

namespace quaver {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxPoints = 1500;
constexpr double kLongestStep = 600;  // seconds; a longer gap in the log is a pause of the run
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// With `digits` significant digits: enough to be seen, a third of the bytes.
Json Number(double value, int digits = 5) {
  if (!std::isfinite(value)) return {};
  char text[32];
  std::snprintf(text, sizeof(text), "%.*g", digits, value);
  return std::strtod(text, nullptr);
}

Json Means(const std::vector<double>& values, size_t merged) {
  Json out = Json::array();
  for (size_t i = 0; i < values.size(); i += merged) {
    double sum = 0;
    int count = 0;
    for (size_t j = i; j < std::min(i + merged, values.size()); ++j) {
      if (!std::isfinite(values[j])) continue;
      sum += values[j];
      ++count;
    }
    out.push_back(Number(count == 0 ? kNone : sum / count));
  }
  return out;
}

// Hours on the clock less the pauses; empty: the log has no times.
std::vector<double> Hours(const std::vector<double>& times) {
  std::vector<double> hours;
  double seconds = 0;
  double before = kNone;
  for (const double time : times) {
    if (!std::isfinite(time)) return {};
    if (time > before) seconds += std::min(time - before, kLongestStep);
    before = time;
    hours.push_back(seconds / 3600);
  }
  return hours;
}

Json Curves(const TrainingLog& log) {
  const size_t merged = std::max<size_t>(1, (log.steps.size() + kMaxPoints - 1) / kMaxPoints);
  const auto every = [&](const auto& values) {
    Json out = Json::array();
    for (size_t i = 0; i < values.size(); i += merged)
      out.push_back(values[std::min(i + merged, values.size()) - 1]);
    return out;
  };
  Json curves = {{"merged", merged}, {"step", every(log.steps)}, {"hours", nullptr}};
  const std::vector<double> hours = Hours(log.times);
  if (!hours.empty()) {
    curves["hours"] = Json::array();
    for (const Json& hour : every(hours)) curves["hours"].push_back(Number(hour.get<double>(), 7));
  }
  curves["series"] = Json::array();
  for (const auto& [name, values] : log.scalars)
    curves["series"].push_back({{"name", name}, {"values", Means(values, merged)}});
  return curves;
}

Json Scores(const RateScores& scores) {
  return {{"n_q", scores.n_q},
          {"estoi", Number(scores.estoi)},
          {"log_mel_db", Number(scores.log_mel_db)},
          {"frozen_noise", scores.frozen_noise ? Number(*scores.frozen_noise) : Json()},
          {"clips", scores.clips}};
}

Json Validation(const TrainingLog::Validation& validation) {
  const ValidationResult& result = validation.result;
  Json out = {{"step", validation.step},          {"rates", Json::array()}, {"lossy", nullptr},
              {"tokens", Json::array()},          {"codes", result.codes},  {"score", Number(result.score)},
              {"seconds", Number(result.seconds)}};
  for (const RateScores& scores : result.rates) out["rates"].push_back(Scores(scores));
  if (result.lossy) {
    out["lossy"] = Scores(*result.lossy);
    out["lossy"]["frame_loss"] = result.frame_loss;
  }
  for (const TokenStats& stats : result.tokens) {
    out["tokens"].push_back({{"usage", Number(stats.usage)},
                             {"entropy_bits", Number(stats.entropy_bits)},
                             {"perplexity", Number(stats.normalised_perplexity)}});
  }
  return out;
}

std::string NameOf(const std::string& run) {
  std::error_code ignored;
  auto path = std::filesystem::absolute(run, ignored).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  return path.filename().string();
}

// Steps worth hearing: the first, the best and the last that have samples.
std::vector<int64_t> HeardSteps(const std::string& run, const TrainingLog& log, bool last_only) {
  const std::vector<int64_t> steps = SampleSteps(run);
  if (steps.size() < 2 || last_only) return steps.empty() ? steps : std::vector{steps.back()};
  std::vector<int64_t> heard = {steps.front()};
  const auto best =
      std::max_element(log.validations.begin(), log.validations.end(),
                       [](const auto& a, const auto& b) { return a.result.score < b.result.score; });
  const bool between = best != log.validations.end() && best->step > heard[0] && best->step < steps.back();
  if (between && std::find(steps.begin(), steps.end(), best->step) != steps.end())
    heard.push_back(best->step);
  heard.push_back(steps.back());
  return heard;
}

}  // namespace

Result<Json> DescribeRun(const std::string& run, bool last_samples_only, std::vector<std::string>& problems) {
  const auto read = ReadTrainingLog(run + "/log.jsonl");
  if (!read.ok()) return read.error();
  const TrainingLog& log = read.value();
  Json out = {{"name", NameOf(run)},
              {"folder", run},
              {"step", log.steps.empty() ? 0 : log.steps.back()},
              {"unfinished", log.unfinished},
              {"starts", log.starts.size()},
              {"facts", log.starts.empty() ? Json() : Json::parse(log.starts.back())},
              {"curves", Curves(log)},
              {"validations", Json::array()}};
  for (const auto& validation : log.validations) out["validations"].push_back(Validation(validation));
  out["samples"] = DescribeSamples(run, HeardSteps(run, log, last_samples_only), problems);
  return out;
}

}  // namespace quaver
