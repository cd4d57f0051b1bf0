// quaver_bench_training: the phases of a step of training, and its share of the machine's peak.
#include <ATen/Parallel.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cxxopts.hpp>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "bench/timing.h"
#include "codec/model/layers.h"
#include "codec/train/batches.h"
#include "codec/train/checkpoint.h"
#include "codec/train/data/load.h"
#include "codec/train/distributed/gradient_sum.h"
#include "codec/train/distributed/group.h"
#include "codec/train/generator_pass.h"
#include "codec/train/memory.h"
#include "codec/train/trainer.h"
#include "codec/train/worker_loss.h"

namespace quaver::bench {
namespace {

const char* const kAbout =
    "Times a generator's step of training phase by phase, and states its multiply-accumulates beside the "
    "fp32\n"
    "matrix product of LibTorch on as many threads, in the same run. The step counts three times the\n"
    "multiply-accumulates of the network (forward, and backward to inputs and weights).\n";

const char* const kExamples =
    "\nExamples:\n"
    "  quaver_bench_training\n"
    "  quaver_bench_training --threads 2 --bf16 0\n"
    "  quaver_bench_training --config models/speech-16k.json --data my/speech --seconds 60\n";

struct Options {
  std::string config;
  std::string data;
  int threads = 1;
  int bf16 = -1;
  double seconds = 20;
};

// The most multiply-accumulates a second that a product of 1024 x 1024 matrices reaches.
double MatrixPeak() {
  constexpr int64_t kSize = 1024;
  const auto a = torch::randn({kSize, kSize});
  const auto b = torch::randn({kSize, kSize});
  auto c = torch::empty({kSize, kSize});
  double best = 1e9;
  for (int i = 0; i < 30; ++i) best = std::min(best, TimeOf([&] { torch::mm_out(c, a, b); }));
  return static_cast<double>(kSize * kSize * kSize) / best;
}

enum Phase { kLoader, kForward, kLosses, kBackward, kOptimiser, kAverage, kPhases };
constexpr std::array<const char*, kPhases> kNames = {
    "loader", "forward", "losses", "backward", "clip and optimiser", "average"};
using Times = std::array<double, kPhases>;

// The calls of TrainStep (codec/train/step.cc) without discriminators, each timed. The trainer draws crops
// ahead in a thread; here they are waited for.
class Step {
 public:
  Step(const TrainingConfig& config, const Dataset& data, int threads)
      : config_(config),
        data_(data),
        state_(config),
        loss_(config.training.loss, config.model.sample_rate, torch::kCPU),
        alone_(Group::Alone()),
        sum_(*alone_, state_.TrainedParameters()),
        workers_(threads, config.training.batch) {}

  int workers() const { return workers_.count(); }
  bool bf16() const { return state_.UsesBf16(); }
  double audio_seconds() const {
    return static_cast<double>(config_.training.batch) * config_.training.crop_frames *
           config_.model.frame() / config_.model.sample_rate;
  }

  Times Run() {
    const TrainingOptions& options = config_.training;
    Times times{};
    CropBatch batch;
    times[kLoader] = TimeOf(
        [&] { batch = DrawBatch(data_, CropsOf(config_), options.seed, state_.samples, options.batch); });
    state_.samples += options.batch;
    GeneratorPass pass(state_, workers_);
    times[kForward] = TimeOf([&] { pass.Forward(batch, batch.crops, *alone_); });
    std::vector<torch::Tensor> at_decoded;
    times[kLosses] = TimeOf([&] {
      for (const WorkerLoss& worker : LossesOf(pass, loss_, options.loss, 0, workers_))
        at_decoded.push_back(worker.at_decoded);
    });
    times[kBackward] = TimeOf([&] {
      WorkerGradients gradients(workers_, sum_);
      pass.Backward(at_decoded, options.loss.norm, gradients);
      gradients.Finish();
    });
    AdamW& optimizer = *state_.optimizer;
    times[kOptimiser] = TimeOf([&] {
      optimizer.Step(1e-4, ClipScale(optimizer.GradientNorm(&workers_), options.clip_norm), &workers_);
    });
    times[kAverage] =
        TimeOf([&] { Follow(state_.average->parameters(), state_.network->parameters(), 1e-3, &workers_); });
    return times;
  }

 private:
  const TrainingConfig& config_;
  const Dataset& data_;
  TrainingState state_;
  ReconstructionLoss loss_;
  std::unique_ptr<Group> alone_;
  GradientSum sum_;
  Workers workers_;
};

double Sum(const Times& times) {
  double sum = 0;
  for (const double time : times) sum += time;
  return sum;
}

void Print(const Step& step, const TrainingConfig& config, const std::vector<Times>& steps, double peak) {
  // The median of each phase: another program on the machine delays some steps, not most of them.
  Times median{};
  std::vector<double> whole;
  for (const Times& times : steps) whole.push_back(Sum(times));
  for (int phase = 0; phase < kPhases; ++phase) {
    std::vector<double> values;
    for (const Times& times : steps) values.push_back(times[static_cast<size_t>(phase)]);
    median[static_cast<size_t>(phase)] = SpreadOf(values).median;
  }
  const Spread spread = SpreadOf(whole);
  const double all = Sum(median);
  for (size_t phase = 0; phase < kPhases; ++phase)
    std::printf("  %-20s %8.2f ms  %5.1f %%\n", kNames[phase], 1e3 * median[phase],
                100 * median[phase] / all);
  std::printf("  %-20s %8.2f ms  (quartiles %.1f .. %.1f, fastest %.1f; %zu steps)\n", "step",
              1e3 * spread.median, 1e3 * spread.low, 1e3 * spread.high,
              1e3 * *std::min_element(whole.begin(), whole.end()), whole.size());
  const double audio = step.audio_seconds() / spread.median;
  const double macs = 3 * CountCost(config.model).macs_per_second * audio;
  std::printf("%.1f audio-seconds a second, %.1f GMAC/s, %.0f %% of the fp32 matrix product\n", audio,
              macs / 1e9, 100 * macs / peak);
}

int Measure(const Options& options) {
  KeepFreedMemory();
  at::set_num_threads(options.threads);
  auto config = LoadTrainingConfig(options.config);
  if (!config.ok()) {
    std::fprintf(stderr, "quaver_bench_training: %s\n", config.message().c_str());
    return 1;
  }
  if (options.bf16 >= 0) config.value().training.bf16 = options.bf16 != 0;
  LoadOptions load;
  load.sample_rate = config.value().model.sample_rate;
  load.min_samples = static_cast<size_t>(4) * config.value().model.frame();
  const auto data = LoadDataset(options.data, load);
  if (!data.ok()) {
    std::fprintf(stderr, "quaver_bench_training: %s\n", data.message().c_str());
    return 1;
  }
  torch::manual_seed(1);
  Step step(config.value(), data.value(), options.threads);
  const TrainingOptions& training = config.value().training;
  std::printf("%s, %d crops of %d frames, %s, threads: %d\n", config.value().model.name.c_str(),
              training.batch, training.crop_frames, step.bf16() ? "bf16" : "fp32", options.threads);
  double peak = MatrixPeak();
  for (int i = 0; i < 3; ++i) step.Run();
  std::vector<Times> steps;
  const Stopwatch watch;
  while (steps.size() < 5 || watch.seconds() < options.seconds) steps.push_back(step.Run());
  peak = std::max(peak, MatrixPeak());
  std::printf("fp32 matrix product 1024^3: %.1f GMAC/s\n", peak / 1e9);
  Print(step, config.value(), steps, peak);
  return 0;
}

}  // namespace
}  // namespace quaver::bench

int main(int argc, char** argv) {
  quaver::bench::Options o;
  cxxopts::Options options("quaver_bench_training", quaver::bench::kAbout);
  options.set_width(100);
  options.add_options()("h,help", "Print this text and end")  //
      ("config", "Training configuration",
       cxxopts::value(o.config)->default_value(QUAVER_SOURCE_DIR "/models/speech-16k.json"), "FILE")  //
      ("data", "Folder of speech", cxxopts::value(o.data)->default_value(QUAVER_SOURCE_DIR "/samples"),
       "DIR")                                                                                            //
      ("threads", "CPU threads that share a batch", cxxopts::value(o.threads)->default_value("1"), "N")  //
      ("bf16", "Matrix products in bfloat16: 0 or 1 (default: as the configuration says)",
       cxxopts::value(o.bf16), "0|1")  //
      ("seconds", "Measure for so long", cxxopts::value(o.seconds)->default_value("20"), "S");
  try {
    const auto parsed = options.parse(argc, argv);
    if (parsed.count("help") > 0) {
      std::printf("%s%s", options.help().c_str(), quaver::bench::kExamples);
      return 0;
    }
    if (o.threads < 1 || !(o.seconds >= 0))
      throw std::invalid_argument("--threads or --seconds is out of range");
    return quaver::bench::Measure(o);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "quaver_bench_training: %s\n", error.what());
    return 2;
  }
}
