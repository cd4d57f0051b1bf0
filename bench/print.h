// The results as a table for people.
#ifndef QUAVER_BENCH_PRINT_H_
#define QUAVER_BENCH_PRINT_H_

#include <nlohmann/json.hpp>

namespace quaver::bench {

// Prints whichever sections `results` has to standard output.
void PrintResults(const nlohmann::ordered_json& results);

}  // namespace quaver::bench

#endif  // QUAVER_BENCH_PRINT_H_
