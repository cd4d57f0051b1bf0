#include "codec/runtime/code_table.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace quaver::internal {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

int LeavesOf(int count) {
  const int used = (count + CodeTable::kLeaf - 1) / CodeTable::kLeaf;
  return (used + CodeTable::kLanes - 1) / CodeTable::kLanes * CodeTable::kLanes;
}

// Orders codes such that each run of kLeaf is a leaf.
class Splitter {
 public:
  Splitter(std::span<const float> codes, int dims) : codes_(codes), dims_(static_cast<size_t>(dims)) {}

  void Split(std::span<int32_t> members) const {
    const size_t leaves = (members.size() + CodeTable::kLeaf - 1) / CodeTable::kLeaf;
    if (leaves < 2) return;
    const size_t left = leaves / 2 * CodeTable::kLeaf;
    const size_t dim = Widest(members);
    std::nth_element(
        members.begin(), members.begin() + static_cast<std::ptrdiff_t>(left), members.end(),
        [&](int32_t a, int32_t b) { return At(a, dim) != At(b, dim) ? At(a, dim) < At(b, dim) : a < b; });
    Split(members.first(left));
    Split(members.subspan(left));
  }

 private:
  float At(int32_t code, size_t dim) const { return codes_[static_cast<size_t>(code) * dims_ + dim]; }

  size_t Widest(std::span<const int32_t> members) const {
    size_t widest = 0;
    double most = -1;
    for (size_t dim = 0; dim < dims_; ++dim) {
      const auto [low, high] = std::ranges::minmax(members, {}, [&](int32_t code) { return At(code, dim); });
      const double width = static_cast<double>(At(high, dim)) - At(low, dim);
      if (width > most) widest = dim;
      most = std::max(most, width);
    }
    return widest;
  }

  std::span<const float> codes_;
  size_t dims_;
};

}  // namespace

CodeTable::CodeTable(std::span<const float> codes, int dims)
    : count_(static_cast<int>(codes.size()) / dims),
      dims_(dims),
      leaves_(LeavesOf(count_)),
      leaf_data_(leaves_ * LeafSize()),
      boxes_(2 * static_cast<size_t>(dims) * leaves_),
      slots_(static_cast<size_t>(count_)) {
  std::vector<int32_t> order(static_cast<size_t>(count_));
  std::iota(order.begin(), order.end(), 0);
  Splitter(codes, dims).Split(order);
  for (int leaf = 0; leaf < leaves_; ++leaf) {
    const size_t from = std::min(order.size(), static_cast<size_t>(leaf) * kLeaf);
    FillLeaf(leaf, std::span(order).subspan(from, std::min<size_t>(kLeaf, order.size() - from)), codes);
  }
  for (int dim = 0; dim < dims; ++dim) {
    float most = 0;
    for (int code = 0; code < count_; ++code) most = std::max(most, At(code, dim) * At(code, dim));
    reach_ += most;
  }
}

void CodeTable::FillLeaf(int leaf, std::span<const int32_t> members, std::span<const float> codes) {
  float* const values = leaf_data_.data() + leaf * LeafSize();
  std::fill_n(values, dims_ * kLeaf, std::numeric_limits<float>::quiet_NaN());
  for (int dim = 0; dim < dims_; ++dim) {
    float* const low = boxes_.data() + 2 * static_cast<size_t>(dim) * leaves_ + leaf;
    float* const high = low + leaves_;
    *low = kInfinity;
    *high = members.empty() ? kInfinity : -kInfinity;
    for (size_t place = 0; place < members.size(); ++place) {
      const float value = codes[static_cast<size_t>(members[place]) * dims_ + dim];
      values[static_cast<size_t>(dim) * kLeaf + place] = value;
      *low = std::min(*low, value);
      *high = std::max(*high, value);
    }
  }
  auto* const numbers = reinterpret_cast<uint16_t*>(values + static_cast<size_t>(dims_) * kLeaf);
  for (size_t place = 0; place < members.size(); ++place) {
    numbers[place] = static_cast<uint16_t>(members[place]);
    slots_[static_cast<size_t>(members[place])] =
        static_cast<uint16_t>(leaf * kLeaf + static_cast<int>(place));
  }
}

}  // namespace quaver::internal
