// The search for the nearest code against the definition.
#include "codec/runtime/nearest.h"

#include <gtest/gtest.h>
#include <hwy/highway.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/runtime/signals.h"

namespace quaver {
namespace {

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

Tokens NearestOf(const CodeTable& table, const std::vector<float>& x) {
  const int rows = static_cast<int>(x.size()) / table.dims();
  Tokens found(static_cast<size_t>(rows));
  Nearest(table, {x.data(), table.dims()}, rows, found.data(), 1);
  return found;
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
  CodeTable table_{codes_, GetParam().dims};
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
  const Tokens found = NearestOf(CodeTable(codes, GetParam().dims), codes);
  for (size_t code = 0; code < count(); ++code) ASSERT_EQ(found[code], first[code]) << code;
}

TEST_P(NearestTest, RowsAndInstructionSetsChangeNothing) {
  const auto x = Noise(61 * dims(), 4, 2.5f);
  const Tokens expected = NearestOf(table_, x);
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    int differing = 0;  // targets without FMA round otherwise
    for (const size_t rows : {1u, 2u, 3u, 5u, 28u, 61u}) {
      Tokens found;
      for (size_t t = 0; t < 61; t += rows) {
        const auto part =
            NearestOf(table_, {&x[t * dims()], &x[std::min<size_t>(t + rows, 61) * dims() - 1] + 1});
        found.insert(found.end(), part.begin(), part.end());
      }
      for (size_t t = 0; t < 61; ++t) differing += found[t] != expected[t] ? 1 : 0;
    }
    EXPECT_LE(differing, target > HWY_AVX2 ? 6 : 0);
    hwy::SetSupportedTargetsForTest(0);
  }
}

TEST_P(NearestTest, WhatIsNotFiniteIsZeroAndWhatIsHugeIsFar) {
  auto bad = Noise(30 * dims(), 5);
  auto good = bad;
  TestRandom random(6);
  for (size_t t = 0; t < bad.size(); ++t) {
    const size_t kind = random.Below(9);
    if (kind < 3) bad[t] = std::vector<float>{NAN, kInfinity, -kInfinity}[kind];
    if (kind < 3) good[t] = 0.0f;
    if (kind == 3) bad[t] = 3e38f;
    if (kind == 3) good[t] = 1e6f;
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
    for (const uint16_t token : NearestOf(CodeTable(codes, GetParam().dims), x)) ASSERT_LT(token, count());
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, NearestTest,
                         testing::Values(Size{1024, 4}, Size{256, 3}, Size{4096, 5}, Size{2, 1}, Size{63, 2},
                                         Size{65, 4}, Size{1000, 16}));

// A table of rows with other tokens between, as a frame has them.
TEST(Nearest, KeepsToItsColumns) {
  const auto codes = Noise(100 * 4, 1);
  const CodeTable table(codes, 4);
  const auto x = Noise(7 * 10, 2);
  Tokens apart(7 * 3, 0xABCD);
  Nearest(table, {x.data() + 2, 10}, 7, apart.data() + 1, 3);
  for (size_t t = 0; t < 7; ++t) {
    EXPECT_EQ(apart[t * 3], 0xABCD);
    EXPECT_EQ(apart[t * 3 + 1], NearestOf(table, {&x[t * 10 + 2], &x[t * 10 + 6]})[0]);
    EXPECT_EQ(apart[t * 3 + 2], 0xABCD);
  }
}

// On a grid every distance is exact: midway between codes the first of them is taken.
TEST(Nearest, MidwayTheFirst) {
  std::vector<float> codes;
  for (int i = 0; i < 200; ++i) codes.push_back(static_cast<float>(i % 100));
  const CodeTable table(codes, 1);
  for (int i = 0; i < 99; ++i) {
    const auto at = static_cast<float>(i);
    EXPECT_EQ(NearestOf(table, {at + 0.5f, at + 0.25f, at + 0.75f}),
              (Tokens{static_cast<uint16_t>(i), static_cast<uint16_t>(i), static_cast<uint16_t>(i + 1)}));
  }
}

}  // namespace
}  // namespace quaver
