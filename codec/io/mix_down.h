// Internal: many channels to one.
#ifndef QUAVER_CODEC_IO_MIX_DOWN_H_
#define QUAVER_CODEC_IO_MIX_DOWN_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "codec/io/sound_decoder.h"

namespace quaver::internal {

// The weight of each channel. One and two channels, and channels whose speakers nobody knows: the mean.
// Surround sound: ITU-R BS.775-3, table 2 (mono): centre 1, left and right 0.7071, surrounds 0.5,
// low-frequency effects 0. Without a centre it is scaled so that left and right have a half, like stereo. Six
// channels without a layout are taken for 5.1 (left, right, centre, low frequencies, two surrounds), eight
// for 7.1.
std::vector<float> DownmixWeights(const SoundShape& shape);

// Mixes blocks and watches what comes of it.
class MixDown {
 public:
  MixDown() = default;
  explicit MixDown(const SoundShape& shape);
  // One channel, counted from 0, instead of a mix.
  void ChooseChannel(size_t channel);

  // Samples that are not numbers, or infinite, count as 0.
  void Mix(std::span<const float> interleaved, std::span<float> mono);

  // Sentences about what was mixed so far, for SoundRemarks::damage: that channels cancelled each other, that
  // samples are not within -1 .. 1 or not numbers.
  std::vector<std::string> Remarks() const;

 private:
  bool chosen_ = false;
  std::vector<float> weights_;
  std::vector<double> energies_;  // of each channel, as it is weighted
  double energy_ = 0;             // of the mix
  float peak_ = 0;                // of all channels that count
  uint64_t samples_ = 0;
  uint64_t not_finite_ = 0;        // of all channels that count
  uint64_t first_not_finite_ = 0;  // from the start, of one channel
};

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_IO_MIX_DOWN_H_
