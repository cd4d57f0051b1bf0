// quaver_bench_nearest: the neighbours that vector perturbation looks for, beside torch::cdist and topk.
#include "codec/train/bottlenecks/nearest.h"

#include <ATen/Parallel.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cstdio>
#include <cxxopts.hpp>
#include <exception>
#include <stdexcept>

#include "bench/timing.h"

namespace quaver::bench {
namespace {

const char* const kAbout =
    "Times the distances of the 8th and the M-th nearest of a set of points for each of some queries "
    "(Gaussian,\n"
    "both), and the same with torch::cdist and topk on as many threads in the same run. \"whole\" sorts the "
    "set\n"
    "into a tree and searches it; \"search\" searches a tree that is there, as a step of training does.\n";

const char* const kExamples =
    "\nExamples:\n"
    "  quaver_bench_nearest\n"
    "  quaver_bench_nearest --queries 432 --points 16384 --rank 16\n";

struct Options {
  int threads = 1;
  int64_t queries = 4096;
  int64_t points = 65536;
  int64_t dims = 4;
  int rank = 64;
  int rounds = 5;
};

// The fastest of some rounds, seconds.
template <typename Function>
double Fastest(int rounds, const Function& function) {
  double best = 1e9;
  for (int i = 0; i < rounds; ++i) best = std::min(best, TimeOf(function));
  return best;
}

int Measure(const Options& options) {
  at::set_num_threads(options.threads);
  torch::NoGradGuard no_grad;
  torch::manual_seed(1);
  const auto points = torch::randn({options.points, options.dims});
  const auto queries = torch::randn({options.queries, options.dims});
  const std::vector<int> ranks = {std::min(8, options.rank), options.rank};
  torch::Tensor ours, theirs;
  const double composed = Fastest(std::max(1, options.rounds / 2), [&] {
    theirs = std::get<0>(torch::cdist(queries, points).topk(options.rank, 1, /*largest=*/false));
  });
  const double whole = Fastest(options.rounds, [&] { ours = NearestDistances(queries, points, ranks); });
  NearestSets sets;
  sets.Assign(points.unsqueeze(0));
  const auto set = torch::zeros({options.queries}, torch::kInt64);
  const double search = Fastest(options.rounds, [&] { ours = sets.Search(queries, set, ranks); });
  const double apart = ((ours.select(1, 1) - theirs.select(1, options.rank - 1)).abs() / ours.select(1, 1))
                           .max()
                           .item<double>();
  std::printf("%lld queries, %lld points, %lld dimensions, M %d, threads: %d\n",
              static_cast<long long>(options.queries), static_cast<long long>(options.points),
              static_cast<long long>(options.dims), options.rank, options.threads);
  std::printf("  cdist + topk  %9.2f ms\n", 1e3 * composed);
  std::printf("  whole         %9.2f ms  %6.1f times as fast\n", 1e3 * whole, composed / whole);
  std::printf("  search        %9.2f ms  %6.1f times as fast, %.2f us a query\n", 1e3 * search,
              composed / search, 1e6 * search / static_cast<double>(options.queries));
  std::printf("  largest relative difference of the M-th distances: %.1e\n", apart);
  return 0;
}

}  // namespace
}  // namespace quaver::bench

int main(int argc, char** argv) {
  quaver::bench::Options o;
  cxxopts::Options options("quaver_bench_nearest", quaver::bench::kAbout);
  options.set_width(100);
  options.add_options()("h,help", "Print this text and end")                                           //
      ("threads", "Threads of LibTorch", cxxopts::value(o.threads)->default_value("1"), "N")           //
      ("queries", "Queries", cxxopts::value(o.queries)->default_value("4096"), "N")                    //
      ("points", "Points of the set", cxxopts::value(o.points)->default_value("65536"), "N")           //
      ("dims", "Dimensions", cxxopts::value(o.dims)->default_value("4"), "N")                          //
      ("rank", "M: neighbours that are looked for", cxxopts::value(o.rank)->default_value("64"), "N")  //
      ("rounds", "The fastest of so many is printed", cxxopts::value(o.rounds)->default_value("5"), "N");
  try {
    const auto parsed = options.parse(argc, argv);
    if (parsed.count("help") > 0) {
      std::printf("%s%s", options.help().c_str(), quaver::bench::kExamples);
      return 0;
    }
    if (o.threads < 1 || o.queries < 1 || o.rank < 1 || o.points < o.rank || o.dims < 1 || o.rounds < 1 ||
        o.dims > quaver::internal::kMaxNearestDims)
      throw std::invalid_argument("a number is out of range");
    return quaver::bench::Measure(o);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "quaver_bench_nearest: %s\n", error.what());
    return 2;
  }
}
