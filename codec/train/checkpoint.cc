#include "codec/train/checkpoint.h"

#include <torch/serialize/archive.h>
#include <torch/utils.h>

#include <exception>
#include <filesystem>

#include "codec/io/atomic_file.h"
#include "codec/train/bf16.h"

namespace quaver {
namespace {

// Matrices of a network have three dimensions. What is not decayed: all else, codebooks too.
std::unique_ptr<AdamW> MakeOptimizer(const std::vector<torch::Tensor>& parameters,
                                     const AdamWOptions& options) {
  std::vector<torch::Tensor> matrices;
  std::vector<torch::Tensor> vectors;
  for (const auto& parameter : parameters) (parameter.dim() >= 3 ? matrices : vectors).push_back(parameter);
  return std::make_unique<AdamW>(matrices, vectors, options);
}

AdamWOptions ForNetwork(const TrainingOptions& options) {
  AdamWOptions out;
  out.weight_decay = options.weight_decay;
  return out;
}

// As DAC trains its own (Kumar et al., arXiv 2306.06546); weights are normalised, so nothing is decayed.
AdamWOptions ForDiscriminators() {
  AdamWOptions out;
  out.beta1 = 0.8;
  out.weight_decay = 0;
  return out;
}

void WriteText(torch::serialize::OutputArchive& archive, const std::string& key, const std::string& text) {
  archive.write(key, c10::IValue(text));
}

std::string ReadText(torch::serialize::InputArchive& archive, const std::string& key) {
  c10::IValue value;
  archive.read(key, value);
  return value.toStringRef();
}

double ReadNumber(torch::serialize::InputArchive& archive, const std::string& key) {
  c10::IValue value;
  archive.read(key, value);
  return value.toDouble();
}

// Modules of LibTorch and parts of our own are saved the same way.
template <typename T>
struct Module {
  T& module;
  void Save(torch::serialize::OutputArchive& archive) { module->save(archive); }
  void Load(torch::serialize::InputArchive& archive) { module->load(archive); }
};

template <typename T>
void WritePart(torch::serialize::OutputArchive& archive, const std::string& key, T&& part) {
  torch::serialize::OutputArchive inner(archive.compilation_unit());
  part.Save(inner);
  archive.write(key, inner);
}

template <typename T>
void ReadPart(torch::serialize::InputArchive& archive, const std::string& key, T&& part) {
  torch::serialize::InputArchive inner;
  archive.read(key, inner);
  part.Load(inner);
}

}  // namespace

Adversary::Adversary(const AdversaryOptions& options, torch::Device device)
    : discriminators(options), balancer(options.balance_decay) {
  discriminators->to(device);
  optimizer = MakeOptimizer(discriminators->parameters(), ForDiscriminators());
}

TrainingState::TrainingState(const TrainingConfig& configuration, torch::Device on)
    : config(configuration), device(on), network(nullptr), average(nullptr) {
  torch::manual_seed(config.training.seed);
  network = TorchNetwork(config.model);
  average = TorchNetwork(config.model);
  LoadTensors(*average, ReadTensors(*network));
  bottleneck = MakeBottleneck(config.model.bottleneck, config.training.bottleneck);
  network->to(device);
  average->to(device);
  bottleneck->to(device);
  optimizer = MakeOptimizer(TrainedParameters(), ForNetwork(config.training));
  if (config.training.adversary.on())
    adversary = std::make_unique<Adversary>(config.training.adversary, device);
}

std::vector<torch::Tensor> TrainingState::TrainedParameters() const {
  auto parameters = network->parameters();
  for (const auto& parameter : bottleneck->parameters()) parameters.push_back(parameter);
  return parameters;
}

bool TrainingState::UsesBf16() const { return config.training.bf16 && MultipliesBf16(device); }

Status SaveCheckpoint(TrainingState& state, const std::string& path) {
  auto file = AtomicFile::Create(path);
  if (!file.ok()) return file.error();
  Status written;
  const auto write = [&](const void* data, size_t size) {
    if (written.ok()) written = file.value()->Write({static_cast<const uint8_t*>(data), size});
    return size;  // always: LibTorch's archive aborts in its destructor when a write fails
  };
  try {
    torch::serialize::OutputArchive archive;
    WriteText(archive, "model", CanonicalJson(state.config.model));
    WriteText(archive, "training", TrainingJson(state.config.training));
    WritePart(archive, "network", Module{state.network});
    WritePart(archive, "average", Module{state.average});
    WritePart(archive, "bottleneck", Module{state.bottleneck});
    WritePart(archive, "optimizer", *state.optimizer);
    if (state.adversary) {
      WritePart(archive, "discriminators", Module{state.adversary->discriminators});
      WritePart(archive, "discriminators_optimizer", *state.adversary->optimizer);
      WritePart(archive, "balancer", state.adversary->balancer);
    }
    archive.write("step", c10::IValue(static_cast<double>(state.step)));
    archive.write("samples", c10::IValue(static_cast<double>(state.samples)));
    archive.write("seconds", c10::IValue(state.seconds));
    archive.write("audio_seconds", c10::IValue(state.audio_seconds));
    archive.write("bad_steps", c10::IValue(static_cast<double>(state.bad_steps)));
    archive.write("best_score", c10::IValue(state.best_score));
    archive.write("best_step", c10::IValue(static_cast<double>(state.best_step)));
    WriteText(archive, "origin", state.origin);
    archive.save_to(write);
  } catch (const std::exception& error) {
    return written.ok() ? Error{path + ": the checkpoint could not be written: " + error.what()} : written;
  }
  return written.ok() ? file.value()->Commit() : written;
}

Result<std::unique_ptr<TrainingState>> LoadCheckpoint(const std::string& path, torch::Device device) {
  std::error_code missing;
  if (!std::filesystem::exists(path, missing)) return Error{path + ": there is no checkpoint"};
  try {
    torch::serialize::InputArchive archive;
    archive.load_from(path, device);
    auto model = ParseConfig(ReadText(archive, "model"));
    if (!model.ok()) return Error{path + ": " + model.message()};
    auto training = ParseTrainingOptions(ReadText(archive, "training"));
    if (!training.ok()) return Error{path + ": " + training.message()};
    auto state = std::make_unique<TrainingState>(TrainingConfig{model.value(), training.value()}, device);
    ReadPart(archive, "network", Module{state->network});
    ReadPart(archive, "average", Module{state->average});
    if (!state->bottleneck->named_parameters().is_empty() || !state->bottleneck->named_buffers().is_empty())
      ReadPart(archive, "bottleneck", Module{state->bottleneck});
    ReadPart(archive, "optimizer", *state->optimizer);
    if (state->adversary) {
      ReadPart(archive, "discriminators", Module{state->adversary->discriminators});
      ReadPart(archive, "discriminators_optimizer", *state->adversary->optimizer);
      ReadPart(archive, "balancer", state->adversary->balancer);
    }
    state->step = static_cast<int64_t>(ReadNumber(archive, "step"));
    state->samples = static_cast<int64_t>(ReadNumber(archive, "samples"));
    state->seconds = ReadNumber(archive, "seconds");
    state->audio_seconds = ReadNumber(archive, "audio_seconds");
    state->bad_steps = static_cast<int64_t>(ReadNumber(archive, "bad_steps"));
    state->best_score = ReadNumber(archive, "best_score");
    state->best_step = static_cast<int64_t>(ReadNumber(archive, "best_step"));
    state->origin = ReadText(archive, "origin");
    return state;
  } catch (const std::exception& error) {
    return Error{path + ": the checkpoint cannot be read: " + error.what()};
  }
}

}  // namespace quaver
