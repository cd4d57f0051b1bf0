#include "codec/train/distributed/group.h"

#include <c10/util/Logging.h>
#include <torch/autograd.h>
#include <torch/utils.h>
#include <torch/version.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "codec/quaver.h"
#include "codec/train/distributed/address.h"
#include "codec/train/distributed/backends.h"
#include "codec/train/distributed/heartbeat.h"

namespace quaver {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
using torch::Tensor;

constexpr milliseconds kSlice{500};       // how often a wait looks at the heartbeat
constexpr milliseconds kFarewell{10000};  // for the others to finish

std::vector<uint8_t> Bytes(const std::string& text) { return {text.begin(), text.end()}; }
std::string Text(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

std::string Key(const std::string& what, int rank) { return what + "/" + std::to_string(rank); }

std::string Number(int rank, int size) {
  return "rank " + std::to_string(rank) + " of " + std::to_string(size);
}

// c10d's messages go on for pages, with the stack.
std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

std::vector<std::string> Keys(const std::string& what, int size) {
  std::vector<std::string> keys;
  for (int rank = 0; rank < size; ++rank) keys.push_back(Key(what, rank));
  return keys;
}

c10::intrusive_ptr<c10d::Store> OpenStore(const Launch& launch, milliseconds timeout) {
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(launch.port);
  options.isServer = launch.rank == 0 && !launch.store_is_there;
  options.waitWorkers = false;
  options.timeout = timeout;
  return c10::make_intrusive<c10d::PrefixStore>("quaver/" + launch.attempt,
                                                c10::make_intrusive<c10d::TCPStore>(launch.address, options));
}

// c10d logs every error that it throws, with the stack; here the errors become messages of our own. Whoever
// set the level keeps it.
void SilenceLog() {
  if (std::getenv("TORCH_CPP_LOG_LEVEL") == nullptr) FLAGS_caffe2_log_level = 3;
}

// Waits until all ranks have said where they are; their words.
std::vector<json> Gather(c10d::Store& store, const Launch& launch, const json& own, milliseconds timeout) {
  store.set(Key("alive", launch.rank), Bytes("0"));
  store.set(Key("place", launch.rank), Bytes(own.dump()));
  const auto keys = Keys("place", launch.size);
  const auto end = Clock::now() + timeout;
  while (!store.check(keys)) {
    if (Clock::now() > end) {
      std::string missing;
      for (int rank = 0; rank < launch.size; ++rank) {
        if (!store.check({Key("place", rank)}))
          missing += (missing.empty() ? "" : ", ") + std::to_string(rank);
      }
      throw GroupFailure("rank " + missing + " did not join within " +
                         std::to_string(timeout.count() / 1000) +
                         " s; start it with the same MASTER_ADDR and MASTER_PORT");
    }
    std::this_thread::sleep_for(milliseconds(50));
  }
  std::vector<json> places;
  for (const auto& place : store.multiGet(keys)) places.push_back(json::parse(Text(place)));
  return places;
}

// Gloo tells the peers the address of each: one that only this machine can reach is a mistake of its hosts
// file.
void CheckAddresses(const std::vector<json>& places) {
  std::optional<size_t> loopback;
  bool other = false;
  for (size_t rank = 0; rank < places.size(); ++rank) {
    const auto address = places[rank]["address"].get<std::string>();
    if (address.empty()) continue;  // GLOO_SOCKET_IFNAME decides
    if (!IsLoopback(address)) {
      other = true;
    } else if (!loopback) {
      loopback = rank;
    }
  }
  if (!loopback || !other) return;
  throw GroupFailure(
      "rank " + std::to_string(*loopback) + " is at " + places[*loopback]["address"].get<std::string>() +
      ", which other machines cannot reach: set MASTER_ADDR to an address instead of a name, or "
      "GLOO_SOCKET_IFNAME to the network interface");
}

// "/batch is 8, but 4 at rank 0": at most three of the differences.
std::string Differences(const std::string& first, const std::string& other) {
  const json a = json::parse(first, nullptr, false);
  const json b = json::parse(other, nullptr, false);
  if (a.is_discarded() || b.is_discarded()) return "";
  std::string out;
  int count = 0;
  for (const auto& change : json::diff(a, b)) {
    if (++count > 3) return out + " ...";
    const json::json_pointer place(change["path"].get<std::string>());
    const auto value = [&](const json& side) {
      return side.contains(place) ? side[place].dump() : "missing";
    };
    out += (out.empty() ? ": " : ", ") + place.to_string() + " is " + value(a) + " and " + value(b);
  }
  return out;
}

struct SumOverRanks : torch::autograd::Function<SumOverRanks> {
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x, int64_t group) {
    context->saved_data["group"] = group;
    Tensor sum = x.clone(at::MemoryFormat::Contiguous);
    reinterpret_cast<Group*>(group)->Sum(sum);
    return sum;
  }
  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context,
                                               const torch::autograd::tensor_list& gradients) {
    Tensor sum = gradients[0].clone(at::MemoryFormat::Contiguous);
    reinterpret_cast<Group*>(context->saved_data["group"].toInt())->Sum(sum);
    return {sum, Tensor()};
  }
};

}  // namespace

struct Group::Connections {
  // One channel for the operations of the training loop, one for the gradients beside them.
  struct Channel {
    c10::intrusive_ptr<c10d::Backend> cpu;
    c10::intrusive_ptr<c10d::Backend> gpu;
    c10d::Backend& For(const Tensor& tensor) const {
      if (tensor.is_cpu()) return *cpu;
      if (!gpu) throw GroupFailure("a tensor on " + tensor.device().str() + " in a group for the CPU");
      return *gpu;
    }
  };

  c10::intrusive_ptr<c10d::Store> store;
  std::unique_ptr<Heartbeat> heartbeat;
  Channel main;
  Channel gradients;
  std::string prefix;  // of messages
  std::string name;    // of this rank
  int agreements = 0;
  std::atomic<bool> failed{false};

  [[noreturn]] void Fail(const std::string& cause) {
    failed = true;
    throw GroupFailure(prefix + heartbeat->Blame(FirstLine(cause)));
  }
  // Runs what may throw of c10d.
  template <typename F>
  auto Guard(F&& call) {
    if (failed) throw GroupFailure(prefix + "the group has failed before");
    try {
      return call();
    } catch (const GroupFailure&) {
      throw;
    } catch (const std::exception& error) {
      Fail(error.what());
    }
  }
  void Wait(c10d::Work& work, bool cpu) {
    Guard([&] {
      if (!cpu) {  // orders the stream of the GPU, not the host
        work.wait();
        return;
      }
      while (!Finished(work)) {
        const std::string lost = heartbeat->Lost();
        if (lost.empty()) continue;
        failed = true;
        throw GroupFailure(prefix + heartbeat->Blame(lost));
      }
    });
  }
  // Waits for a while.
  static bool Finished(c10d::Work& work) {
    try {
      return work.wait(kSlice);
    } catch (const std::exception&) {
      if (!work.isCompleted()) return false;
      if (work.isSuccess()) return true;
      throw;
    }
  }
  c10::intrusive_ptr<c10d::Work> StartSum(const Channel& channel, Tensor& tensor) {
    return Guard([&] {
      std::vector<Tensor> tensors{tensor};
      return channel.For(tensor).allreduce(tensors);
    });
  }
  // Until all ranks have reached this point of their end, or nobody waits for them any more.
  void WaitForPeers(const std::string& key, int count) {
    store->add(key, 1);
    const auto end = Clock::now() + kFarewell;
    while (store->add(key, 0) < count && Clock::now() < end && heartbeat->Lost().empty())
      std::this_thread::sleep_for(milliseconds(10));
  }
};

Group::Group(Launch launch) : launch_(std::move(launch)) {}

std::unique_ptr<Group> Group::Alone() { return std::unique_ptr<Group>(new Group(Launch())); }

Result<std::unique_ptr<Group>> Group::FromEnvironment(torch::Device device, const GroupOptions& options) {
  const auto launch = ReadLaunch();
  if (!launch.ok()) return launch.error();
  return Join(launch.value(), device, options);
}

Result<std::unique_ptr<Group>> Group::Join(const Launch& launch, torch::Device device,
                                           const GroupOptions& options) {
  if (launch.size == 1) return Alone();
  SilenceLog();
  const std::string place = launch.address + ":" + std::to_string(launch.port);
  const std::string prefix = Number(launch.rank, launch.size) + ": ";
  std::unique_ptr<Group> group(new Group(launch));
  group->connections_ = std::make_shared<Connections>();
  Connections& connections = *group->connections_;
  connections.prefix = prefix;
  connections.failed = true;  // until all of it stands
  try {
    connections.store = OpenStore(launch, options.start_timeout);
    const std::string address = AddressTowards(launch.address, launch.port);
    const bool chosen = std::getenv("GLOO_SOCKET_IFNAME") != nullptr;
    const auto places =
        Gather(*connections.store, launch,
               {{"host", HostName()}, {"process", ::getpid()}, {"address", chosen ? std::string() : address}},
               options.start_timeout);
    CheckAddresses(places);
    HeartbeatOptions beat;
    beat.rank = launch.rank;
    for (size_t rank = 0; rank < places.size(); ++rank) {
      beat.names.push_back("rank " + std::to_string(rank) + " (" + places[rank]["host"].get<std::string>() +
                           ", process " + places[rank]["process"].dump() + ")");
    }
    beat.store_name = (launch.store_is_there ? launch.launcher + "'s store at " + place
                                             : beat.names[0] + ", or its store at " + place + ",");
    beat.holds_store = launch.rank == 0 && !launch.store_is_there;
    beat.timeout = options.timeout;
    if (options.on_hang) beat.on_lost_unseen = [=](const std::string& m) { options.on_hang(prefix + m); };
    connections.name = beat.names[static_cast<size_t>(launch.rank)];
    connections.store->setTimeout(options.timeout);
    auto own_store = connections.store->clone();
    own_store->setTimeout(options.timeout);
    connections.heartbeat = std::make_unique<Heartbeat>(std::move(own_store), std::move(beat));
    const auto make = [&](const std::string& name, bool gpu) {
      const auto store = c10::make_intrusive<c10d::PrefixStore>(name, connections.store->clone());
      const BackendPlace where{launch.rank, launch.size, address, options.timeout};
      auto backend = gpu ? MakeNccl(store, where) : MakeGloo(store, where);
      backend->setTimeout(options.late);
      return backend;
    };
    connections.main.cpu = make("cpu", false);
    connections.gradients.cpu = make("cpu gradients", false);
    if (device.is_cuda()) {
      connections.main.gpu = make("gpu", true);
      connections.gradients.gpu = make("gpu gradients", true);
    }
    connections.failed = false;
    const json build = {{"quaver", quaver_version()},
                        {"LibTorch", TORCH_VERSION},
                        {"device", device.is_cuda() ? "cuda" : "cpu"}};
    const Status same = group->Agree("program", build.dump());
    if (!same.ok()) return same.error();
    return group;
  } catch (const GroupFailure& error) {
    return Error{connections.heartbeat ? error.what() : prefix + error.what()};
  } catch (const std::exception& error) {
    if (connections.heartbeat) return Error{prefix + connections.heartbeat->Blame(FirstLine(error.what()))};
    return Error{prefix + "no meeting at " + place +
                 " (MASTER_ADDR, MASTER_PORT): " + FirstLine(error.what())};
  }
}

Group::~Group() {
  if (!connections_) return;
  if (connections_->failed) {
    // Their threads may wait for a peer that is gone: they are left as they are.
    new std::shared_ptr<Connections>(connections_);
    return;
  }
  try {
    connections_->WaitForPeers("finished", size());
    connections_->heartbeat->Leave();
    const bool holds_store = first() && !launch_.store_is_there;
    if (!holds_store) {
      connections_->store->add("gone", 1);
    } else {
      const auto end = Clock::now() + kFarewell;
      while (connections_->store->add("gone", 0) < size() - 1 && Clock::now() < end)
        std::this_thread::sleep_for(milliseconds(10));
    }
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the work is done, the others went first
  }
}

std::string Group::name() const { return alone() ? "one process" : Number(rank(), size()); }

bool Group::failed() const { return connections_ && connections_->failed; }

void Group::Sum(Tensor& tensor) {
  if (alone()) return;
  torch::NoGradGuard no_grad;
  Tensor sum = tensor.contiguous();
  bytes_ += static_cast<int64_t>(sum.nbytes());
  connections_->Wait(*connections_->StartSum(connections_->main, sum), sum.is_cpu());
  if (!sum.is_same(tensor)) tensor.copy_(sum);
}

double Group::Sum(double value) {
  Tensor sum = torch::full({1}, value, torch::kDouble);
  Sum(sum);
  return sum.item<double>();
}

bool Group::Any(bool value) { return Sum(value ? 1.0 : 0.0) > 0; }

Tensor Group::SumWithGradient(const Tensor& tensor) {
  if (alone()) return tensor;
  return SumOverRanks::apply(tensor, reinterpret_cast<int64_t>(this));
}

void Group::Broadcast(Tensor& tensor, int root) {
  if (alone()) return;
  torch::NoGradGuard no_grad;
  Tensor copy = tensor.detach().contiguous();
  bytes_ += static_cast<int64_t>(copy.nbytes());
  const auto work = connections_->Guard([&] {
    std::vector<Tensor> tensors{copy};
    c10d::BroadcastOptions options;
    options.rootRank = root;
    return connections_->main.For(copy).broadcast(tensors, options);
  });
  connections_->Wait(*work, copy.is_cpu());
  if (copy.data_ptr() != tensor.data_ptr()) tensor.copy_(copy);
}

void Group::Barrier() {
  if (alone()) return;
  Sum(0.0);
}

Status Group::Agree(const std::string& what, const std::string& text) {
  if (alone()) return {};
  const std::string key = "agree/" + std::to_string(connections_->agreements++);
  return connections_->Guard([&]() -> Status {
    connections_->store->set(Key(key, rank()), Bytes(text));
    Barrier();
    const std::string first = Text(connections_->store->get(Key(key, 0)));
    Tensor different = torch::zeros({size()}, torch::kInt32);
    different[rank()] = text == first ? 0 : 1;
    Sum(different);
    for (int other = 0; other < size(); ++other) {
      if (different[other].item<int>() == 0) continue;
      const std::string theirs = Text(connections_->store->get(Key(key, other)));
      return Error{"rank 0 and rank " + std::to_string(other) + " do not have the same " + what +
                   Differences(first, theirs)};
    }
    return {};
  });
}

std::unique_ptr<PendingSum> Group::SumLater(Tensor& tensor) {
  struct Nothing : PendingSum {
    void Wait() override {}
  };
  struct Pending : PendingSum {
    std::shared_ptr<Connections> connections;
    c10::intrusive_ptr<c10d::Work> work;
    bool cpu = true;
    void Wait() override { connections->Wait(*work, cpu); }
  };
  if (alone()) return std::make_unique<Nothing>();
  TORCH_CHECK(tensor.is_contiguous(), "SumLater: the tensor is not contiguous");
  auto pending = std::make_unique<Pending>();
  bytes_ += static_cast<int64_t>(tensor.nbytes());
  pending->connections = connections_;
  pending->cpu = tensor.is_cpu();
  pending->work = connections_->StartSum(connections_->gradients, tensor);
  return pending;
}

void Group::GiveUp(const std::string& why) {
  if (alone() || connections_->failed) return;
  connections_->failed = true;
  connections_->heartbeat->GiveUp(why);
}

}  // namespace quaver
