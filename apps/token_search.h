// Tokens that sound better than the encoder's (encode --effort 2).
#ifndef QUAVER_APPS_TOKEN_SEARCH_H_
#define QUAVER_APPS_TOKEN_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "codec/batch.h"
#include "codec/codec.h"
#include "codec/metrics/disturbance.h"

namespace quaver {

// Analysis by synthesis, frame by frame, token by token: every token with one digit one higher or lower is
// decoded, together with the frame behind, and the one that disturbs least (codec/metrics/disturbance.h)
// takes the token's place if it is so much better that it is worth the bits that an unusual token may cost.
// Decoded are the frames as they are sent, from the state that the frames before have left.
class TokenSearch {
 public:
  explicit TokenSearch(std::shared_ptr<const Model> model);

  // The stream goes on with frames of which n_q[frame] tokens are sent: tokens [frames, groups] is changed in
  // place. disturbance has the sound that belongs to these frames as its reference.
  void Improve(std::span<const int> n_q, std::span<uint16_t> tokens, Disturbance& disturbance);

 private:
  struct Stretch;  // what Improve was called with, and what is decoded of it so far

  void ImproveFrame(Stretch& stretch, size_t frame);
  // Disturbance of the frame and the next with each of the tokens in place of the frame's `group`.
  void Try(Stretch& stretch, size_t frame, size_t group, std::span<const uint16_t> candidates);
  void DecodeTrials(Stretch& stretch, size_t frame, size_t trials, size_t group,
                    std::span<const uint16_t> candidates);

  std::shared_ptr<const Model> model_;
  std::vector<int> radix_;  // of the digits of a token, the fastest first
  size_t groups_;
  size_t frame_;  // samples
  Batch batch_;
  Decoder stream_;
  std::vector<Decoder> trials_;  // as many as a token has neighbours
  std::vector<Decoder*> pointers_;
  std::vector<std::byte> state_;    // of stream_ before the frame
  std::vector<uint16_t> rows_;      // [trials, groups]
  std::vector<int> n_q_;            // [trials]
  std::vector<float> frames_;       // [trials, frame]
  std::vector<float> decoded_;      // [trials, what comes before, frame, the next]
  std::vector<double> disturbed_;   // [trials]
};

}  // namespace quaver

#endif  // QUAVER_APPS_TOKEN_SEARCH_H_
