// What a fuzz target is: it takes any bytes, and returns. What must hold is checked by FUZZ_CHECK in every build.
#ifndef QUAVER_FUZZ_TARGET_H_
#define QUAVER_FUZZ_TARGET_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

#define FUZZ_CHECK(condition)                                                              \
  do {                                                                                     \
    if (!(condition)) {                                                                    \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                        \
    }                                                                                      \
  } while (false)

#endif  // QUAVER_FUZZ_TARGET_H_
