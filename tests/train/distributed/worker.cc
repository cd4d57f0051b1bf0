// What the processes of the tests do: distributed_worker CASE [ARGUMENT]. Prints one line; exits with 1 and
// the message if the group fails.
#include <torch/nn.h>
#include <torch/utils.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>

#include "codec/train/bottlenecks/vp.h"
#include "codec/train/bottlenecks/baselines/vq.h"
#include "codec/train/checkpoint.h"
#include "codec/train/distributed/data_parallel.h"
#include "codec/train/distributed/gradient_sum.h"
#include "codec/train/distributed/group.h"
#include "codec/train/step.h"
#include "codec/train/trainer.h"
#include "codec/train/validate.h"
#include "tests/train/support.h"

namespace quaver {
namespace {

using torch::Tensor;

constexpr int kSamples = 8;  // of the whole batch

void Put(std::ostream& out, const char* name, const Tensor& values) {
  const Tensor flat = values.detach().to(torch::kDouble).reshape({-1});
  out << name;
  for (int64_t i = 0; i < flat.numel(); ++i) out << ' ' << flat[i].item<double>();
  out << '\n';
}

// A codebook that follows averages, with restarts, over steps in which half of the ranks drop its second
// group.
void Codebook(Group& group, const std::string& file) {
  torch::manual_seed(5);
  BottleneckConfig config;
  config.type = "vq";
  config.groups = 2;
  config.vector_dims = 2;
  config.codebook_size = 16;
  VqOptions options;
  options.ema = true;
  Vq vq(config, options);
  const int64_t share = kSamples / group.size();
  double loss = 0;
  for (int step = 0; step < 120; ++step) {
    const auto generator = at::detail::createCPUGenerator(static_cast<uint64_t>(step));
    Tensor latents = torch::randn({kSamples, 12, 4}, generator, torch::kFloat);
    if (step > 60) latents.slice(2, 0, 2) += 5;  // codes die
    Tensor kept = torch::ones({kSamples, 12, 2});
    kept.slice(0, kSamples / 2).select(2, 1).zero_();
    const BatchRandom random(1, step * kSamples + group.rank() * share, static_cast<int>(share));
    const auto own = [&](const Tensor& all) { return all.narrow(0, share * group.rank(), share); };
    const auto out = vq.Forward({own(latents), own(kept), torch::ones({share, 12}), random, &group});
    loss = group.Sum(out.loss.item<double>()) / group.size();
    vq.EndStep(&group);
  }
  for (const Tensor& buffer : vq.buffers()) {  // all ranks have the same bits
    Tensor first = buffer.clone();
    group.Broadcast(first);
    if (group.Any(!torch::equal(first, buffer))) throw std::runtime_error("the ranks' codebooks differ");
  }
  if (!group.first()) return;
  std::ofstream out(file);
  out.precision(12);
  Put(out, "loss", torch::tensor(loss, torch::kDouble));
  Put(out, "codebooks", vq.Codebooks());
}

// Samples of this rank, of the batch that all ranks share.
Tensor OwnSamples(const Group& group) {
  const Tensor all = torch::sin(torch::arange(kSamples * 6).to(torch::kDouble)).reshape({kSamples, 6});
  const int64_t share = kSamples / group.size();
  return all.narrow(0, share * group.rank(), share);
}

// The same figures whatever the number of ranks.
void Sums(Group& group, const std::string& file) {
  const Tensor x = OwnSamples(group);
  Tensor total = x.sum(0);
  group.Sum(total);
  Tensor strided = x.t().contiguous().t().sum(0, true).expand({2, 6}).t();  // not contiguous
  strided = strided.clone();
  group.Sum(strided);
  Tensor sent = torch::full({3}, 7.0 + group.rank());
  group.Broadcast(sent);

  // Moments of the whole batch, and a gradient through them: ranks average their gradients.
  Tensor weight = torch::linspace(-1, 1, 6, torch::kDouble).requires_grad_();
  const Tensor y = x * weight;
  const Tensor sums = group.SumWithGradient(torch::stack({y.sum(0), y.square().sum(0)}));
  const Tensor mean = sums[0] / kSamples;
  const Tensor variance = sums[1] / kSamples - mean.square();
  const Tensor loss = (variance - 0.2).square().mean() + mean.square().mean();
  loss.backward();
  Tensor gradient = weight.grad().clone();
  group.Sum(gradient);

  if (!group.first()) return;
  std::ofstream out(file);
  out.precision(15);
  Put(out, "total", total);
  Put(out, "strided", strided.select(1, 0));
  Put(out, "sent", sent);
  Put(out, "loss", loss);
  Put(out, "gradient", gradient / group.size());
}

// A few layers, one of which takes no part, and one that takes part on the last rank only.
void Gradients(Group& group, const std::string& file) {
  torch::manual_seed(3);
  torch::nn::Sequential layers(torch::nn::Linear(6, 50), torch::nn::Tanh(), torch::nn::Linear(50, 1));
  torch::nn::Linear idle(6, 2);
  torch::nn::Linear sometimes(6, 1);
  std::vector<Tensor> parameters = layers->parameters();
  for (const auto& layer : {idle, sometimes}) {
    for (const Tensor& p : layer->parameters()) parameters.push_back(p);
  }
  GradientSum sum(group, parameters, /*bucket_bytes=*/64);
  Tensor x = OwnSamples(group).to(torch::kFloat);
  for (int step = 0; step < 3; ++step) {  // the last counts: nothing is left of those before
    sum.Begin();
    Tensor loss = layers->forward(x).square().mean();
    if (group.rank() == group.size() - 1)  // the mean of one sample of the whole batch
      loss = loss + sometimes->forward(x.narrow(0, x.size(0) - 1, 1)).sum() * group.size();
    loss.backward();
    sum.Finish();
  }
  if (!group.first()) return;
  std::ofstream out(file);
  out.precision(15);
  for (const Tensor& p : layers->parameters()) Put(out, "layer", p.grad());
  for (const Tensor& p : sometimes->parameters()) Put(out, "sometimes", p.grad());
  out << "idle " << idle->weight.grad().defined() << '\n';
}

[[noreturn]] void SumForever(Group& group) {
  Tensor tensor = torch::ones({100000});
  for (;;) {
    group.Sum(tensor);
    tensor.fill_(1);
  }
}

// The last rank does `what` to itself after some sums; the others go on.
void Misbehave(Group& group, const std::string& what) {
  Tensor tensor = torch::ones({100000});
  for (int i = 0; i < 3; ++i) group.Sum(tensor);
  if (group.rank() == group.size() - 1) {
    if (what == "kill") std::raise(SIGKILL);
    if (what == "stop") std::raise(SIGSTOP);
    if (what == "give up") {
      group.GiveUp("the disk is full");
      std::_Exit(3);
    }
  } else if (what == "kill the first") {
    std::raise(SIGKILL);
  }
  SumForever(group);
}

void Disagree(Group& group, const std::string&) {
  const Status same = group.Agree("configuration", R"({"batch": 4, "loss": {"norm": 1}})");
  if (!same.ok()) throw std::runtime_error("the same is not the same: " + same.message());
  const std::string batch = std::to_string(4 + group.rank());
  const Status status = group.Agree("configuration", R"({"batch": )" + batch + R"(, "loss": {"norm": 1}})");
  std::printf("%s\n", status.message().c_str());
}

// Steps of a small network on real speech, with discriminators; then validation. The first rank writes
// losses, gradients and weights.
void Steps(Group& group, const std::string& file) {
  TrainingConfig config = SmallTraining();
  config.training.batch = 8;
  config.training.drop.frame_crops = 0.9;
  config.training.adversary.adversarial = 0.5;
  config.training.adversary.features = 0.5;
  config.training.adversary.channels = 4;
  config.training.adversary.fft_sizes = {256};
  TrainingState state(config);
  auto loaded = LoadDataset(Samples(), DataOptions(config));
  if (!loaded.ok()) throw std::runtime_error(loaded.message());
  const Dataset& data = loaded.value();
  const Status same = AgreeOnRun(group, state, data);
  if (!same.ok()) throw std::runtime_error(same.message());
  const ReconstructionLoss loss(config.training.loss, config.model.sample_rate, torch::kCPU);
  const auto share = ShareOfBatch(group, config.training.batch);
  if (!share.ok()) throw std::runtime_error(share.message());
  DataParallel peers(group, state);
  Workers workers(group.alone() ? 1 : 2,
                  share.value().count);  // the alone one is what the others are compared with
  std::ofstream out;
  if (group.first()) out.open(file);
  out.precision(12);
  const auto put = [&](const std::string& name, const Tensor& values) { Put(out, name.c_str(), values); };
  for (int step = 0; step < 2; ++step) {
    const CropBatch batch = DrawBatch(data, CropsOf(config), config.training.seed,
                                      state.samples + share.value().first, share.value().count);
    const StepReport report = TrainStep(state, loss, batch, 0, peers, workers);
    out << "loss " << report.total << '\n';
    for (const auto& [name, value] : report.terms) out << "loss_" << name << ' ' << value << '\n';
    for (const auto& parameter : state.network->named_parameters()) {
      const Tensor& gradient = parameter->grad();
      put("gradient_" + parameter.key(), gradient / gradient.norm().clamp_min(1e-6));
    }
  }
  out << "samples " << state.samples << '\n';
  const ValidationResult scores = Validate(state, data, group);
  out << "validated " << scores.score;
  for (const RateScores& rate : scores.rates)
    out << ' ' << rate.estoi << ' ' << rate.log_mel_db << ' ' << rate.clips;
  for (const TokenStats& tokens : scores.tokens) out << ' ' << tokens.usage << ' ' << tokens.entropy_bits;
  out << '\n';
  // All ranks have the same bits.
  for (const TorchNetwork& network : {state.network, state.average}) {
    for (const Tensor& parameter : network->parameters()) {
      Tensor first = parameter.detach().clone();
      group.Broadcast(first);
      if (group.Any(!torch::equal(first, parameter))) throw std::runtime_error("the ranks' weights differ");
    }
  }
}

// Vector perturbation of samples that the ranks share out: moves, queue and codebook. The last rank writes.
void Perturbation(Group& group, const std::string& file) {
  BottleneckConfig config;
  config.type = "vp";
  config.groups = 3;
  config.codebook_size = 16;
  VpOptions options;
  options.queue_steps = 7;
  VectorPerturbation vp(config, options);
  const int share = kSamples / group.size();
  const auto generator = at::detail::createCPUGenerator(5);
  Tensor y;
  for (int step = 0; step < 12; ++step) {
    const Tensor latents = torch::randn({kSamples, 20, config.latents()}, generator);
    const Tensor kept =
        torch::rand({kSamples, 20, config.groups}, generator) < torch::tensor({1.0, 0.7, 0.3});
    const Tensor audible = torch::rand({kSamples, 20}, generator) < 0.9;
    const int first = share * group.rank();
    const auto own = [&](const Tensor& x) { return x.narrow(0, first, share).to(torch::kFloat); };
    const BatchRandom random(step, first, share);
    y = vp.Forward({own(latents), own(kept), own(audible), random, &group}).y;
    vp.EndStep(&group);
  }
  vp.PrepareToQuantize(&group);
  if (group.rank() + 1 < group.size()) return;
  std::ofstream out(file);
  out.precision(12);
  Put(out, "y", y.narrow(0, share - 1, 1));
  Put(out, "queue", vp.queue());
  Put(out, "codebook", vp.codebook());
}

// FIRST,SECOND: two checkpoints with the same step, weights, average and moments, bit for bit.
void Same(Group&, const std::string& files) {
  const size_t comma = files.find(',');
  auto a = LoadCheckpoint(files.substr(0, comma));
  auto b = LoadCheckpoint(files.substr(comma + 1));
  if (!a.ok() || !b.ok()) throw std::runtime_error(a.ok() ? b.message() : a.message());
  if (a.value()->step != b.value()->step) throw std::runtime_error("another step");
  const auto compare = [](TorchNetworkImpl& x, TorchNetworkImpl& y) {
    for (const auto& [name, tensor] : ReadTensors(x)) {
      if (tensor.values != ReadTensors(y).at(name).values) throw std::runtime_error(name + " differs");
    }
  };
  compare(*a.value()->network, *b.value()->network);
  compare(*a.value()->average, *b.value()->average);
  std::printf("the same at step %lld\n", static_cast<long long>(a.value()->step));
}

void Nothing(Group& group, const std::string&) { std::printf("%s\n", group.name().c_str()); }

int Run(int argc, char** argv) {
  const std::map<std::string, void (*)(Group&, const std::string&)> cases = {{"perturbation", Perturbation},
                                                                             {"sums", Sums},
                                                                             {"gradients", Gradients},
                                                                             {"misbehave", Misbehave},
                                                                             {"disagree", Disagree},
                                                                             {"codebook", Codebook},
                                                                             {"steps", Steps},
                                                                             {"same", Same},
                                                                             {"nothing", Nothing}};
  const std::string name = argc > 1 ? argv[1] : "";
  if (!cases.contains(name)) return 2;
  GroupOptions options;
  // Of the frozen process nothing else tells; for the rest, one that only waits for its turn is not lost.
  const bool frozen = argc > 2 && std::string(argv[2]) == "stop";
  options.timeout = std::chrono::milliseconds(frozen ? 4000 : 20000);
  options.start_timeout = std::chrono::milliseconds(name == "nothing" ? 1500 : 60000);
  auto group = Group::FromEnvironment(torch::kCPU, options);
  if (!group.ok()) {
    std::printf("%s\n", group.message().c_str());
    return 1;
  }
  try {
    cases.at(name)(*group.value(), argc > 2 ? argv[2] : "");
  } catch (const std::exception& error) {
    std::printf("%s\n", error.what());
    std::fflush(stdout);
    std::_Exit(1);
  }
  return 0;
}

}  // namespace
}  // namespace quaver

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // as the program does: a peer that is gone is an error of the next write
  return quaver::Run(argc, argv);
}
