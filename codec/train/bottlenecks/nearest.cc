#include "codec/train/bottlenecks/nearest.h"

#include <ATen/Parallel.h>
#include <torch/utils.h>

#include <algorithm>
#include <limits>
#include <utility>

#ifdef QUAVER_CUDA
#include "codec/train/bottlenecks/nearest_cuda.h"
#endif

namespace quaver {
namespace {

using torch::Tensor;

constexpr int64_t kBlock = 32;             // queries that a thread takes at a time
constexpr int64_t kTileValues = 16 << 20;  // distances of a tile: 64 MiB

void Check(const Tensor& queries, const Tensor& points, const std::vector<int>& ranks) {
  TORCH_CHECK(points.dim() == 2 && queries.dim() == 2 && queries.size(1) == points.size(1),
              "queries and points have as many dimensions");
  TORCH_CHECK(!ranks.empty() && ranks.front() >= 1 && std::is_sorted(ranks.begin(), ranks.end()),
              "ranks ascend from 1");
}

// One set, on a device without trees.
Tensor SearchAll(const Tensor& queries, const Tensor& points, const std::vector<int>& ranks) {
#ifdef QUAVER_CUDA
  if (queries.is_cuda() && ranks.back() <= internal::kMaxCudaRank &&
      queries.size(1) <= internal::kMaxCudaDims) {
    const c10::DeviceGuard guard(queries.device());
    Tensor out = torch::empty({queries.size(0), static_cast<int64_t>(ranks.size())}, queries.options());
    const char* problem = internal::NearestOnCuda(
        queries.contiguous().const_data_ptr<float>(), queries.size(0),
        points.contiguous().const_data_ptr<float>(), points.size(0), static_cast<int>(points.size(1)),
        ranks.data(), static_cast<int>(ranks.size()), out.data_ptr<float>());
    TORCH_CHECK(problem == nullptr, "nearest neighbours: ", problem);
    return out;
  }
#endif
  return ComposedNearestDistances(queries, points, ranks);
}

}  // namespace

Tensor ComposedNearestDistances(const Tensor& queries, const Tensor& points, const std::vector<int>& ranks) {
  Check(queries, points, ranks);
  torch::NoGradGuard no_grad;
  const int64_t most = std::min<int64_t>(ranks.back(), points.size(0));
  Tensor out = torch::full({queries.size(0), static_cast<int64_t>(ranks.size())},
                           std::numeric_limits<float>::infinity(), queries.options());
  const int64_t rows = std::max<int64_t>(1, kTileValues / std::max<int64_t>(1, points.size(0)));
  for (int64_t first = 0; first < queries.size(0) && most > 0; first += rows) {
    const Tensor tile = queries.slice(0, first, first + rows);
    // Not by the matrix product, which loses the near ones.
    const Tensor nearest =
        std::get<0>(torch::cdist(tile, points, 2, 2).topk(most, 1, /*largest=*/false, /*sorted=*/true));
    for (size_t i = 0; i < ranks.size() && ranks[i] <= most; ++i)
      out.slice(0, first, first + rows)
          .select(1, static_cast<int64_t>(i))
          .copy_(nearest.select(1, ranks[i] - 1));
  }
  return out;
}

void NearestSets::Assign(const Tensor& points) {
  TORCH_CHECK(points.dim() == 3 && points.size(2) <= internal::kMaxNearestDims, "points [sets, count, dims]");
  points_ = points;
  trees_.clear();
  if (!points.is_cpu()) return;
  const Tensor rows = points.contiguous();
  trees_.resize(static_cast<size_t>(points.size(0)));
  at::parallel_for(0, points.size(0), 1, [&](int64_t begin, int64_t end) {
    for (int64_t set = begin; set < end; ++set) {
      trees_[static_cast<size_t>(set)] = std::make_unique<internal::NearestIndex>(
          rows.const_data_ptr<float>() + set * rows.size(1) * rows.size(2), rows.size(1),
          static_cast<int>(rows.size(2)));
    }
  });
}

void NearestSets::Replace(int64_t set, int64_t slot, const Tensor& points) {
  if (trees_.empty()) return;
  const Tensor rows = points.contiguous();
  for (int64_t i = 0; i < rows.size(0); ++i)
    trees_[static_cast<size_t>(set)]->Replace(slot + i, rows.const_data_ptr<float>() + i * rows.size(1));
}

Tensor NearestSets::Search(const Tensor& queries, const Tensor& set, const std::vector<int>& ranks) const {
  torch::NoGradGuard no_grad;
  Check(queries, points_[0], ranks);
  if (!trees_.empty()) return SearchTrees(queries, set, ranks);
  Tensor out = torch::empty({queries.size(0), static_cast<int64_t>(ranks.size())}, queries.options());
  for (int64_t i = 0; i < points_.size(0); ++i) {
    const Tensor own = torch::nonzero(set == i).squeeze(1);
    out.index_copy_(0, own, SearchAll(queries.index_select(0, own), points_[i], ranks));
  }
  return out;
}

// Queries are taken in the order of the leaves that they would be in: neighbours look at the same leaves.
Tensor NearestSets::SearchTrees(const Tensor& queries, const Tensor& set,
                                const std::vector<int>& ranks) const {
  const Tensor rows = queries.contiguous();
  const Tensor sets = set.contiguous();
  const int64_t count = rows.size(0);
  const int64_t dims = rows.size(1);
  const auto width = static_cast<int64_t>(ranks.size());
  const float* from = rows.const_data_ptr<float>();
  const int64_t* number = sets.const_data_ptr<int64_t>();
  std::vector<std::pair<int64_t, int64_t>> order(static_cast<size_t>(count));  // of leaf, and query
  at::parallel_for(0, count, 1024, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int32_t leaf = trees_.at(static_cast<size_t>(number[i]))->Home(from + i * dims);
      order[static_cast<size_t>(i)] = {number[i] << 32 | leaf, i};
    }
  });
  std::sort(order.begin(), order.end());
  Tensor out = torch::empty({count, width}, rows.options());
  float* to = out.data_ptr<float>();
  at::parallel_for(0, (count + kBlock - 1) / kBlock, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> block(static_cast<size_t>(kBlock * dims));
    std::vector<float> found(static_cast<size_t>(kBlock * width));
    for (int64_t first = begin * kBlock; first < std::min(count, end * kBlock);) {
      const int64_t of = order[static_cast<size_t>(first)].first >> 32;
      int64_t size = 0;
      for (; size < kBlock && first + size < std::min(count, end * kBlock); ++size) {
        const auto& [leaf, query] = order[static_cast<size_t>(first + size)];
        if (leaf >> 32 != of) break;
        std::copy_n(from + query * dims, dims, block.begin() + size * dims);
      }
      trees_[static_cast<size_t>(of)]->Search(block.data(), size, ranks.data(), static_cast<int>(width),
                                              found.data());
      for (int64_t i = 0; i < size; ++i)
        std::copy_n(found.begin() + i * width, width,
                    to + order[static_cast<size_t>(first + i)].second * width);
      first += size;
    }
  });
  return out;
}

Tensor NearestDistances(const Tensor& queries, const Tensor& points, const std::vector<int>& ranks) {
  NearestSets sets;
  sets.Assign(points.unsqueeze(0));
  return sets.Search(queries, torch::zeros({queries.size(0)}, queries.options().dtype(torch::kInt64)), ranks);
}

Tensor NearestCodes(const Tensor& points, const Tensor& codes) {
  torch::NoGradGuard no_grad;
  const Tensor rows = points.reshape({-1, points.size(-1)}).to(torch::kFloat).contiguous();
  const auto shape = points.sizes().slice(0, points.dim() - 1);
  if (!rows.is_cpu()) {
    const Tensor score = torch::addmm(codes.square().sum(1) / 2, rows, codes.t(), 1, -1);
    return score.argmin(1).reshape(shape);
  }
  const Tensor table = codes.contiguous();
  const internal::CodebookSearch codebook(table.const_data_ptr<float>(), static_cast<int>(codes.size(0)),
                                          static_cast<int>(codes.size(1)));
  Tensor index = torch::empty({rows.size(0)}, torch::kInt32);
  at::parallel_for(0, rows.size(0), 1024, [&](int64_t begin, int64_t end) {
    codebook.Nearest(rows.const_data_ptr<float>() + begin * rows.size(1), end - begin,
                     index.data_ptr<int32_t>() + begin);
  });
  return index.to(torch::kInt64).reshape(shape);
}

}  // namespace quaver
