#include "codec/train/bottlenecks/kmeans.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "codec/train/bottlenecks/nearest_kernels.h"
#include "codec/train/data/random.h"

namespace quaver {
namespace {

constexpr double kClampQuantile = 0.9;
constexpr size_t kQuantileSample = 2048;
constexpr size_t kBlock = 256;  // points whose weights are added up together

// Squared distances of all points to the codes chosen so far.
class Seeding {
 public:
  Seeding(std::span<const float> points, int dims)
      : dims_(dims), count_(points.size() / static_cast<size_t>(dims)), padded_((count_ + 15) / 16 * 16) {
    columns_.resize(padded_ * static_cast<size_t>(dims), 0.0f);
    for (size_t i = 0; i < count_; ++i) {
      for (size_t dim = 0; dim < static_cast<size_t>(dims); ++dim)
        columns_[dim * padded_ + i] = points[i * static_cast<size_t>(dims) + dim];
    }
    low_.assign(padded_, std::numeric_limits<float>::infinity());
    sums_.resize((count_ + kBlock - 1) / kBlock);
  }

  void Choose(const float* point) {
    const auto stride = static_cast<int64_t>(padded_);
    internal::LowerDistances(columns_.data(), stride, stride, dims_, point, low_.data());
  }

  // A point, in proportion to its clamped squared distance; `u` in [0, 1).
  size_t Draw(double u) {
    const float most = Clamp();
    double total = 0;
    for (size_t block = 0; block < sums_.size(); ++block) {
      float sum[4] = {};
      const size_t end = std::min(count_, (block + 1) * kBlock);
      size_t i = block * kBlock;
      for (; i + 4 <= end; i += 4) {
        for (size_t k = 0; k < 4; ++k) sum[k] += std::min(low_[i + k], most);
      }
      for (; i < end; ++i) sum[0] += std::min(low_[i], most);
      sums_[block] = static_cast<double>(sum[0] + sum[1]) + static_cast<double>(sum[2] + sum[3]);
      total += sums_[block];
    }
    double rest = u * total;
    size_t block = 0;
    while (block + 1 < sums_.size() && rest >= sums_[block]) rest -= sums_[block++];
    size_t i = block * kBlock;
    const size_t last = std::min(count_, i + kBlock) - 1;
    while (i < last && rest >= static_cast<double>(std::min(low_[i], most)))
      rest -= std::min(low_[i++], most);
    return i;
  }

 private:
  // On a sample of the points, evenly spread: each code that is drawn asks anew.
  float Clamp() {
    const size_t stride = std::max<size_t>(1, count_ / kQuantileSample);
    sample_.clear();
    for (size_t i = 0; i < count_; i += stride) sample_.push_back(low_[i]);
    const auto rank = static_cast<size_t>(kClampQuantile * static_cast<double>(sample_.size() - 1));
    std::nth_element(sample_.begin(), sample_.begin() + static_cast<std::ptrdiff_t>(rank), sample_.end());
    return sample_[rank] > 0 ? sample_[rank] : std::numeric_limits<float>::max();
  }

  int dims_;
  size_t count_;
  size_t padded_;
  std::vector<float> columns_;  // [dims, padded]
  std::vector<float> low_;
  std::vector<double> sums_;
  std::vector<float> sample_;
};

std::vector<float> DrawCodes(std::span<const float> points, int dims, int codes, std::mt19937_64& random) {
  const size_t count = points.size() / static_cast<size_t>(dims);
  Seeding seeding(points, dims);
  std::vector<float> out;
  auto chosen = static_cast<size_t>(Uniform(random) * static_cast<double>(count));
  for (int code = 0; code < codes; ++code) {
    const float* point = points.data() + std::min(chosen, count - 1) * static_cast<size_t>(dims);
    out.insert(out.end(), point, point + dims);
    if (code + 1 == codes) break;
    seeding.Choose(point);
    chosen = seeding.Draw(Uniform(random));
  }
  return out;
}

struct Assignment {
  std::vector<int32_t> code;
  std::vector<int64_t> counts;
  std::vector<double> sums;    // [codes, dims]
  std::vector<double> errors;  // of each code: sum of squared distances
  double mean = 0;             // squared distance
};

void Assign(std::span<const float> points, int dims, std::span<const float> codes, Assignment& out) {
  const auto width = static_cast<size_t>(dims);
  const size_t count = points.size() / width;
  const size_t code_count = codes.size() / width;
  out.code.resize(count);
  internal::CodebookSearch(codes.data(), static_cast<int>(code_count), dims)
      .Nearest(points.data(), static_cast<int64_t>(count), out.code.data());
  out.counts.assign(code_count, 0);
  out.sums.assign(codes.size(), 0);
  out.errors.assign(code_count, 0);
  double total = 0;
  for (size_t i = 0; i < count; ++i) {
    const auto code = static_cast<size_t>(out.code[i]);
    double squared = 0;
    for (size_t dim = 0; dim < width; ++dim) {
      const double x = points[i * width + dim];
      const double difference = x - codes[code * width + dim];
      out.sums[code * width + dim] += x;
      squared += difference * difference;
    }
    ++out.counts[code];
    out.errors[code] += squared;
    total += squared;
  }
  out.mean = total / static_cast<double>(count);
}

// Where codes without points begin again. A cluster that is split counts half from then on.
void FillEmpty(std::span<const float> points, int dims, Assignment& now, std::vector<float>& codes,
               std::mt19937_64& random) {
  const auto width = static_cast<size_t>(dims);
  for (size_t code = 0; code < now.counts.size(); ++code) {
    if (now.counts[code] > 0) continue;
    const auto largest =
        static_cast<size_t>(std::max_element(now.errors.begin(), now.errors.end()) - now.errors.begin());
    if (now.errors[largest] <= 0) return;  // there are no more different points than codes
    auto skip = static_cast<int64_t>(Uniform(random) * static_cast<double>(now.counts[largest]));
    for (size_t i = 0; i < now.code.size(); ++i) {
      if (now.code[i] != static_cast<int32_t>(largest) || skip-- > 0) continue;
      std::copy_n(points.begin() + static_cast<std::ptrdiff_t>(i * width), width,
                  codes.begin() + static_cast<std::ptrdiff_t>(code * width));
      break;
    }
    now.errors[largest] /= 2;
  }
}

}  // namespace

KMeansFit FitCodes(std::span<const float> points, int dims, const KMeansOptions& options) {
  const auto width = static_cast<size_t>(dims);
  std::mt19937_64 random(options.seed);
  KMeansFit fit;
  fit.codes = DrawCodes(points, dims, options.codes, random);
  Assignment now;
  Assign(points, dims, fit.codes, now);
  for (int i = 0; i < options.iterations; ++i) {
    fit.errors.push_back(now.mean);
    const std::vector<float> before = fit.codes;
    for (size_t code = 0; code < now.counts.size(); ++code) {
      if (now.counts[code] == 0) continue;
      for (size_t at = code * width; at < (code + 1) * width; ++at)
        fit.codes[at] = static_cast<float>(now.sums[at] / static_cast<double>(now.counts[code]));
    }
    FillEmpty(points, dims, now, fit.codes, random);
    double moved = 0;
    for (size_t at = 0; at < before.size(); ++at) {
      const double step = static_cast<double>(fit.codes[at]) - before[at];
      moved += step * step;
    }
    Assign(points, dims, fit.codes, now);
    if (std::sqrt(moved) < options.shift) break;
  }
  fit.errors.push_back(now.mean);
  fit.counts = now.counts;
  return fit;
}

namespace {

// The direction in which the codes vary most, by power iteration on their covariance.
std::vector<double> PrincipalAxis(std::span<const float> codes, size_t width, std::span<const int> members) {
  std::vector<double> mean(width, 0);
  for (const int code : members) {
    for (size_t dim = 0; dim < width; ++dim) mean[dim] += codes[static_cast<size_t>(code) * width + dim];
  }
  for (double& x : mean) x /= static_cast<double>(members.size());
  std::vector<double> covariance(width * width, 0);
  for (const int code : members) {
    const float* row = codes.data() + static_cast<size_t>(code) * width;
    for (size_t i = 0; i < width; ++i) {
      for (size_t j = 0; j < width; ++j) covariance[i * width + j] += (row[i] - mean[i]) * (row[j] - mean[j]);
    }
  }
  size_t widest = 0;
  for (size_t i = 1; i < width; ++i) {
    if (covariance[i * width + i] > covariance[widest * width + widest]) widest = i;
  }
  std::vector<double> axis(covariance.begin() + static_cast<std::ptrdiff_t>(widest * width),
                           covariance.begin() + static_cast<std::ptrdiff_t>((widest + 1) * width));
  for (int round = 0; round < 50; ++round) {
    std::vector<double> next(width, 0);
    double square = 0;
    for (size_t i = 0; i < width; ++i) {
      for (size_t j = 0; j < width; ++j) next[i] += covariance[i * width + j] * axis[j];
      square += next[i] * next[i];
    }
    if (square <= 0) break;
    for (size_t i = 0; i < width; ++i) axis[i] = next[i] / std::sqrt(square);
  }
  return axis;
}

void Halve(std::span<const float> codes, size_t width, size_t block, std::span<int> members) {
  if (members.size() < 2) return;
  const std::vector<double> axis = PrincipalAxis(codes, width, members);
  std::vector<std::pair<double, int>> along;
  for (const int code : members) {
    double projection = 0;
    for (size_t dim = 0; dim < width; ++dim)
      projection += axis[dim] * codes[static_cast<size_t>(code) * width + dim];
    along.emplace_back(projection, code);
  }
  std::sort(along.begin(), along.end());
  for (size_t i = 0; i < members.size(); ++i) members[i] = along[i].second;
  const size_t unit = members.size() > block ? block : 1;
  const size_t half = ((members.size() + unit - 1) / unit + 1) / 2 * unit;
  Halve(codes, width, block, members.first(half));
  Halve(codes, width, block, members.subspan(half));
}

}  // namespace

std::vector<int> OrderOfCodes(std::span<const float> codes, int dims, int block) {
  std::vector<int> order(codes.size() / static_cast<size_t>(dims));
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
  Halve(codes, static_cast<size_t>(dims), static_cast<size_t>(std::max(1, block)), order);
  return order;
}

}  // namespace quaver
