#include "codec/train/checkpoint.h"

#include <filesystem>
#include <sstream>

#include "codec/audio/atomic_file.h"

namespace quaver {
namespace {

// Weight decay is for matrices: it would pull scales, norms and biases towards zero for no good.
std::unique_ptr<torch::optim::AdamW> MakeOptimizer(TorchNetwork& network, const TrainingOptions& options) {
  std::vector<torch::Tensor> matrices;
  std::vector<torch::Tensor> vectors;
  for (const auto& parameter : network->parameters())
    (parameter.dim() == 3 ? matrices : vectors).push_back(parameter);
  const auto settings = [&](double decay) {
    return std::make_unique<torch::optim::AdamWOptions>(
        torch::optim::AdamWOptions(options.learning_rate).betas({0.9, 0.99}).weight_decay(decay));
  };
  std::vector<torch::optim::OptimizerParamGroup> groups;
  groups.emplace_back(matrices, settings(options.weight_decay));
  groups.emplace_back(vectors, settings(0));
  return std::make_unique<torch::optim::AdamW>(groups, torch::optim::AdamWOptions(options.learning_rate));
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

template <typename T>
void WritePart(torch::serialize::OutputArchive& archive, const std::string& key, T& part) {
  torch::serialize::OutputArchive inner(archive.compilation_unit());
  part->save(inner);
  archive.write(key, inner);
}

template <typename T>
void ReadPart(torch::serialize::InputArchive& archive, const std::string& key, T& part) {
  torch::serialize::InputArchive inner;
  archive.read(key, inner);
  part->load(inner);
}

}  // namespace

TrainingState::TrainingState(const TrainingConfig& configuration)
    : config(configuration), network(nullptr), average(nullptr), random(configuration.training.seed) {
  torch::manual_seed(config.training.seed);
  network = TorchNetwork(config.model);
  average = TorchNetwork(config.model);
  LoadTensors(*average, ReadTensors(*network));
  generator = at::detail::createCPUGenerator(config.training.seed);
  optimizer = MakeOptimizer(network, config.training);
}

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
    WritePart(archive, "network", state.network);
    WritePart(archive, "average", state.average);
    WritePart(archive, "optimizer", state.optimizer);
    std::stringstream random;
    random << state.random;
    WriteText(archive, "random", random.str());
    archive.write("generator", state.generator.get_state());
    archive.write("step", c10::IValue(static_cast<double>(state.step)));
    archive.write("seconds", c10::IValue(state.seconds));
    archive.write("audio_seconds", c10::IValue(state.audio_seconds));
    archive.write("bad_steps", c10::IValue(static_cast<double>(state.bad_steps)));
    WriteText(archive, "origin", state.origin);
    archive.save_to(write);
  } catch (const std::exception& error) {
    return written.ok() ? Error{path + ": the checkpoint could not be written: " + error.what()} : written;
  }
  return written.ok() ? file.value()->Commit() : written;
}

Result<std::unique_ptr<TrainingState>> LoadCheckpoint(const std::string& path) {
  std::error_code missing;
  if (!std::filesystem::exists(path, missing)) return Error{path + ": there is no checkpoint"};
  try {
    torch::serialize::InputArchive archive;
    archive.load_from(path);
    auto model = ParseConfig(ReadText(archive, "model"));
    if (!model.ok()) return Error{path + ": " + model.message()};
    auto training = ParseTrainingOptions(ReadText(archive, "training"));
    if (!training.ok()) return Error{path + ": " + training.message()};
    auto state = std::make_unique<TrainingState>(TrainingConfig{model.value(), training.value()});
    ReadPart(archive, "network", state->network);
    ReadPart(archive, "average", state->average);
    ReadPart(archive, "optimizer", state->optimizer);
    std::stringstream(ReadText(archive, "random")) >> state->random;
    torch::Tensor generator;
    archive.read("generator", generator);
    state->generator.set_state(generator);
    state->step = static_cast<int64_t>(ReadNumber(archive, "step"));
    state->seconds = ReadNumber(archive, "seconds");
    state->audio_seconds = ReadNumber(archive, "audio_seconds");
    state->bad_steps = static_cast<int64_t>(ReadNumber(archive, "bad_steps"));
    if (c10::IValue origin; archive.try_read("origin", origin)) state->origin = origin.toStringRef();
    return state;
  } catch (const std::exception& error) {
    return Error{path + ": the checkpoint cannot be read: " + error.what()};
  }
}

}  // namespace quaver
