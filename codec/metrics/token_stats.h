// How well a codebook is used.
#ifndef QUAVER_CODEC_METRICS_TOKEN_STATS_H_
#define QUAVER_CODEC_METRICS_TOKEN_STATS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace quaver {

// Of one group of K codes.
struct TokenStats {
  uint64_t tokens = 0;               // counted
  double usage = 0;                  // share of the K codes met at least once, 0 .. 1
  double entropy_bits = 0;           // H, bits a token, 0 .. log2(K)
  double normalised_perplexity = 0;  // exp(H in nats) / K, the "code usage" of the VP-VAE paper, 0 .. 1
};

// counts [K]. Nothing counted gives zeros.
TokenStats StatsOf(std::span<const uint64_t> counts);

// Counts tokens of `groups` groups with `codes` codes each.
class TokenCounter {
 public:
  TokenCounter(int groups, int codes);
  // tokens [frames, n_q], row by row, n_q <= groups. Tokens outside 0 .. codes - 1 (kNoToken) are passed
  // over.
  void Add(std::span<const uint16_t> tokens, int n_q);
  TokenStats Stats(int group) const;
  std::span<const uint64_t> counts(int group) const;
  int groups() const { return groups_; }

 private:
  int groups_;
  int codes_;
  std::vector<uint64_t> counts_;  // [groups, codes]
};

}  // namespace quaver

#endif  // QUAVER_CODEC_METRICS_TOKEN_STATS_H_
