// How many tokens a frame is worth (encode --vbr).
#ifndef QUAVER_CODEC_ENCODE_VARIABLE_RATE_H_
#define QUAVER_CODEC_ENCODE_VARIABLE_RATE_H_

#include <cstddef>
#include <span>
#include <vector>

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

  // Calls frame(tokens), with 1 .. n_q tokens, for each frame that these samples complete. Any chunking gives
  // the same. Allocates nothing.
  template <typename Frame>
  void Add(std::span<const float> samples, const Frame& frame) {
    for (const float sample : samples) {
      if (Complete(sample)) frame(Next());
    }
  }
  std::vector<int> Add(std::span<const float> samples);  // the same as a list

  // Another n_q from the next frame on.
  void SetTokens(int n_q) { n_q_ = n_q; }

 private:
  bool Complete(float sample);  // true: with it, the frame is complete
  int Next();                   // the tokens of the frame that is complete, and on to the next one

  size_t frame_;
  double fall_;  // dB a frame
  int n_q_;
  double loudest_;  // dBFS
  size_t filled_ = 0;
  double energy_ = 0;  // of the samples of the frame so far
};

}  // namespace quaver

#endif  // QUAVER_CODEC_ENCODE_VARIABLE_RATE_H_
