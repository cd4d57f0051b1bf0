// What the processes of the tests do: distributed_worker CASE [ARGUMENT]. Prints one line; exits with 1 and
// the message if the group fails.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>

#include "codec/train/distributed/gradient_sum.h"
#include "codec/train/distributed/group.h"

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

// Samples of this rank, of the batch that all ranks share.
Tensor Samples(const Group& group) {
  const Tensor all = torch::sin(torch::arange(kSamples * 6).to(torch::kDouble)).reshape({kSamples, 6});
  const int64_t share = kSamples / group.size();
  return all.narrow(0, share * group.rank(), share);
}

// The same figures whatever the number of ranks.
void Sums(Group& group, const std::string& file) {
  const Tensor x = Samples(group);
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
  Tensor x = Samples(group).to(torch::kFloat);
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
    if (what == "kill") raise(SIGKILL);
    if (what == "stop") raise(SIGSTOP);
    if (what == "give up") {
      group.GiveUp("the disk is full");
      std::_Exit(3);
    }
  } else if (what == "kill the first") {
    raise(SIGKILL);
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

void Nothing(Group& group, const std::string&) { std::printf("%s\n", group.name().c_str()); }

int Run(int argc, char** argv) {
  const std::map<std::string, void (*)(Group&, const std::string&)> cases = {{"sums", Sums},
                                                                             {"gradients", Gradients},
                                                                             {"misbehave", Misbehave},
                                                                             {"disagree", Disagree},
                                                                             {"nothing", Nothing}};
  const std::string name = argc > 1 ? argv[1] : "";
  if (!cases.contains(name)) return 2;
  GroupOptions options;
  options.timeout = std::chrono::milliseconds(4000);
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

int main(int argc, char** argv) { return quaver::Run(argc, argv); }
