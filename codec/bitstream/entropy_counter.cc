#include "codec/bitstream/entropy_counter.h"

#include <algorithm>
#include <cmath>

#include "codec/bitstream/smoothing.h"
#include "codec/bitstream/token_contexts.h"

namespace quaver {
namespace {

// Visits every frame of `tokens` [frames, row_stride], groups 0 .. groups - 1, with the contexts of packets,
// which `walk` keeps: visit(group, token) for each token that is a code.
template <typename Walk, typename Visit>
void ForEachToken(Walk& walk, std::span<const uint16_t> tokens, int frames, int groups, int row_stride,
                  int codes, int frames_per_packet, Visit&& visit) {
  if (row_stride < 1) return;
  const auto stride = static_cast<size_t>(row_stride);
  const size_t rows = std::min(static_cast<size_t>(std::max(frames, 0)), tokens.size() / stride);
  for (size_t frame = 0; frame < rows; ++frame) {
    if (frame % static_cast<size_t>(std::max(frames_per_packet, 1)) == 0) walk.StartPacket();
    walk.StartFrame();
    for (int group = 0; group < std::min(groups, row_stride); ++group) {
      const int token = tokens[frame * stride + static_cast<size_t>(group)];
      if (token < codes) {
        visit(group, token);
      } else {
        walk.Skip(group);
      }
    }
  }
}

}  // namespace

EntropyCounter::EntropyCounter(const BottleneckConfig& bottleneck, int frames_per_packet)
    : frames_per_packet_(frames_per_packet) {
  const std::vector<int> digits = DigitsOf(bottleneck);
  if (digits.empty()) return;
  groups_ = bottleneck.groups;
  codes_ = bottleneck.codes();
  layout_ = DigitLayout(digits, 0);
  counts_.resize(layout_.group_stride * static_cast<size_t>(groups_));
}

void EntropyCounter::Add(std::span<const uint16_t> tokens, int frames) {
  DigitWalk walk(layout_);
  ForEachToken(walk, tokens, frames, groups_, groups_, codes_, frames_per_packet_, [&](int group, int token) {
    walk.Token(group, [&, rest = token](int digit, int context) mutable {
      const int radix = layout_.radix[static_cast<size_t>(digit)];
      const int value = rest % radix;
      rest /= radix;
      ++counts_[layout_.Table(group, digit, context) + static_cast<size_t>(value)];
      return value;
    });
  });
}

std::vector<uint16_t> EntropyCounter::Frequencies(TableContexts contexts) const {
  const DigitLayout wanted(layout_.radix, 0, contexts);
  std::vector<uint16_t> frequencies(wanted.group_stride * static_cast<size_t>(groups_));
  for (int group = 0; group < groups_; ++group) {
    for (int digit = 0; digit < layout_.digits(); ++digit) {
      const size_t radix = layout_.TableLength(digit);
      const size_t first = layout_.Table(group, digit, 0);
      const size_t length = static_cast<size_t>(layout_.Contexts(digit)) * radix;
      // The first tables, of "none", are the ones that no frame before tells anything.
      const size_t kept = static_cast<size_t>(wanted.Contexts(digit)) * radix;
      const std::vector<double> probabilities =
          SmoothDigit(std::span(counts_).subspan(first, length), static_cast<int>(radix),
                      std::span(layout_.radix).first(static_cast<size_t>(digit)));
      for (size_t at = 0; at < kept; at += radix) {
        QuantiseTable(std::span(probabilities).subspan(at, radix),
                      std::span(frequencies).subspan(wanted.Table(group, digit, 0) + at, radix));
      }
    }
  }
  return frequencies;
}

double CostBits(const EntropyModel& model, std::span<const uint16_t> tokens, int frames, int n_q,
                int row_stride, int frames_per_packet) {
  double bits = 0.0;
  TokenContexts contexts(model);
  ForEachToken(contexts, tokens, frames, std::min(n_q, model.groups()), row_stride, model.codes(),
               frames_per_packet, [&](int group, int token) {
                 contexts.Token(group, [&, rest = token](int digit, auto table) mutable {
                   const int radix = model.radix()[static_cast<size_t>(digit)];
                   const auto value = static_cast<size_t>(rest % radix);
                   rest /= radix;
                   bits += kFrequencyBits - std::log2(table[value + 1] - table[value]);
                   return static_cast<int>(value);
                 });
               });
  return bits;
}

}  // namespace quaver
