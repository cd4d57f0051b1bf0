// Where Gloo's own headers are missing, gloo_declarations/ stands in for them: see its README.md.
#ifndef USE_C10D_GLOO
#define USE_C10D_GLOO
#endif
#include <cstdlib>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include "codec/train/distributed/backends.h"

namespace quaver {

c10::intrusive_ptr<c10d::Backend> MakeGloo(const c10::intrusive_ptr<c10d::Store>& store,
                                           const BackendPlace& place) {
  using Gloo = c10d::ProcessGroupGloo;
  c10::intrusive_ptr<Gloo::Options> options;
  if (place.address.empty() || std::getenv("GLOO_SOCKET_IFNAME") != nullptr) {
    options = Gloo::Options::create_default(place.timeout);
  } else {
    options = Gloo::Options::create(place.timeout);
    options->devices.push_back(Gloo::createDeviceForHostname(place.address, /*lazyInit=*/false));
    options->threads = 2;
  }
  return c10::make_intrusive<Gloo>(store, place.rank, place.size, options);
}

}  // namespace quaver
