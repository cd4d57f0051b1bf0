#include "codec/train/bf16.h"

namespace quaver {

bool MultipliesBf16(torch::Device device) {
  if (!device.is_cpu()) return true;
#ifdef __x86_64__
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return true;
#endif
}

}  // namespace quaver
