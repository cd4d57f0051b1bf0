#include "codec/train/bottlenecks/nearest.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>

namespace quaver {
namespace {

using torch::Tensor;

at::Generator Generator(uint64_t seed) { return at::detail::createCPUGenerator(seed); }

enum class Law { kGaussian, kClustered, kDuplicates, kLattice };

Tensor Draw(Law law, int64_t count, int64_t dims, const at::Generator& generator) {
  const Tensor x = torch::randn({count, dims}, generator);
  const Tensor centre = torch::randint(0, 5, {count, 1}, generator).to(torch::kFloat);
  if (law == Law::kClustered) return 0.05 * x + 3 * torch::sin(17 * centre + torch::arange(dims));
  if (law == Law::kDuplicates) return torch::where(centre < 3, torch::full_like(x, 0.25), x);
  if (law == Law::kLattice) return (2 * x).round();
  return x;
}

// Within 1e-5 of the distances in double precision.
void ExpectSame(const Tensor& found, const Tensor& queries, const Tensor& points,
                const std::vector<int>& ranks) {
  const Tensor expected =
      ComposedNearestDistances(queries.to(torch::kDouble), points.to(torch::kDouble), ranks);
  EXPECT_TRUE(torch::allclose(found.to(torch::kDouble), expected, 1e-5, 1e-6))
      << (found - expected).abs().max().item<double>();
}

std::vector<int> All(int most) {
  std::vector<int> ranks(static_cast<size_t>(most));
  std::iota(ranks.begin(), ranks.end(), 1);
  return ranks;
}

class NearestLaws : public testing::TestWithParam<Law> {};

TEST_P(NearestLaws, AgreesWithDistancesToAllPoints) {
  const auto generator = Generator(1);
  for (const int dims : {1, 3, 4, 5, 9}) {
    const Tensor points = Draw(GetParam(), 5000, dims, generator);
    const Tensor queries = torch::cat(
        {Draw(GetParam(), 100, dims, generator), points.slice(0, 0, 50), torch::full({1, dims}, 40.0)});
    for (const auto& ranks : {std::vector<int>{1}, {8, 64}, {2, 8, 33, 200, 1000}, All(70)})
      ExpectSame(NearestDistances(queries, points, ranks), queries, points, ranks);
  }
}

TEST_P(NearestLaws, PointsCanBeReplacedOneByOne) {
  const auto generator = Generator(2);
  constexpr int64_t kCount = 1500;
  Tensor points = torch::randn({2, kCount, 4}, generator);
  NearestSets sets;
  sets.Assign(points);
  int64_t slot = 0;
  for (int step = 0; step < 60; ++step) {  // twice around
    const Tensor fresh = Draw(GetParam(), 50, 4, generator) + 0.02 * step;
    points[1].slice(0, slot, slot + 50).copy_(fresh);
    sets.Replace(1, slot, fresh);
    slot = (slot + 50) % kCount;
    if (step % 7 != 0) continue;
    const Tensor queries = Draw(GetParam(), 40, 4, generator);
    const Tensor set = torch::arange(40) % 2;
    const Tensor found = sets.Search(queries, set, {8, 64});
    for (int i = 0; i < 2; ++i) {
      const Tensor own = torch::nonzero(set == i).squeeze(1);
      ExpectSame(found.index_select(0, own), queries.index_select(0, own), points[i], {8, 64});
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Laws, NearestLaws,
                         testing::Values(Law::kGaussian, Law::kClustered, Law::kDuplicates, Law::kLattice));

TEST(Nearest, DistancesDoNotDependOnHowTheTreeCameToBe) {
  const auto generator = Generator(3);
  Tensor points = torch::randn({1, 3000, 4}, generator);
  NearestSets grown;
  grown.Assign(points);
  for (int64_t slot = 0; slot < 2000; slot += 100) {
    const Tensor fresh = 0.3 * torch::randn({100, 4}, generator);
    points[0].slice(0, slot, slot + 100).copy_(fresh);
    grown.Replace(0, slot, fresh);
  }
  NearestSets built;
  built.Assign(points);
  const Tensor queries = torch::randn({200, 4}, generator);
  const Tensor set = torch::zeros({200}, torch::kInt64);
  EXPECT_TRUE(torch::equal(grown.Search(queries, set, {8, 64}), built.Search(queries, set, {8, 64})));
}

TEST(Nearest, FewPointsAndQueriesThatAreNotFinite) {
  const float infinity = std::numeric_limits<float>::infinity();
  const Tensor points = torch::randn({5, 3}, Generator(4));
  const Tensor queries = torch::tensor({{0.0f, 0.0f, 0.0f}, {NAN, 0.0f, 0.0f}, {infinity, 0.0f, 0.0f}});
  const Tensor found = NearestDistances(queries, points, {1, 5, 6});
  ExpectSame(found.slice(0, 0, 1), queries.slice(0, 0, 1), points, {1, 5, 6});
  EXPECT_EQ(found[0][2].item<float>(), infinity);
  EXPECT_TRUE((found.slice(0, 1) == infinity).all().item<bool>());
}

TEST(Nearest, CodesAreTheNearestAndTheFirstOfEquals) {
  const auto generator = Generator(5);
  for (const int64_t count : {1, 5, 256, 1000}) {
    const Tensor codes = torch::randn({count, 4}, generator);
    const Tensor points = torch::randn({777, 4}, generator);
    const Tensor distances = torch::cdist(points.to(torch::kDouble), codes.to(torch::kDouble), 2, 2);
    const Tensor chosen = NearestCodes(points, codes).unsqueeze(1);
    const Tensor excess = distances.gather(1, chosen).squeeze(1) - std::get<0>(distances.min(1));
    EXPECT_LT(excess.max().item<double>(), 1e-5);
  }
  const Tensor twice = torch::randn({40, 3}, generator).repeat({2, 1});
  EXPECT_TRUE(torch::equal(NearestCodes(twice, twice), torch::arange(80) % 40));
}

}  // namespace
}  // namespace quaver
