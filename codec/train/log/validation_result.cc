#include "codec/train/log/validation_result.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace quaver {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxNumber = 1 << 20;
constexpr size_t kMaxEntries = 256;

Json ScoresJson(const RateScores& scores) {
  Json json = {{"estoi", scores.estoi}, {"log_mel_db", scores.log_mel_db}};
  if (scores.frozen_noise) json["frozen_noise"] = *scores.frozen_noise;
  json["clips"] = scores.clips;
  return json;
}

// Reads keys of one object; the first problem stays.
class Reader {
 public:
  Reader(const Json& object, std::string place) : object_(object), place_(std::move(place)) {
    if (!object.is_object()) Problem("is not an object");
  }
  void Read(const char* key, double& value) {
    const Json* item = Find(key);
    if (item == nullptr || item->is_null()) return;  // null: was not finite
    if (!item->is_number()) return Problem(std::string("\"") + key + "\" is not a number");
    value = item->get<double>();
  }
  void Read(const char* key, std::optional<double>& value) {
    const Json* item = Find(key);
    if (item == nullptr || item->is_null()) return;
    value.emplace();
    Read(key, *value);
  }
  void Read(const char* key, int& value) {
    const Json* item = Find(key);
    if (item == nullptr) return;
    if (!item->is_number_integer() || item->get<double>() < 0 || item->get<double>() > kMaxNumber)
      return Problem(std::string("\"") + key + "\" is not a number of things");
    value = item->get<int>();
  }
  const std::string& problem() const { return problem_; }

 private:
  const Json* Find(const char* key) const {
    if (!problem_.empty()) return nullptr;
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }
  void Problem(const std::string& what) { problem_ = place_ + ": " + what; }

  const Json& object_;
  std::string place_;
  std::string problem_;
};

std::string ReadScores(const Json& json, const std::string& place, RateScores& scores) {
  Reader reader(json, place);
  reader.Read("estoi", scores.estoi);
  reader.Read("log_mel_db", scores.log_mel_db);
  reader.Read("frozen_noise", scores.frozen_noise);
  reader.Read("clips", scores.clips);
  return reader.problem();
}

std::string ReadLossy(const Json& json, ValidationResult& result) {
  RateScores scores;
  std::string problem = ReadScores(json, "lossy", scores);
  if (!problem.empty()) return problem;
  Reader reader(json, "lossy");
  reader.Read("n_q", scores.n_q);
  reader.Read("frame_loss", result.frame_loss);
  result.lossy = scores;
  return reader.problem();
}

std::string ReadTokens(const Json& json, std::vector<TokenStats>& tokens) {
  if (!json.is_array() || json.size() > kMaxEntries) return "\"tokens\" is not a short array";
  for (const Json& group : json) {
    Reader reader(group, "tokens");
    TokenStats& stats = tokens.emplace_back();
    reader.Read("usage", stats.usage);
    reader.Read("entropy_bits", stats.entropy_bits);
    reader.Read("normalised_perplexity", stats.normalised_perplexity);
    if (!reader.problem().empty()) return reader.problem();
  }
  return "";
}

// A key that is a rate, "3"; 0: it is not.
int RateOf(const std::string& key) {
  const bool digits = !key.empty() && key.size() <= 4 &&
                      std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits ? std::stoi(key) : 0;
}

std::string ReadEntry(const std::string& key, const Json& value, ValidationResult& result) {
  if (key == "lossy") return ReadLossy(value, result);
  if (key == "tokens") return ReadTokens(value, result.tokens);
  if (RateOf(key) == 0 || result.rates.size() == kMaxEntries) return "";
  RateScores& scores = result.rates.emplace_back();
  scores.n_q = RateOf(key);
  return ReadScores(value, "\"" + key + "\"", scores);
}

}  // namespace

double ScoreOf(const std::vector<RateScores>& rates) {
  double sum = 0;
  int count = 0;
  for (const RateScores& scores : rates) {
    if (scores.clips == 0) continue;
    const double frozen = std::abs(scores.frozen_noise.value_or(0));
    sum += scores.log_mel_db + kFrozenPenalty * std::max(0.0, frozen - kFrozenAllowed);
    ++count;
  }
  return count == 0 ? kUnscored : -sum / count;
}

Json ToJson(const ValidationResult& result) {
  Json json = Json::object();
  for (const RateScores& scores : result.rates) {
    if (scores.clips > 0) json[std::to_string(scores.n_q)] = ScoresJson(scores);
  }
  if (result.lossy && result.lossy->clips > 0) {
    json["lossy"] = {{"n_q", result.lossy->n_q}, {"frame_loss", result.frame_loss}};
    json["lossy"].update(ScoresJson(*result.lossy));
  }
  if (!result.tokens.empty()) json["codes"] = result.codes;
  for (const TokenStats& stats : result.tokens) {
    json["tokens"].push_back({{"usage", stats.usage},
                              {"entropy_bits", stats.entropy_bits},
                              {"normalised_perplexity", stats.normalised_perplexity}});
  }
  json["score"] = result.score;
  json["seconds"] = result.seconds;
  return json;
}

Result<ValidationResult> ParseValidation(const Json& json) {
  if (!json.is_object()) return Error{"\"validation\" is not an object"};
  ValidationResult result;
  for (const auto& item : json.items()) {
    const std::string problem = ReadEntry(item.key(), item.value(), result);
    if (!problem.empty()) return Error{"\"validation\": " + problem};
  }
  std::sort(result.rates.begin(), result.rates.end(),
            [](const RateScores& a, const RateScores& b) { return a.n_q < b.n_q; });
  result.score = ScoreOf(result.rates);
  Reader reader(json, "\"validation\"");
  reader.Read("codes", result.codes);
  double stored = 0;
  reader.Read("score", stored);  // must be a number
  reader.Read("seconds", result.seconds);
  if (!reader.problem().empty()) return Error{reader.problem()};
  return result;
}

std::string Summary(const ValidationResult& result) {
  std::string text = "ESTOI";
  char part[64];
  bool first = true;
  for (const RateScores& scores : result.rates) {
    if (scores.clips == 0) continue;
    std::snprintf(part, sizeof(part), "%s %.3f at %s%d", first ? "" : ",", scores.estoi, first ? "n_q " : "",
                  scores.n_q);
    text += part;
    first = false;
  }
  if (first) return "no clip was long enough to be scored";
  if (result.lossy && result.lossy->clips > 0) {
    std::snprintf(part, sizeof(part), "; %.3f at %d with %.0f %% lost", result.lossy->estoi,
                  result.lossy->n_q, 100 * result.frame_loss);
    text += part;
  }
  const RateScores& full = result.rates.back();
  std::snprintf(part, sizeof(part), "; log-mel %.2f dB at %d", full.log_mel_db, full.n_q);
  text += part;
  if (full.frozen_noise) {
    std::snprintf(part, sizeof(part), ", frozen noise %.3f", *full.frozen_noise);
    text += part;
  }
  std::snprintf(part, sizeof(part), "; score %.3f; %.1f s", result.score, result.seconds);
  return text + part;
}

}  // namespace quaver
