#include "codec/metrics/token_stats.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace quaver {

TokenStats StatsOf(std::span<const uint64_t> counts) {
  TokenStats stats;
  stats.tokens = std::accumulate(counts.begin(), counts.end(), uint64_t{0});
  if (stats.tokens == 0) return stats;
  size_t used = 0;
  for (const uint64_t count : counts) {
    if (count == 0) continue;
    const double p = static_cast<double>(count) / static_cast<double>(stats.tokens);
    stats.entropy_bits -= p * std::log2(p);
    ++used;
  }
  const auto codes = static_cast<double>(counts.size());
  stats.usage = static_cast<double>(used) / codes;
  stats.normalised_perplexity = std::exp2(stats.entropy_bits) / codes;
  return stats;
}

TokenCounter::TokenCounter(int groups, int codes)
    : groups_(std::max(groups, 0)),
      codes_(std::max(codes, 0)),
      counts_(static_cast<size_t>(groups_) * static_cast<size_t>(codes_)) {}

void TokenCounter::Add(std::span<const uint16_t> tokens, int n_q) {
  if (n_q < 1 || n_q > groups_) return;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i] >= codes_) continue;
    const size_t group = i % static_cast<size_t>(n_q);
    ++counts_[group * static_cast<size_t>(codes_) + tokens[i]];
  }
}

std::span<const uint64_t> TokenCounter::counts(int group) const {
  if (group < 0 || group >= groups_) return {};
  return std::span(counts_).subspan(static_cast<size_t>(group) * static_cast<size_t>(codes_),
                                    static_cast<size_t>(codes_));
}

TokenStats TokenCounter::Stats(int group) const { return StatsOf(counts(group)); }

}  // namespace quaver
