// From tokens to the tables of an entropy model, and what tokens cost under a model: for fitting. Encoding
// and decoding need neither.
#ifndef QUAVER_CODEC_BITSTREAM_ENTROPY_COUNTER_H_
#define QUAVER_CODEC_BITSTREAM_ENTROPY_COUNTER_H_

#include <cstdint>
#include <span>
#include <vector>

#include "codec/bitstream/digits.h"
#include "codec/bitstream/entropy_model.h"
#include "codec/quantize/bottleneck_config.h"

namespace quaver {

// Counts tokens into tables. Add() takes whole clips [frames, groups]; packets of `frames_per_packet` frames
// are assumed, so that "none" is counted as often as it will be met. Values that are not codes count as not
// sent.
class EntropyCounter {
 public:
  EntropyCounter(const BottleneckConfig& bottleneck, int frames_per_packet);
  void Add(std::span<const uint16_t> tokens, int frames);
  // Smoothed (a rare context borrows from the same context with "none" or with fewer lower digits) and
  // quantised. With TableContexts::kThisFrame the counts of all frames make one table.
  std::vector<uint16_t> Frequencies(TableContexts contexts = TableContexts::kFrameBefore) const;

 private:
  int groups_ = 0;
  int codes_ = 0;
  int frames_per_packet_;
  DigitLayout layout_;
  std::vector<uint32_t> counts_;
};

// Ideal code length, in bits, of the first `n_q` groups of `tokens` [frames, row_stride] in packets of
// `frames_per_packet` frames. Values that are not codes count as not sent and cost nothing. What packets take
// in truth is more by about half a byte a packet.
double CostBits(const EntropyModel& model, std::span<const uint16_t> tokens, int frames, int n_q,
                int row_stride, int frames_per_packet);

}  // namespace quaver

#endif  // QUAVER_CODEC_BITSTREAM_ENTROPY_COUNTER_H_
