// Neither built nor run so far: no machine with several GPUs was at hand.
#include "codec/train/distributed/backends.h"

#ifdef QUAVER_NCCL
#ifndef USE_C10D_NCCL
#define USE_C10D_NCCL
#endif
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

#include <stdexcept>

namespace quaver {

c10::intrusive_ptr<c10d::Backend> MakeNccl(const c10::intrusive_ptr<c10d::Store>& store,
                                           const BackendPlace& place) {
#ifdef QUAVER_NCCL
  auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = place.timeout;
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(store, place.rank, place.size, options);
#else
  (void)store, (void)place;
  throw std::runtime_error("this program was built against a LibTorch without NCCL");
#endif
}

}  // namespace quaver
