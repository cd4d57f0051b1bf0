// The whole way: training on real speech, export, and the exported model in the runtime.
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "codec/codec.h"
#include "codec/model/builtin.h"
#include "codec/model_access.h"
#include "codec/train/bottlenecks/fsp.h"
#include "codec/train/export.h"
#include "codec/train/schedule.h"
#include "codec/train/trainer.h"
#include "codec/train/validate.h"
#include "codec/train/warm_start.h"
#include "tests/train/support.h"

namespace quaver {
namespace {

struct Trained {
  std::unique_ptr<TrainingState> state;
  Dataset data;
  std::vector<double> losses;
  std::vector<double> log_mel;  // dB
};

double Term(const StepReport& report, const std::string& name) {
  for (const auto& [key, value] : report.terms) {
    if (key == name) return value;
  }
  ADD_FAILURE() << "no term " << name;
  return 0;
}

const Trained& TrainedOnce() {
  static const Trained trained = [] {
    Trained out;
    out.data = std::move(LoadDataset(Samples(), LoadOptions{})).value();
    out.state = std::make_unique<TrainingState>(SmallTraining());
    const TemporaryFolder folder("quaver_training_test");
    TrainCallbacks callbacks;
    callbacks.on_step = [&](const StepReport& report) {
      out.losses.push_back(report.total);
      out.log_mel.push_back(Term(report, "log_mel_db"));
    };
    callbacks.on_validation = [](int64_t, const ValidationResult&) {};
    callbacks.on_message = [](const std::string& message) { ADD_FAILURE() << message; };
    const std::atomic<bool> stop{false};
    EXPECT_TRUE(Train(*out.state, out.data, Dataset{}, RunFolder(folder.str(), 1), callbacks, stop).ok());
    EXPECT_TRUE(std::filesystem::exists(folder / "checkpoint-00000200.pt"));
    return out;
  }();
  return trained;
}

std::vector<float> Speech(const Dataset& data, size_t clip) {
  std::vector<float> samples;
  for (const int16_t x : data.clips[clip].samples) samples.push_back(x / 32768.0f);
  samples.resize(samples.size() / 320 * 320);
  return samples;
}

// The last steps against the first: the total, and the spectral distance, which falls first.
double Fall(const std::vector<double>& values) {
  const auto mean = [](auto from, auto to) {
    return std::accumulate(from, to, 0.0) / static_cast<double>(to - from);
  };
  return mean(values.end() - 20, values.end()) / mean(values.begin(), values.begin() + 10);
}

TEST(Training, TheLossFalls) {
  ASSERT_EQ(TrainedOnce().losses.size(), 200u);
  EXPECT_LT(Fall(TrainedOnce().losses), 0.95);
  EXPECT_LT(Fall(TrainedOnce().log_mel), 0.8);
}

TEST(Training, StopRequestEndsWithACheckpoint) {
  const TemporaryFolder folder("quaver_stop_test");
  TrainingState state(SmallTraining());
  const auto data = LoadDataset(Samples(), LoadOptions{});
  ASSERT_TRUE(data.ok());
  std::atomic<bool> stop{false};
  TrainCallbacks callbacks;
  callbacks.on_step = [&](const StepReport& report) { stop = report.step == 2; };
  callbacks.on_validation = [](int64_t, const ValidationResult&) {};
  callbacks.on_message = [](const std::string&) {};
  ASSERT_TRUE(Train(state, data.value(), Dataset{}, RunFolder(folder.str(), 1), callbacks, stop).ok());
  const auto saved = RunFolder(folder.str(), 1).Load(torch::kCPU, nullptr);
  ASSERT_TRUE(saved.ok()) << saved.message();
  EXPECT_GE(saved.value()->step, 2);
  EXPECT_LE(saved.value()->step, 3);  // ranks agree once a step
}

// A clip whose samples make the loss overflow: the step is skipped, its file named, and when there were too
// many of them the run ends and leaves the checkpoint from before.
TEST(Training, LossThatIsNotFiniteIsSkippedNamedAndEndsTheRun) {
  const TemporaryFolder folder("quaver_nan_test");
  TrainingConfig config = SmallTraining();
  config.training.bad_steps = 2;
  TrainingState state(config);
  const auto data = LoadDataset(Samples(), LoadOptions{});
  ASSERT_TRUE(data.ok());
  const RunFolder run(folder.str(), 1);
  ASSERT_TRUE(run.Save(state).ok());
  const auto before = ReadTensors(*state.average);
  {
    torch::NoGradGuard no_grad;
    state.network->parameters().back().fill_(std::numeric_limits<float>::quiet_NaN());
  }
  std::vector<std::string> messages;
  std::vector<bool> finite;
  TrainCallbacks callbacks;
  callbacks.on_step = [&](const StepReport& report) { finite.push_back(report.finite); };
  callbacks.on_validation = [](int64_t, const ValidationResult&) {};
  callbacks.on_message = [&](const std::string& message) { messages.push_back(message); };
  const std::atomic<bool> stop{false};
  const Status status = Train(state, data.value(), Dataset{}, run, callbacks, stop);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(finite, std::vector<bool>(3, false));
  ASSERT_EQ(messages.size(), 3u);
  EXPECT_NE(messages[0].find(Samples()), std::string::npos) << messages[0];
  const auto after = ReadTensors(*state.average);
  for (const auto& [name, tensor] : before) EXPECT_EQ(tensor.values, after.at(name).values) << name;
  const auto saved = run.Load(torch::kCPU, nullptr);
  ASSERT_TRUE(saved.ok());
  EXPECT_EQ(saved.value()->step, 0);
}

TEST(Training, LearningRateWarmsUpHoldsAndDecays) {
  TrainingOptions options;
  options.warmup_steps = 100;
  EXPECT_NEAR(LearningRateFactor(options, 0, 0), 0.01, 1e-9);
  EXPECT_NEAR(LearningRateFactor(options, 99, 0.1), 1, 1e-9);
  EXPECT_NEAR(LearningRateFactor(options, 5000, options.decay_start), 1, 1e-9);
  EXPECT_NEAR(LearningRateFactor(options, 5000, 1), options.final_rate, 1e-9);
}

const FitEntropyNetworkOptions kQuickFit = {.steps = 10, .units = 5, .batch = 64};

Result<Weights> ExportedAndReadBack() {
  auto weights = ExportWeights(*TrainedOnce().state, TrainedOnce().data,
                               {.eight_bit = false, .entropy_network = kQuickFit}, nullptr);
  if (!weights.ok()) return weights;
  const auto bytes = SerializeWeights(weights.value());
  if (!bytes.ok()) return bytes.error();
  return ParseWeights(bytes.value(), "exported", Verify::kHash);
}

// Parity of the two halves on real speech: LibTorch and the runtime with the same rounded weights.
void ExpectParity(const Weights& weights, const Dataset& data) {
  const auto model = internal::ModelAccess::FromWeights(weights);
  ASSERT_TRUE(model.ok()) << model.message();
  torch::NoGradGuard no_grad;
  TorchNetwork network(weights.config);
  LoadTensors(*network, weights.tensors);
  const BottleneckConfig& bottleneck = weights.config.bottleneck;
  const Fsp fsp(bottleneck, {});
  int64_t equal = 0;
  int64_t total = 0;
  double worst = 0;
  for (size_t clip = 0; clip < data.clips.size(); ++clip) {
    const auto samples = Speech(data, clip);
    const int frames = static_cast<int>(samples.size() / 320);
    const auto input =
        torch::from_blob(const_cast<float*>(samples.data()), {1, static_cast<int64_t>(samples.size())});
    const auto token = fsp.Tokens(fsp.Squash(network->Encode(input))).contiguous();
    std::vector<uint16_t> tokens(static_cast<size_t>(frames) * bottleneck.groups);
    Encoder encoder(model.value());
    ASSERT_EQ(encoder.Encode(samples, bottleneck.groups, tokens), frames);
    for (size_t i = 0; i < tokens.size(); ++i) equal += tokens[i] == token.const_data_ptr<int64_t>()[i];
    total += static_cast<int64_t>(tokens.size());

    const auto output = network->Decode(fsp.TokensToOutput(token)).contiguous();
    std::vector<uint16_t> torch_tokens(token.const_data_ptr<int64_t>(),
                                       token.const_data_ptr<int64_t>() + token.numel());
    std::vector<float> decoded(samples.size());
    Decoder decoder(model.value());
    ASSERT_TRUE(decoder.Decode(torch_tokens, bottleneck.groups, decoded));
    for (size_t i = 0; i < decoded.size(); ++i) {
      worst = std::max(worst, std::abs(double{decoded[i]} - output.const_data_ptr<float>()[i]));
    }
  }
  EXPECT_GE(static_cast<double>(equal) / static_cast<double>(total), 0.999);
  EXPECT_LT(worst, 1e-4);
}

TEST(Training, TheExportedModelRunsInTheRuntimeAndAgrees) {
  const auto weights = ExportedAndReadBack();
  ASSERT_TRUE(weights.ok()) << weights.message();
  ExpectParity(weights.value(), TrainedOnce().data);
}

TEST(Training, TheBuiltInModelRunsInBothHalvesAndAgrees) {
  if (BuiltInWeights().empty()) GTEST_SKIP() << "no built-in model";
  const auto weights = ParseWeights(BuiltInWeights(), "built-in model", Verify::kHash);
  ASSERT_TRUE(weights.ok()) << weights.message();
  ExpectParity(weights.value(), TrainedOnce().data);
}

// A run that begins with an exported model has its weights, and says in its own export where they came from.
TEST(Training, AWarmStartBeginsWithTheWeightsAndNamesThem) {
  const Trained& trained = TrainedOnce();
  const auto weights = ExportedAndReadBack();
  ASSERT_TRUE(weights.ok()) << weights.message();

  TrainingConfig config = SmallTraining();
  config.model.name = "successor";
  TrainingState state(config);
  const Status begun = WarmStart(state, weights.value());
  ASSERT_TRUE(begun.ok()) << begun.message();
  for (TorchNetwork network : {state.network, state.average}) {
    for (const auto& [name, tensor] : ReadTensors(*network))
      EXPECT_EQ(tensor.values, weights.value().tensors.at(name).values) << name;
  }
  const auto next =
      ExportWeights(state, trained.data, {.eight_bit = false, .entropy_network = kQuickFit}, nullptr);
  ASSERT_TRUE(next.ok()) << next.message();
  EXPECT_NE(next.value().metadata.at("training").find(ToHex(weights.value().identity)), std::string::npos);

  config.model.decoder_hops.channels += 8;
  TrainingState other(config);
  EXPECT_FALSE(WarmStart(other, weights.value()).ok());
  EXPECT_FALSE(WarmStart(other, state).ok());
}

// From a checkpoint come discriminators and moments too: the first step is the one that the other run would
// have made.
TEST(Training, AWarmStartFromACheckpointTakesWhatTheRunLearnt) {
  const Dataset& data = TrainedOnce().data;
  TrainingConfig config = SmallTraining();
  config.training.warmup_steps = 0;
  config.training.ema_decay = 0;
  config.training.adversary.adversarial = 0.3;
  config.training.adversary.channels = 4;
  config.training.adversary.fft_sizes = {256};
  const ReconstructionLoss loss(config.training.loss, 16000, torch::kCPU);
  const auto step = [&](TrainingState& state) {
    TrainStep(state, loss, DrawBatch(data, CropsOf(config), 1, 40, config.training.batch), 0.1);
  };
  TrainingState first(config);
  for (int i = 0; i < 3; ++i) step(first);
  TrainingState second(config);
  ASSERT_TRUE(WarmStart(second, first).ok());
  EXPECT_EQ(second.step, 0);
  EXPECT_NE(second.origin.find("hours_of_audio_seen"), std::string::npos);
  step(first);
  step(second);
  const auto expected = first.adversary->discriminators->parameters();
  const auto actual = second.adversary->discriminators->parameters();
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_TRUE(torch::equal(expected[i], actual[i])) << i;
}

// One more discriminator begins with random weights beside those that the other run has taught.
TEST(Training, AWarmStartKeepsTheDiscriminatorsThatBothRunsHave) {
  TrainingConfig config = SmallTraining();
  config.training.adversary.adversarial = 0.3;
  config.training.adversary.channels = 4;
  config.training.adversary.fft_sizes = {256};
  TrainingState first(config);
  const ReconstructionLoss loss(config.training.loss, 16000, torch::kCPU);
  TrainStep(first, loss, DrawBatch(TrainedOnce().data, CropsOf(config), 1, 0, config.training.batch), 1);
  config.training.adversary.periods = {3};
  TrainingState more(config);
  config.training.adversary.channels = 6;
  TrainingState wider(config);
  const auto values = [](const TrainingState& state, const char* name) {
    return state.adversary->discriminators->named_parameters()[name].detach().clone();
  };
  const torch::Tensor untaught = values(wider, "fft256_0_direction");
  ASSERT_FALSE(torch::equal(values(more, "fft256_0_direction"), values(first, "fft256_0_direction")));

  ASSERT_TRUE(WarmStart(more, first).ok());
  for (const auto& parameter : first.adversary->discriminators->named_parameters())
    EXPECT_TRUE(torch::equal(values(more, parameter.key().c_str()), parameter.value())) << parameter.key();
  ASSERT_TRUE(WarmStart(wider, first).ok());
  EXPECT_TRUE(torch::equal(values(wider, "fft256_0_direction"), untaught));
}

TEST(Training, ExportIsDeterministicAndStatesWhatItHolds) {
  const Trained& trained = TrainedOnce();
  auto a = ExportWeights(*trained.state, trained.data, {.entropy_network = kQuickFit}, nullptr);
  auto b = ExportWeights(*trained.state, trained.data, {.entropy_network = kQuickFit}, nullptr);
  ASSERT_TRUE(a.ok() && b.ok());
  const auto bytes_a = SerializeWeights(a.value());
  const auto bytes_b = SerializeWeights(b.value());
  ASSERT_TRUE(bytes_a.ok() && bytes_b.ok());
  EXPECT_EQ(bytes_a.value(), bytes_b.value());
  for (const char* key : {"licence", "training", "payload_bps"})
    EXPECT_TRUE(a.value().metadata.contains(key)) << key;
}

TEST(Training, ValidationScoresEveryRate) {
  const Trained& trained = TrainedOnce();
  const ValidationResult result = Validate(*trained.state, trained.data);
  ASSERT_EQ(result.rates.size(), 4u);
  double mean = 0;
  for (size_t i = 0; i < 4; ++i) {
    const RateScores& scores = result.rates[i];
    EXPECT_EQ(scores.n_q, (std::array{3, 6, 12, 18}[i]));
    EXPECT_EQ(scores.clips, static_cast<int>(trained.data.clips.size()));
    EXPECT_GT(scores.log_mel_db, 0);
    ASSERT_TRUE(scores.frozen_noise.has_value());
    EXPECT_LE(std::abs(*scores.frozen_noise), 1);
    mean += scores.log_mel_db / 4;
  }
  EXPECT_EQ(result.score, ScoreOf(result.rates));
  EXPECT_LE(result.score, -mean + 1e-12);  // frozen noise takes off
  ASSERT_TRUE(result.lossy.has_value());
  EXPECT_EQ(result.lossy->n_q, 6);
  EXPECT_GT(result.lossy->log_mel_db, result.rates[1].log_mel_db);  // holes cost something

  ASSERT_EQ(result.tokens.size(), 18u);
  for (const TokenStats& stats : result.tokens) {
    EXPECT_GT(stats.tokens, 100u);
    EXPECT_GT(stats.usage, 0);
    EXPECT_GT(stats.normalised_perplexity, 0);
    EXPECT_LE(stats.normalised_perplexity, stats.usage);  // at most the uniform law over the codes met
  }
  ASSERT_EQ(result.samples.size(), 3u);
  for (const DecodedClip& clip : result.samples) {
    ASSERT_EQ(clip.decoded.size(), 3u);
    for (const auto& decoded : clip.decoded) EXPECT_EQ(decoded.samples.size(), clip.reference.size());
  }
}

// Clips are shared among threads: nothing depends on which.
TEST(Training, ValidationGivesTheSameEachTimeWithAnyNumberOfThreads) {
  const Trained& trained = TrainedOnce();
  const int before = at::get_num_threads();
  const ValidationResult once = Validate(*trained.state, trained.data);
  EXPECT_EQ(at::get_num_threads(), before);
  at::set_num_threads(3);
  const ValidationResult again = Validate(*trained.state, trained.data);
  EXPECT_EQ(at::get_num_threads(), 3);
  at::set_num_threads(before);
  EXPECT_EQ(once.score, again.score);
  EXPECT_EQ(once.lossy->estoi, again.lossy->estoi);
  ASSERT_EQ(once.samples.size(), again.samples.size());
  for (size_t i = 0; i < once.samples.size(); ++i)
    EXPECT_EQ(once.samples[i].decoded[0].samples, again.samples[i].decoded[0].samples);
}

TEST(Training, FramesAreLostInBurstsOfTheShareThatIsSaid) {
  double lost = 0;
  double bursts = 0;
  constexpr size_t kFrames = 200000;
  const auto pattern = LostFrames(kFrames, 3);
  for (size_t t = 0; t < kFrames; ++t) {
    lost += pattern[t];
    bursts += pattern[t] != 0 && (t == 0 || pattern[t - 1] == 0) ? 1 : 0;
  }
  EXPECT_NEAR(lost / kFrames, 0.1, 0.005);
  EXPECT_NEAR(lost / bursts, 2, 0.05);
  EXPECT_EQ(LostFrames(50, 3), std::vector<uint8_t>(pattern.begin(), pattern.begin() + 50));
  EXPECT_NE(LostFrames(500, 4), LostFrames(500, 3));
}

}  // namespace
}  // namespace quaver
