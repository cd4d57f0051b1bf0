#include "bench/speed.h"

#include <algorithm>
#include <map>

#include "bench/fma_peak.h"
#include "bench/openblas.h"
#include "bench/timing.h"
#include "bench/torch_peer.h"

namespace quaver::bench {
namespace {

// Seconds of one repetition each.
struct Times {
  std::vector<double> encode;
  std::vector<double> decode;
  std::vector<double> both;
  void Add(double encode_seconds, double decode_seconds) {
    encode.push_back(encode_seconds);
    decode.push_back(decode_seconds);
    both.push_back(encode_seconds + decode_seconds);
  }
};
using TimesByKey = std::map<std::string, Times>;

// The best product of two square matrices so far, by library.
class GemmPeak {
 public:
  void Measure() {
    for (const int size : {256, 512, 1024}) {
      if (blas_.loaded()) Keep("OpenBLAS " + blas_.core(), blas_.Measure(size));
      if (const auto torch = TorchGemm(size)) Keep("LibTorch", *torch);
    }
  }
  double best() const {
    double best = 0;
    for (const auto& [library, rate] : rates_) best = std::max(best, rate);
    return best;
  }
  const std::map<std::string, double>& rates() const { return rates_; }

 private:
  void Keep(const std::string& library, double rate) { rates_[library] = std::max(rates_[library], rate); }

  OpenBlas blas_;
  std::map<std::string, double> rates_;
};

Json SpreadJson(std::vector<double> values) {
  const Spread spread = SpreadOf(std::move(values));
  return {{"low", spread.low}, {"median", spread.median}, {"high", spread.high}};
}

std::vector<double> Divide(double value, std::vector<double> by) {
  for (double& x : by) x = value / x;
  return by;
}

// Repetition by repetition: how many times faster `mine` was.
Json RatioJson(const std::vector<double>& mine, const std::vector<double>& other) {
  std::vector<double> ratios(mine.size());
  std::transform(other.begin(), other.end(), mine.begin(), ratios.begin(), std::divides<>());
  return SpreadJson(ratios);
}

Json SpeedJson(const Entry& entry, const Times& times, double seconds) {
  return {{"key", entry.key},
          {"title", entry.title},
          {"payload_bps", static_cast<double>(entry.contender->payload_bytes()) * 8 / seconds},
          {"encode", SpreadJson(Divide(seconds, times.encode))},
          {"decode", SpreadJson(Divide(seconds, times.decode))},
          {"both", SpreadJson(Divide(seconds, times.both))}};
}

// The ratios between two contenders, if both ran.
void AddRatio(Json& ratios, const TimesByKey& times, const std::string& mine, const std::string& other) {
  const auto a = times.find(mine);
  const auto b = times.find(other);
  if (a == times.end() || b == times.end()) return;
  ratios[mine + "/" + other] = {{"encode", RatioJson(a->second.encode, b->second.encode)},
                                {"decode", RatioJson(a->second.decode, b->second.decode)},
                                {"both", RatioJson(a->second.both, b->second.both)}};
}

Json RatiosJson(const TimesByKey& times) {
  Json ratios = Json::object();
  AddRatio(ratios, times, "file", "opus");
  AddRatio(ratios, times, "packets", "opus");
  AddRatio(ratios, times, "packets", "file");
  AddRatio(ratios, times, "packets", "torch_packets");
  AddRatio(ratios, times, "file", "torch_file");
  return ratios;
}

// Share of tokens that are the same as those of the first contender, which is Quaver.
void AddAgreement(Json& speed, const std::vector<Entry>& entries) {
  const auto reference = entries.front().contender->tokens();
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto tokens = entries[i].contender->tokens();
    if (tokens.size() != reference.size()) continue;
    size_t same = 0;
    for (size_t t = 0; t < tokens.size(); ++t) same += tokens[t] == reference[t] ? 1 : 0;
    speed[i]["tokens_equal"] = static_cast<double>(same) / static_cast<double>(tokens.size());
  }
}

Json PeakJson(const GemmPeak& gemm, const SpeedTask& task, const TimesByKey& times) {
  Json peak = {{"fma", FmaPeak()}, {"fma_target", FmaTarget()}, {"sgemm_by", Json(gemm.rates())}};
  if (gemm.best() > 0) peak["sgemm"] = gemm.best();
  const Spread file = SpreadOf(Divide(task.speech_seconds, times.at("file").both));
  peak["file_macs"] = file.median * task.macs_per_second;
  return peak;
}

}  // namespace

Json MeasureSpeed(const std::vector<Entry>& entries, const SpeedTask& task, const Note& note) {
  TimesByKey times;
  GemmPeak gemm;
  for (int repetition = 0; repetition <= task.repetitions; ++repetition) {
    note("repetition " + std::to_string(repetition) + " of " + std::to_string(task.repetitions));
    for (const Entry& entry : entries) {
      const double encode = TimeOf([&] { entry.contender->Encode(); });
      const double decode = TimeOf([&] { entry.contender->Decode(); });
      if (repetition > 0) times[entry.key].Add(encode, decode);
    }
    gemm.Measure();
  }
  Json speed = Json::array();
  for (const Entry& entry : entries) {
    speed.push_back(SpeedJson(entry, times[entry.key], task.speech_seconds));
  }
  AddAgreement(speed, entries);
  return {{"peak", PeakJson(gemm, task, times)}, {"speed", speed}, {"ratios", RatiosJson(times)}};
}

}  // namespace quaver::bench
