// Tokens that sound better than the encoder's (encode --effort 2).
#ifndef QUAVER_CODEC_ENCODE_TOKEN_SEARCH_H_
#define QUAVER_CODEC_ENCODE_TOKEN_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "codec/batch.h"
#include "codec/bitstream/token_contexts.h"
#include "codec/codec.h"
#include "codec/metrics/masked_distance.h"

namespace quaver {

// Analysis by synthesis, frame by frame, token by token: every token with one digit one higher or lower is
// decoded, together with the two frames behind, and takes the token's place if the sum of the
// distance (codec/metrics/masked_distance.h) and bits, at a price, is least with it. Decoded are the frames
// as they are sent, from the state that the frames before have left; bits are those of the token itself in
// its packet.
class TokenSearch {
 public:
  TokenSearch(std::shared_ptr<const Model> model, int frames_per_packet);

  // `receiver` has decoded everything sent so far and is not changed, since fewer tokens may be sent in the
  // end than are searched here. The frames that follow send n_q[frame] tokens each, and the first of them
  // starts a new packet: tokens [frames, groups] is changed in place. price: squared distance
  // of a frame that a bit is worth (bit_allocation.h). `distance` has the sound that belongs to these frames
  // as its reference.
  void Improve(const Decoder& receiver, std::span<const int> n_q, double price, std::span<uint16_t> tokens,
               MaskedDistance& distance);

 private:
  struct Segment;  // what Improve was called with, and what is decoded of it so far

  void ImproveFrame(Segment& segment, size_t frame, TokenContexts& contexts);
  // distances_: of the frame and the next with each of the tokens in place of the frame's `group`.
  void Try(Segment& segment, size_t frame, size_t group, std::span<const uint16_t> candidates);
  void DecodeTrials(Segment& segment, size_t frame, size_t trials, size_t group,
                    std::span<const uint16_t> candidates);

  std::shared_ptr<const Model> model_;
  std::vector<int> radix_;  // of the digits of a token, the fastest first
  size_t groups_;
  size_t frame_;   // samples
  size_t packet_;  // frames
  Batch batch_;
  Decoder stream_;
  std::vector<Decoder> trials_;  // as many as a token has neighbours
  std::vector<Decoder*> pointers_;
  std::vector<std::byte> state_;   // of stream_ before the frame
  std::vector<uint16_t> rows_;     // [trials, groups]
  std::vector<int> n_q_;           // [trials]
  std::vector<float> frames_;      // [trials, frame]
  std::vector<float> decoded_;     // [trials, the frame before, the frame, those behind]
  std::vector<double> distances_;  // [trials], mean squares over the windows of a frame
};

}  // namespace quaver

#endif  // QUAVER_CODEC_ENCODE_TOKEN_SEARCH_H_
