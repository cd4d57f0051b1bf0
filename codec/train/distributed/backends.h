// The two ways in which c10d moves tensors between processes, made from a store through which they meet.
#ifndef QUAVER_CODEC_TRAIN_DISTRIBUTED_BACKENDS_H_
#define QUAVER_CODEC_TRAIN_DISTRIBUTED_BACKENDS_H_

#include <chrono>
#include <string>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

namespace quaver {

struct BackendPlace {
  int rank = 0;
  int size = 1;
  std::string address;  // of this machine, for its peers; empty: what the host's name resolves to
  std::chrono::milliseconds timeout{0};
};

// Gloo: TCP between CPUs. GLOO_SOCKET_IFNAME, if set, names the interface and goes before `address`. Throws
// what c10d throws.
c10::intrusive_ptr<c10d::Backend> MakeGloo(const c10::intrusive_ptr<c10d::Store>& store,
                                           const BackendPlace& place);

// NCCL: between GPUs; only in a build against a LibTorch with CUDA, otherwise throws std::runtime_error.
c10::intrusive_ptr<c10d::Backend> MakeNccl(const c10::intrusive_ptr<c10d::Store>& store,
                                           const BackendPlace& place);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DISTRIBUTED_BACKENDS_H_
