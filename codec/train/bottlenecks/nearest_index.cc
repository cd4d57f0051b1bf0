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

// Boxes [sides, 2, width] that hold nothing.
void Empty(float* boxes, int64_t sides, int64_t width) {
  for (int64_t i = 0; i < sides * 2; ++i)
    std::fill_n(boxes + i * width, width, i % 2 == 0 ? kInfinity : -kInfinity);
}

}  // namespace

NearestIndex::NearestIndex(const float* points, int64_t count, int dims)
    : count_(count), dims_(dims), rows_(points, points + count * dims) {
  Build();
}

void NearestIndex::Build() {
  const int64_t twigs = std::max<int64_t>(1, RoundUp(count_, kFill * kTwig) / (kFill * kTwig));
  const int64_t leaves = twigs * kTwig;
  twigs_ = RoundUp(twigs, kTwig);
  nodes_.assign(static_cast<size_t>(leaves - 1), Node());
  roots_.assign(static_cast<size_t>(twigs), 0);
  leaves_.assign(static_cast<size_t>(leaves * dims_ * kLeaf), kInfinity);
  slots_.assign(static_cast<size_t>(leaves * kLeaf), -1);
  places_.assign(static_cast<size_t>(count_), 0);
  boxes_.resize(static_cast<size_t>(twigs * dims_ * 2 * kTwig));
  Empty(boxes_.data(), twigs * dims_, kTwig);
  twig_boxes_.resize(static_cast<size_t>(dims_ * 2 * twigs_));
  Empty(twig_boxes_.data(), dims_, twigs_);
  overflow_.assign(static_cast<size_t>(dims_) * kOverflow, kInfinity);
  overflow_slots_.clear();
  std::vector<int32_t> order(static_cast<size_t>(count_));
  std::iota(order.begin(), order.end(), 0);
  int32_t next = 0;
  Split(order, 0, count_, 0, static_cast<int32_t>(leaves), next);
}

// Leaves are split evenly, but never inside a twig before the twigs are apart; points in proportion.
int32_t NearestIndex::Split(std::vector<int32_t>& order, int64_t begin, int64_t end, int32_t leaf,
                            int32_t leaves, int32_t& next) {
  if (leaves == 1) {
    for (int64_t i = begin; i < end; ++i)
      Put(leaf, static_cast<int>(i - begin), order[static_cast<size_t>(i)]);
    return ~leaf;
  }
  const int32_t number = next++;
  if (leaves == kTwig) roots_[static_cast<size_t>(leaf / kTwig)] = number;
  const int32_t left = leaves > kTwig ? leaves / kTwig / 2 * kTwig : leaves / 2;
  const int64_t middle = begin + (end - begin) * left / leaves;
  Node node = Halve(order, begin, middle, end);
  node.child[0] = Split(order, begin, middle, leaf, left, next);
  node.child[1] = Split(order, middle, end, leaf + left, leaves - left, next);
  nodes_[static_cast<size_t>(number)] = node;
  return number;
}

// Across the dimension that varies most.
NearestIndex::Node NearestIndex::Halve(std::vector<int32_t>& order, int64_t begin, int64_t middle,
                                       int64_t end) {
  Node node;
  if (middle == end) return node;
  double sums[kMaxNearestDims] = {}, squares[kMaxNearestDims] = {};
  for (int64_t i = begin; i < end; ++i) {
    const float* point = rows_.data() + static_cast<size_t>(order[static_cast<size_t>(i)]) * dims_;
    for (int dim = 0; dim < dims_; ++dim) {
      const double x = point[dim];
      sums[dim] += x;
      squares[dim] += x * x;
    }
  }
  const double inverse = 1 / static_cast<double>(end - begin);
  double widest = -1;
  for (int dim = 0; dim < dims_; ++dim) {
    const double variance = squares[dim] - sums[dim] * sums[dim] * inverse;
    if (variance <= widest) continue;
    widest = variance;
    node.dim = dim;
  }
  keys_.resize(static_cast<size_t>(end - begin));
  for (int64_t i = begin; i < end; ++i) {
    const int32_t slot = order[static_cast<size_t>(i)];
    keys_[static_cast<size_t>(i - begin)] = {rows_[static_cast<size_t>(slot) * dims_ + node.dim], slot};
  }
  const auto at = keys_.begin() + (middle - begin);
  std::nth_element(keys_.begin(), at, keys_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  node.value = at->first;
  for (int64_t i = begin; i < end; ++i)
    order[static_cast<size_t>(i)] = keys_[static_cast<size_t>(i - begin)].second;
  return node;
}

bool NearestIndex::SplitTwig(int32_t twig, int32_t with) {
  const auto slots = slots_.begin() + static_cast<int64_t>(twig) * kTwig * kLeaf;
  std::vector<int32_t> order = {with};
  for (auto slot = slots; slot != slots + kTwig * kLeaf; ++slot) {
    if (*slot >= 0) order.push_back(*slot);
  }
  if (order.size() > kTwigPoints) return false;
  std::fill_n(slots, kTwig * kLeaf, -1);
  std::fill_n(leaves_.begin() + static_cast<int64_t>(twig) * kTwig * dims_ * kLeaf, kTwig * dims_ * kLeaf,
              kInfinity);
  Empty(boxes_.data() + static_cast<int64_t>(twig) * dims_ * 2 * kTwig, dims_, kTwig);
  for (int side = 0; side < 2 * dims_; ++side)
    twig_boxes_[static_cast<size_t>(side * twigs_ + twig)] = side % 2 == 0 ? kInfinity : -kInfinity;
  int32_t next = roots_[static_cast<size_t>(twig)];
  Split(order, 0, static_cast<int64_t>(order.size()), twig * kTwig, kTwig, next);
  return true;
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

void NearestIndex::Remove(int32_t slot) {
  const int32_t place = places_[static_cast<size_t>(slot)];
  if (place >= 0) {
    slots_[static_cast<size_t>(place)] = -1;
    float* column = leaves_.data() + static_cast<size_t>(place / kLeaf) * dims_ * kLeaf + place % kLeaf;
    for (int dim = 0; dim < dims_; ++dim) column[dim * kLeaf] = kInfinity;
    return;
  }
  const auto hole = static_cast<size_t>(~place);  // the last of the overflow takes its place
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

void NearestIndex::Insert(int32_t slot) {
  const float* point = rows_.data() + static_cast<size_t>(slot) * dims_;
  const int32_t leaf = Home(point);
  const auto begin = slots_.begin() + static_cast<int64_t>(leaf) * kLeaf;
  const auto free = std::find(begin, begin + kLeaf, -1);
  if (free != begin + kLeaf) {
    Put(leaf, static_cast<int>(free - begin), slot);
    return;
  }
  if (SplitTwig(leaf / kTwig, slot)) return;
  if (overflow_slots_.size() == kOverflow) {
    Build();
    return;
  }
  const size_t last = overflow_slots_.size();
  for (int dim = 0; dim < dims_; ++dim) overflow_[static_cast<size_t>(dim) * kOverflow + last] = point[dim];
  overflow_slots_.push_back(slot);
  places_[static_cast<size_t>(slot)] = ~static_cast<int32_t>(last);
}

void NearestIndex::Replace(int64_t slot, const float* point) {
  std::copy_n(point, dims_, rows_.begin() + slot * dims_);
  Remove(static_cast<int32_t>(slot));
  Insert(static_cast<int32_t>(slot));
}

}  // namespace quaver::internal
