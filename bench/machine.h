// What the figures were measured on.
#ifndef QUAVER_BENCH_MACHINE_H_
#define QUAVER_BENCH_MACHINE_H_

#include <nlohmann/json.hpp>

namespace quaver::bench {

// "processor" and "caches" (as the kernel names them), "cores", "compiler", "load": the average of the
// last minute.
nlohmann::ordered_json DescribeMachine();

}  // namespace quaver::bench

#endif  // QUAVER_BENCH_MACHINE_H_
