// The tree of NearestIndex; its search is in nearest_kernels.cc.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "codec/train/bottlenecks/nearest_kernels.h"

namespace quaver::internal {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

int64_t RoundUp(int64_t x, int64_t to) { return (x + to - 1) / to * to; }

}  // namespace

NearestIndex::NearestIndex(const float* points, int64_t count, int dims)
    : count_(count), dims_(dims), rows_(points, points + count * dims) {
  Build();
}

void NearestIndex::Build() {
  const int64_t twigs = std::max<int64_t>(1, RoundUp(count_, kFill * kTwig) / (kFill * kTwig));
  twigs_ = RoundUp(twigs, kTwig);
  nodes_.clear();
  leaves_.assign(static_cast<size_t>(twigs * kTwig * dims_ * kLeaf), kInfinity);
  slots_.assign(static_cast<size_t>(twigs * kTwig * kLeaf), -1);
  places_.assign(static_cast<size_t>(count_), 0);
  const auto empty = [](std::vector<float>& boxes, int64_t sides, int64_t width) {
    boxes.resize(static_cast<size_t>(sides * 2 * width));
    for (int64_t i = 0; i < sides * 2; ++i)
      std::fill_n(boxes.begin() + i * width, width, i % 2 == 0 ? kInfinity : -kInfinity);
  };
  empty(boxes_, twigs * dims_, kTwig);
  empty(twig_boxes_, dims_, twigs_);
  overflow_.assign(static_cast<size_t>(dims_) * kOverflow, kInfinity);
  overflow_slots_.clear();
  std::vector<int32_t> order(static_cast<size_t>(count_));
  std::iota(order.begin(), order.end(), 0);
  Split(order, 0, count_, 0, static_cast<int32_t>(twigs * kTwig));
}

// Leaves are split evenly, but never inside a twig before the twigs are apart; points in proportion, at the
// median of the dimension that varies most.
int32_t NearestIndex::Split(std::vector<int32_t>& order, int64_t begin, int64_t end, int32_t leaf,
                            int32_t leaves) {
  if (leaves == 1) {
    FillLeaf(order, begin, end, leaf);
    return ~leaf;
  }
  const int32_t left = leaves > kTwig ? leaves / kTwig / 2 * kTwig : leaves / 2;
  const int64_t middle = begin + (end - begin) * left / leaves;
  double widest = -1;
  Node node;
  for (int dim = 0; dim < dims_; ++dim) {
    double sum = 0, squares = 0;
    for (int64_t i = begin; i < end; ++i) {
      const double x = rows_[static_cast<size_t>(order[static_cast<size_t>(i)]) * dims_ + dim];
      sum += x;
      squares += x * x;
    }
    const double variance = squares - sum * sum / static_cast<double>(std::max<int64_t>(1, end - begin));
    if (variance > widest) {
      widest = variance;
      node.dim = dim;
    }
  }
  const auto value = [&](int32_t slot) { return rows_[static_cast<size_t>(slot) * dims_ + node.dim]; };
  if (middle < end) {
    std::nth_element(order.begin() + begin, order.begin() + middle, order.begin() + end,
                     [&](int32_t a, int32_t b) { return value(a) < value(b); });
    node.value = value(order[static_cast<size_t>(middle)]);
  }
  const auto number = static_cast<int32_t>(nodes_.size());
  nodes_.push_back(node);
  const int32_t first = Split(order, begin, middle, leaf, left);
  const int32_t second = Split(order, middle, end, leaf + left, leaves - left);
  nodes_[static_cast<size_t>(number)].child[0] = first;
  nodes_[static_cast<size_t>(number)].child[1] = second;
  return number;
}

void NearestIndex::FillLeaf(const std::vector<int32_t>& order, int64_t begin, int64_t end, int32_t leaf) {
  for (int64_t i = begin; i < end; ++i) Put(leaf, static_cast<int>(i - begin), order[static_cast<size_t>(i)]);
}

void NearestIndex::Put(int32_t leaf, int place, int32_t slot) {
  const float* point = rows_.data() + static_cast<size_t>(slot) * dims_;
  float* to = leaves_.data() + static_cast<size_t>(leaf) * dims_ * kLeaf + place;
  for (int dim = 0; dim < dims_; ++dim) to[dim * kLeaf] = point[dim];
  slots_[static_cast<size_t>(leaf) * kLeaf + place] = slot;
  places_[static_cast<size_t>(slot)] = leaf * kLeaf + place;
  Grow(leaf, point);
}

void NearestIndex::Grow(int32_t leaf, const float* point) {
  const int32_t twig = leaf / kTwig;
  for (int dim = 0; dim < dims_; ++dim) {
    const auto grow = [&](float* low, float* high) {
      *low = std::min(*low, point[dim]);
      *high = std::max(*high, point[dim]);
    };
    float* box = boxes_.data() + (static_cast<size_t>(twig) * dims_ + dim) * 2 * kTwig + leaf % kTwig;
    grow(box, box + kTwig);
    float* twig_box = twig_boxes_.data() + static_cast<size_t>(dim) * 2 * twigs_ + twig;
    grow(twig_box, twig_box + twigs_);
  }
}

int32_t NearestIndex::Home(const float* point) const {
  int32_t at = 0;
  do {
    const Node& node = nodes_[static_cast<size_t>(at)];
    at = node.child[point[node.dim] < node.value ? 0 : 1];
  } while (at >= 0);
  return ~at;
}

void NearestIndex::Replace(int64_t slot, const float* point) {
  std::copy_n(point, dims_, rows_.begin() + slot * dims_);
  int32_t& place = places_[static_cast<size_t>(slot)];
  const auto clear = [](float* column, int dims, int64_t stride) {
    for (int dim = 0; dim < dims; ++dim) column[dim * stride] = kInfinity;
  };
  if (place >= 0) {
    slots_[static_cast<size_t>(place)] = -1;
    clear(leaves_.data() + static_cast<size_t>(place / kLeaf) * dims_ * kLeaf + place % kLeaf, dims_, kLeaf);
  } else {  // the last of the overflow takes its place
    const auto hole = static_cast<size_t>(~place);
    const size_t last = overflow_slots_.size() - 1;
    for (int dim = 0; dim < dims_; ++dim) {
      float* column = overflow_.data() + static_cast<size_t>(dim) * kOverflow;
      column[hole] = column[last];
      column[last] = kInfinity;
    }
    overflow_slots_[hole] = overflow_slots_[last];
    places_[static_cast<size_t>(overflow_slots_[hole])] = ~static_cast<int32_t>(hole);
    overflow_slots_.pop_back();
  }
  const int32_t leaf = Home(point);
  const auto begin = slots_.begin() + static_cast<int64_t>(leaf) * kLeaf;
  const auto free = std::find(begin, begin + kLeaf, -1);
  if (free != begin + kLeaf) {
    Put(leaf, static_cast<int>(free - begin), static_cast<int32_t>(slot));
  } else if (overflow_slots_.size() < kOverflow) {
    const size_t last = overflow_slots_.size();
    for (int dim = 0; dim < dims_; ++dim) overflow_[static_cast<size_t>(dim) * kOverflow + last] = point[dim];
    overflow_slots_.push_back(static_cast<int32_t>(slot));
    place = ~static_cast<int32_t>(last);
  } else {
    Build();
  }
}

}  // namespace quaver::internal
