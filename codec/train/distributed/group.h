// The processes that train one model together: what they say to each other. One process alone is a group too,
// in which nothing travels.
#ifndef QUAVER_CODEC_TRAIN_DISTRIBUTED_GROUP_H_
#define QUAVER_CODEC_TRAIN_DISTRIBUTED_GROUP_H_

#include <torch/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "codec/status.h"
#include "codec/train/distributed/launch.h"

namespace quaver {

// Thrown by the operations of a group, through LibTorch's backward pass if need be: a peer is gone, hangs, or
// gave up. The message names this rank and the peer. The group is of no use any more.
class GroupFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct GroupOptions {
  std::chrono::milliseconds timeout{45000};         // silence after which a peer counts as lost
  std::chrono::milliseconds start_timeout{300000};  // for all processes to be started
  std::chrono::milliseconds late{1800000};          // how late a peer that is alive may be with an operation
  // Called on another thread if a peer is lost while this process hangs outside the group's operations, in a
  // call to a GPU for instance. Should end the process; empty: nothing happens.
  std::function<void(const std::string& message)> on_hang;
};

// A sum that is under way.
class PendingSum {
 public:
  virtual ~PendingSum() = default;
  virtual void Wait() = 0;  // until the tensor holds the sum; throws GroupFailure
};

// Every rank calls the same operations in the same order, from one thread at a time. They throw GroupFailure.
// The process must ignore SIGPIPE: a write to a peer that has just ended would end this process as well, before
// it can say why.
class Group {
 public:
  // The group that a launcher started this process for (launch.h), or a group of one. Gloo carries tensors on
  // the CPU, NCCL those on a GPU. Waits for all processes.
  static Result<std::unique_ptr<Group>> FromEnvironment(torch::Device device,
                                                        const GroupOptions& options = {});
  static Result<std::unique_ptr<Group>> Join(const Launch& launch, torch::Device device,
                                             const GroupOptions& options = {});
  static std::unique_ptr<Group> Alone();
  ~Group();

  int rank() const { return launch_.rank; }
  int size() const { return launch_.size; }
  int local_rank() const { return launch_.local_rank; }  // number of the process on its machine
  bool first() const { return rank() == 0; }             // the one that prints and writes
  bool alone() const { return size() == 1; }
  std::string name() const;  // "rank 1 of 2 (host, process 4711)"

  // In place: every rank has the sum over the ranks, with the same bits.
  void Sum(torch::Tensor& tensor);
  // In place: every rank has what `root` has.
  void Broadcast(torch::Tensor& tensor, int root = 0);
  // The sum over the ranks, of which a gradient goes back to all of them: for statistics of the whole batch.
  // The gradient is that of the sum over the ranks of their losses.
  torch::Tensor SumWithGradient(const torch::Tensor& tensor);
  double Sum(double value);
  bool Any(bool value);  // true if it is on some rank
  void Barrier();        // returns when all ranks have called it

  // An error, the same on all ranks, unless `json` is the same on all of them: it names what differs between
  // rank 0 and another one.
  Status Agree(const std::string& what, const std::string& json);

  // For gradients: runs beside the operations above, and in its own order.
  std::unique_ptr<PendingSum> SumLater(torch::Tensor& tensor);

  // This rank ends for a reason of its own; the others fail with it.
  void GiveUp(const std::string& why);
  bool failed() const;
  // Bytes of the tensors that this rank has given into operations.
  int64_t bytes() const { return bytes_; }

 private:
  struct Connections;  // c10d's objects; none in a group of one
  explicit Group(Launch launch);

  Launch launch_;
  std::shared_ptr<Connections> connections_;
  int64_t bytes_ = 0;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DISTRIBUTED_GROUP_H_
