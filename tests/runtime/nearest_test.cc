// The search for the nearest code against the definition.

// As in the sources of the kernels: targets that they are not compiled for are not asked of them.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

#include "codec/runtime/nearest.h"

#include <gtest/gtest.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <ostream>
#include <vector>

#include "codec/runtime/buffer.h"
#include "tests/runtime/signals.h"

namespace quaver {
namespace {

using internal::Arena;
using internal::CodeTable;
using internal::Nearest;
using Tokens = std::vector<uint16_t>;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

double Distance(std::span<const float> codes, int dims, size_t code, const float* x) {
  double sum = 0;
  for (int i = 0; i < dims; ++i) {
    const double difference = static_cast<double>(codes[code * static_cast<size_t>(dims) + i]) - x[i];
    sum += difference * difference;
  }
  return sum;
}

// All rows of x [rows, dims] in the same tables, `together` in a call.
Tokens NearestOf(std::span<const CodeTable> tables, std::span<const float> x, int together = 18) {
  const auto dims = static_cast<size_t>(tables[0].dims());
  Tokens found;
  for (; !x.empty(); x = x.subspan(std::min(x.size(), static_cast<size_t>(together) * dims))) {
    const auto some = x.first(std::min(x.size(), static_cast<size_t>(together) * dims));
    std::vector<float> padded(some.begin(), some.end());
    padded.resize(static_cast<size_t>(internal::Padded(static_cast<int>(some.size()))));
    Tokens tokens(some.size() / dims);
    Nearest(tables, padded.data(), static_cast<int>(tokens.size()), tokens.data());
    found.insert(found.end(), tokens.begin(), tokens.end());
  }
  return found;
}

Tokens NearestOf(const CodeTable& table, std::span<const float> x, int together = 18) {
  return NearestOf(std::span(&table, 1), x, together);
}

struct Size {
  int codes;
  int dims;
};
void PrintTo(const Size& size, std::ostream* out) { *out << size.codes << "x" << size.dims; }

class NearestTest : public testing::TestWithParam<Size> {
 protected:
  size_t count() const { return static_cast<size_t>(GetParam().codes); }
  size_t dims() const { return static_cast<size_t>(GetParam().dims); }
  std::vector<float> codes_ = Noise(count() * dims(), 1, 2.0f);
  Arena arena_;
  CodeTable table_{arena_, codes_, GetParam().dims};
};

TEST_P(NearestTest, FindsWhatAllDistancesInDoubleSay) {
  const auto x = Noise(201 * dims(), 2, 3.0f);
  const Tokens found = NearestOf(table_, x);
  int differing = 0;
  for (size_t t = 0; t < found.size(); ++t) {
    ASSERT_LT(found[t], count());
    size_t nearest = 0;
    for (size_t code = 1; code < count(); ++code) {
      if (Distance(codes_, GetParam().dims, code, &x[t * dims()]) <
          Distance(codes_, GetParam().dims, nearest, &x[t * dims()]))
        nearest = code;
    }
    if (found[t] == nearest) continue;
    ++differing;  // only where two codes are equally near but for rounding
    ASSERT_NEAR(Distance(codes_, GetParam().dims, found[t], &x[t * dims()]),
                Distance(codes_, GetParam().dims, nearest, &x[t * dims()]), 1e-5);
  }
  EXPECT_LE(differing, 1);
}

TEST_P(NearestTest, CodesFindThemselves) {
  const Tokens found = NearestOf(table_, codes_);
  for (size_t code = 0; code < count(); ++code) {
    ASSERT_EQ(found[code], code);
    for (size_t i = 0; i < dims(); ++i)
      ASSERT_EQ(table_.At(static_cast<int>(code), static_cast<int>(i)), codes_[code * dims() + i]);
  }
}

TEST_P(NearestTest, OfEqualsTheFirst) {
  auto codes = codes_;
  TestRandom random(3);
  std::vector<size_t> first(count());
  for (size_t code = 0; code < count(); ++code) {
    const size_t original = random.Below(code + 1);
    first[code] = code == original ? code : first[original];
    std::copy_n(&codes[original * dims()], dims(), &codes[code * dims()]);
  }
  const Tokens found = NearestOf(CodeTable(arena_, codes, GetParam().dims), codes);
  for (size_t code = 0; code < count(); ++code) ASSERT_EQ(found[code], first[code]) << code;
}

TEST_P(NearestTest, CallsAndInstructionSetsChangeNothing) {
  const auto x = Noise(61 * dims(), 4, 2.5f);
  const Tokens expected = NearestOf(table_, x);
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    int differing = 0;  // targets without FMA round otherwise
    for (const int together : {1, 2, 3, 5, 6, 7, 12, 61}) {
      const Tokens found = NearestOf(table_, x, together);
      for (size_t t = 0; t < 61; ++t) differing += found[t] != expected[t] ? 1 : 0;
    }
    EXPECT_LE(differing, target > HWY_AVX2 ? 8 : 0);
    hwy::SetSupportedTargetsForTest(0);
  }
}

TEST_P(NearestTest, NanIsZeroAndWhatIsHugeIsFar) {
  auto bad = Noise(30 * dims(), 5);
  auto good = bad;
  TestRandom random(6);
  for (size_t t = 0; t < bad.size(); ++t) {
    const size_t kind = random.Below(9);
    if (kind == 0) bad[t] = NAN;
    if (kind == 0) good[t] = 0.0f;
    if (kind == 1 || kind == 2) bad[t] = kind == 1 ? kInfinity : 3e38f;
    if (kind == 1 || kind == 2) good[t] = 1e6f;
    if (kind == 3) bad[t] = -kInfinity;
    if (kind == 3) good[t] = -1e6f;
  }
  EXPECT_EQ(NearestOf(table_, bad), NearestOf(table_, good));
}

TEST_P(NearestTest, AnyFiniteCodebookGivesCodes) {
  TestRandom random(7);
  for (int trial = 0; trial < 20; ++trial) {
    auto codes = codes_;
    for (float& value : codes) {
      const size_t kind = random.Below(trial % 2 == 0 ? 3 : 300);
      if (kind == 0) value = 3.4e38f;
      if (kind == 1) value = -3.4e38f;
    }
    auto x = Noise(8 * dims(), 8);
    x[0] = NAN;
    x.back() = 3e38f;
    for (const uint16_t token : NearestOf(CodeTable(arena_, codes, GetParam().dims), x))
      ASSERT_LT(token, count());
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, NearestTest,
                         testing::Values(Size{1024, 4}, Size{256, 3}, Size{4096, 5}, Size{2, 1}, Size{63, 2},
                                         Size{65, 4}, Size{1000, 16}));

// A table for each group, as a frame has them.
TEST(Nearest, EveryGroupHasItsTable) {
  Arena arena;
  std::vector<CodeTable> tables;
  for (uint64_t group = 0; group < 18; ++group) tables.emplace_back(arena, Noise(100 * 4, group), 4);
  const auto x = Noise(18 * 4, 99);
  for (const size_t groups : {1u, 6u, 7u, 18u}) {
    const Tokens found = NearestOf(tables, std::span(x).first(groups * 4));
    for (size_t g = 0; g < groups; ++g)
      EXPECT_EQ(found[g], NearestOf(tables[g], std::span(x).subspan(g * 4, 4))[0]) << g;
  }
}

// Codes that lie in clusters, on lines and on one point, and queries near and far: whatever the boxes are
// like.
TEST(Nearest, AnyShapeOfCodebook) {
  TestRandom random(11);
  for (int trial = 0; trial < 60; ++trial) {
    const int dims = 1 + static_cast<int>(random.Below(5));
    const auto width = static_cast<size_t>(dims);
    const size_t count = 2 + random.Below(1500);
    auto codes = Noise(count * width, 20 + static_cast<uint64_t>(trial));
    const float spread = std::vector<float>{1.0f, 0.01f, 1e-4f}[random.Below(3)];
    const auto centres = Noise(7 * width, 21);
    const size_t flat = random.Below(width + 1);  // a dimension without extent, or none
    for (size_t i = 0; i < codes.size(); ++i) {
      codes[i] = 3.0f * centres[i / width % 7 * width + i % width] + spread * codes[i];
      if (i % width == flat) codes[i] = 0.5f;
    }
    Arena arena;
    const CodeTable table(arena, codes, dims);
    auto x = Noise(40 * width, 22, trial % 3 == 0 ? 30.0f : 3.0f);
    for (size_t i = 0; i < x.size() / 2; ++i) x[i] = codes[i % codes.size()] + 0.1f * spread * x[i];
    const Tokens found = NearestOf(table, x);
    for (size_t t = 0; t < found.size(); ++t) {
      const double distance = Distance(codes, dims, found[t], &x[t * width]);
      for (size_t code = 0; code < count; ++code)
        ASSERT_GE(Distance(codes, dims, code, &x[t * width]), distance - 1e-6 * (30 + distance)) << trial;
    }
  }
}

// On a grid every distance is exact: midway between codes the first of them is taken.
TEST(Nearest, MidwayTheFirst) {
  std::vector<float> codes;
  for (int i = 0; i < 200; ++i) codes.push_back(static_cast<float>(i % 100));
  Arena arena;
  const CodeTable table(arena, codes, 1);
  for (int i = 0; i < 99; ++i) {
    const auto at = static_cast<float>(i);
    EXPECT_EQ(NearestOf(table, std::vector<float>{at + 0.5f, at + 0.25f, at + 0.75f}),
              (Tokens{static_cast<uint16_t>(i), static_cast<uint16_t>(i), static_cast<uint16_t>(i + 1)}));
  }
}

}  // namespace
}  // namespace quaver
