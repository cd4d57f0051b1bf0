#include "bench/openblas.h"

#include <dlfcn.h>

#include <vector>

#include "bench/timing.h"

namespace quaver::bench {
namespace {

constexpr int kRowMajor = 101;  // of cblas.h
constexpr int kNoTranspose = 111;

template <typename Function>
Function Find(void* library, const char* name) {
  return reinterpret_cast<Function>(dlsym(library, name));
}

}  // namespace

OpenBlas::OpenBlas() {
  void* library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);  // never closed: it lives with us
  if (library == nullptr) return;
  const auto set_threads = Find<void (*)(int)>(library, "openblas_set_num_threads");
  if (set_threads == nullptr) return;
  set_threads(1);
  core_ = Find<char* (*)()>(library, "openblas_get_corename");
  sgemm_ = Find<Sgemm>(library, "cblas_sgemm");
}

std::string OpenBlas::core() const { return core_ == nullptr ? "" : core_(); }

double OpenBlas::Measure(int size) const {
  const size_t count = static_cast<size_t>(size) * size;
  const std::vector<float> a(count, 0.5f);
  const std::vector<float> b(count, 0.25f);
  std::vector<float> c(count);
  const double seconds = TimeOf([&] {
    sgemm_(kRowMajor, kNoTranspose, kNoTranspose, size, size, size, 1, a.data(), size, b.data(), size, 0,
           c.data(), size);
  });
  return static_cast<double>(count) * size / seconds;
}

}  // namespace quaver::bench
