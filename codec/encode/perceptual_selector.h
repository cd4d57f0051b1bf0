// Spends a bit rate where it is heard most (encode --effort).
#ifndef QUAVER_CODEC_ENCODE_PERCEPTUAL_SELECTOR_H_
#define QUAVER_CODEC_ENCODE_PERCEPTUAL_SELECTOR_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "codec/bitstream/packet.h"
#include "codec/codec.h"
#include "codec/encode/bit_allocation.h"
#include "codec/encode/token_search.h"
#include "codec/metrics/masked_distance.h"

namespace quaver {

// Decodes every segment of about 30 seconds with each number of tokens, measures how far each frame is
// from the original then (codec/metrics/masked_distance.h), and shares the rate out so that the sum of the
// squares is least (bit_allocation.h); with `search`, looks for better tokens then (token_search.h). The
// payload of a segment stays at the rate or below, and what is left, up to half a second's worth, goes to the
// next; unless one token a frame is already more. A frame's distance is taken as if all around it had as many
// tokens, which they have not.
class PerceptualSelector {
 public:
  // The allocation before the search plans with the budget over this, since the search leaves the payload
  // smaller. Where it does not, fewer tokens are sent than were searched.
  static constexpr double kSearchGrowth = 0.968;

  // Payload in bits per second to hold; expected of the model at n_q = 1 .. groups (bitrate.h), packets
  // as they will be sent.
  PerceptualSelector(std::shared_ptr<const Model> model, double bits_per_second,
                     const std::vector<double>& expected, const PacketDefaults& packets, bool search);

  // Rows as wide as the model has groups.
  std::vector<uint16_t> Add(std::span<const float> samples, std::span<const uint16_t> tokens);
  std::vector<uint16_t> Finish();

  // The decoder of a listener who has received exactly the rows returned so far. The search starts from its
  // state. Kept up to date only with `search`.
  const Decoder& receiver() const { return receiver_; }

 private:
  size_t waiting() const { return tokens_.size() / groups_; }  // frames
  // Of the first frames that wait, which it forgets.
  std::vector<uint16_t> Decide(size_t frames);
  FrameCosts Measure(size_t frames);
  // The tokens of frames that fill `budget` bits in packets, by the costs, or all but half a percent of it.
  Allocation Fill(const FrameCosts& costs, double budget) const;
  // Decodes these rows with receiver_.
  void Receive(std::span<const int> n_q, std::span<const uint16_t> rows);
  // Bits of the packets with these tokens of the first frames that wait.
  double Payload(std::span<const int> n_q) const;

  std::shared_ptr<const Model> model_;
  double bits_per_frame_;
  PacketDefaults packets_;
  size_t groups_;
  size_t frame_;                   // samples
  size_t segment_;                 // frames
  std::vector<double> bits_;       // of a frame with 1 .. most tokens, as expected
  std::vector<Decoder> decoders_;  // one for each of these numbers
  MaskedDistance distance_;
  std::optional<TokenSearch> search_;
  Decoder receiver_;
  std::vector<float> sound_;      // of the frames that wait, as late as decoded sound is
  std::vector<uint16_t> tokens_;  // of the frames that wait [frames, groups]
  double saved_ = 0;              // bits
};

}  // namespace quaver

#endif  // QUAVER_CODEC_ENCODE_PERCEPTUAL_SELECTOR_H_
