// A table for every context has far more cells than a training set has counts, so each table is mixed with a
// coarser one, which is mixed with a coarser one again, down to the uniform table: p = (n + s p_coarser) / (N
// + s), the predictive distribution under a Dirichlet prior of strength s around the coarser table (MacKay
// and Peto, "A hierarchical Dirichlet language model", 1995). Where counts are many they decide, where they
// are few the coarser table does.
//
// The strength of each level is the power of two under which the counts are most likely, each predicted by
// all others ("leave one out"): left_out is carried along beside smoothed for this. The hierarchy can give up
// the lower digits first or the frame before first; both are tried, by the same measure. Invariant: every
// probability is above 0 and each table sums to 1; QuantiseTable keeps both for the integers.
#include "codec/bitstream/smoothing.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include "codec/bitstream/entropy_model.h"

namespace quaver {
namespace {

constexpr int kStrongestPower = 12;  // strengths are powers of two

// What a level of the hierarchy knows of the context.
struct Level {
  bool before = false;
  size_t lower = 1;  // values of the lower digits that are kept: digit 0 first
};

struct Shape {
  size_t radix;
  size_t lower;  // values of all lower digits
};

// Contexts of a level, numbered like those of the full table.
size_t Nodes(const Level& level, const Shape& shape) {
  return (level.before ? shape.radix + 1 : 1) * level.lower;
}

size_t NodeOf(const Level& level, size_t before, size_t lower) {
  return (level.before ? before * level.lower : 0) + lower % level.lower;
}

struct Tables {
  std::vector<double> smoothed;  // [node, radix]
  std::vector<double> left_out;  // the same with one count of the cell taken away; only where there is one
  double log_likelihood = 0.0;   // of the counts, each left out in turn
};

std::vector<double> CountsAt(const Level& level, const Shape& shape, std::span<const uint32_t> counts) {
  std::vector<double> sums(Nodes(level, shape) * shape.radix);
  for (size_t context = 0; context < (shape.radix + 1) * shape.lower; ++context) {
    const size_t node = NodeOf(level, context / shape.lower, context % shape.lower);
    for (size_t x = 0; x < shape.radix; ++x)
      sums[node * shape.radix + x] += counts[context * shape.radix + x];
  }
  return sums;
}

Tables Mix(const Level& level, const Level& coarser, const Shape& shape, const std::vector<double>& counts,
           const Tables& parent, double strength) {
  Tables out{counts, counts, 0.0};
  for (size_t node = 0; node < Nodes(level, shape); ++node) {
    const size_t above = NodeOf(coarser, node / level.lower, node % level.lower) * shape.radix;
    const double* n = &counts[node * shape.radix];
    double total = 0.0;
    for (size_t x = 0; x < shape.radix; ++x) total += n[x];
    for (size_t x = 0; x < shape.radix; ++x) {
      const size_t cell = node * shape.radix + x;
      out.smoothed[cell] = (n[x] + strength * parent.smoothed[above + x]) / (total + strength);
      if (n[x] == 0.0) continue;
      out.left_out[cell] = (n[x] - 1.0 + strength * parent.left_out[above + x]) / (total - 1.0 + strength);
      out.log_likelihood += n[x] * std::log(out.left_out[cell]);
    }
  }
  return out;
}

// Tables of the last level of `chain`, which runs from coarse to fine.
Tables Descend(const std::vector<Level>& chain, const Shape& shape, std::span<const uint32_t> counts) {
  const std::vector<double> flat(shape.radix, 1.0 / static_cast<double>(shape.radix));
  Tables tables{flat, flat, 0.0};
  Level coarser;
  for (const Level& level : chain) {
    const std::vector<double> sums = CountsAt(level, shape, counts);
    Tables best;
    best.log_likelihood = -std::numeric_limits<double>::infinity();
    for (int power = -2; power <= kStrongestPower; ++power) {
      Tables trial = Mix(level, coarser, shape, sums, tables, std::exp2(power));
      // A prior, lest a handful of counts is believed.
      trial.log_likelihood -= std::log(2.0) * (kStrongestPower - power);
      if (trial.log_likelihood >= best.log_likelihood) best = std::move(trial);
    }
    tables = std::move(best);
    coarser = level;
  }
  return tables;
}

}  // namespace

std::vector<double> SmoothDigit(std::span<const uint32_t> counts, int radix,
                                std::span<const int> lower_radix) {
  Shape shape{static_cast<size_t>(radix), 1};
  std::vector<Level> lower_only = {{false, 1}}, before_first = {{false, 1}, {true, 1}};
  for (const int below : lower_radix) {
    shape.lower *= static_cast<size_t>(below);
    lower_only.push_back({false, shape.lower});
    before_first.push_back({true, shape.lower});
  }
  const Tables none = Descend(lower_only, shape, counts);
  std::vector<Level> lower_first = lower_only;
  lower_first.push_back({true, shape.lower});
  Tables full = Descend(lower_first, shape, counts);
  if (Tables other = Descend(before_first, shape, counts); other.log_likelihood > full.log_likelihood) {
    full = std::move(other);
  }
  // Where a packet begins says nothing of the speech, so "none" is best served by the counts of all frames.
  std::copy(none.smoothed.begin(), none.smoothed.end(), full.smoothed.begin());
  return full.smoothed;
}

void QuantiseTable(std::span<const double> probabilities, std::span<uint16_t> frequencies) {
  const int spare = (1 << kFrequencyBits) - static_cast<int>(probabilities.size());
  std::vector<std::pair<double, size_t>> rest;
  int left = spare;
  for (size_t x = 0; x < probabilities.size(); ++x) {
    const double share = probabilities[x] * spare;
    const int whole = std::clamp(static_cast<int>(share), 0, left);
    frequencies[x] = static_cast<uint16_t>(1 + whole);
    left -= whole;
    rest.emplace_back(whole - share, x);
  }
  std::sort(rest.begin(), rest.end());  // largest remainder first, then lowest index
  for (size_t i = 0; left > 0; i = (i + 1) % rest.size(), --left) ++frequencies[rest[i].second];
}

}  // namespace quaver
