// How many tokens a frame the next packet gets, so that a stream holds its bit rate (encode --bitrate).
#ifndef QUAVER_CODEC_ENCODE_RATE_CONTROL_H_
#define QUAVER_CODEC_ENCODE_RATE_CONTROL_H_

#include <cstddef>
#include <vector>

namespace quaver {

// As even as the rate allows: the number follows what a token cost over the last 4 seconds, and some packets
// have one token more than others to make up for the fraction. What a packet leaves of the rate, or takes too
// much, is half spent or saved by the next. Silence is cheap, but does not drive the number up: a token never
// counts for less than 3/4 of what the model expects, and no more than half a second of the rate is saved up.
// So the payload stays at the rate or below, unless one token a frame is already more. No look-ahead.
class RateControl {
 public:
  // Payload in bits per second to hold; expected of the model at n_q = 1 .. groups (bitrate.h), not
  // empty.
  RateControl(double bits_per_second, double frames_per_second, const std::vector<double>& expected);

  // Tokens a frame, 1 .. groups: what most packets are expected to get, and what the next of so many frames
  // gets.
  int TypicalTokens() const;
  int NextTokens(int frames) const;
  // What was sent: the packet's frames, their n_q and its size.
  void Update(int frames, int n_q, size_t bytes);

 private:
  int Clamp(double n_q) const;

  double bits_per_frame_;
  double most_saved_;  // bits
  double least_cost_;  // bits a token
  double memory_;      // frames
  int groups_;
  double cost_;       // bits a token, of late
  double saved_ = 0;  // bits; below 0: spent too much
};

}  // namespace quaver

#endif  // QUAVER_CODEC_ENCODE_RATE_CONTROL_H_
