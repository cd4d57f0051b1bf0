// How many tokens a frame is worth (encode --vbr).
#ifndef QUAVER_CODEC_ENCODE_VARIABLE_RATE_H_
#define QUAVER_CODEC_ENCODE_VARIABLE_RATE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codec/encode/token_rows.h"
#include "codec/encode/token_selector.h"

namespace quaver {

// By the level of a frame beside the loudest of late: all tokens down to 20 dB below it, in equal steps to
// one at 40 dB below. It is never none: with nothing at all the decoder would not know the background, and
// contexts code the one token of a silent frame with 1 to 6 bits. What counts as loudest falls by 1 dB a
// second, to no less than -60 dBFS: what is quieter than -100 dBFS is a pause in any case. No look-ahead: a
// frame's number needs the samples up to its end.
class VariableRate {
 public:
  // frame: samples; n_q: tokens of a frame of speech, at least 1.
  VariableRate(int frame, double frames_a_second, int n_q);

  // The tokens, 1 .. n_q, of each frame that these samples complete. Any chunking gives the same.
  std::vector<int> Add(std::span<const float> samples);

 private:
  int Next(double level);  // dBFS

  size_t frame_;
  double fall_;  // dB a frame
  int n_q_;
  double loudest_;  // dBFS
  size_t filled_ = 0;
  double energy_ = 0;  // of the samples of the frame so far
};

// Rows of n_q tokens, cut so.
class VariableRows : public TokenSelector {
 public:
  VariableRows(int frame, double frames_a_second, int n_q) : rate_(frame, frames_a_second, n_q) {}
  std::vector<uint16_t> Add(std::span<const float> samples, std::span<const uint16_t> tokens) override {
    std::vector<uint16_t> rows(tokens.begin(), tokens.end());
    TruncateRows(rate_.Add(samples), rows);
    return rows;
  }
  std::vector<uint16_t> Finish() override { return {}; }

 private:
  VariableRate rate_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_ENCODE_VARIABLE_RATE_H_
