// Missing frames: left alone, the network continues a stream for ever, at about -45 dBFS. What a decoder
// makes of frames without tokens keeps its level for 80 ms, falls in a line until 280 ms and is silence then.
// The network itself goes on undisturbed, so that a frame that arrives sounds as without a fade.
#ifndef QUAVER_CODEC_CONCEALMENT_H_
#define QUAVER_CODEC_CONCEALMENT_H_

#include <algorithm>
#include <cstddef>

namespace quaver::internal {

inline constexpr int kFadeBegin = 4;  // frames missing in a row
inline constexpr int kFadeEnd = 14;

// How many frames of a decoder are missing in a row, as a value of its state, which holds floats.
class MissingFrames {
 public:
  explicit MissingFrames(float& count) : count_(count) {}

  // The next frame: `samples` [frame] made of n_q tokens. Brings them to their level.
  void Follow(int n_q, float* samples, size_t frame) {
    if (n_q > 0) {
      count_ = 0;
      return;
    }
    // A restored state may hold any float.
    const int missing = count_ >= 0 ? static_cast<int>(std::min<float>(count_, kFadeEnd)) : 0;
    if (missing >= kFadeEnd) {
      std::fill_n(samples, frame, 0.0f);
    } else if (missing >= kFadeBegin) {
      const float step = 1.0f / static_cast<float>((kFadeEnd - kFadeBegin) * frame);
      const size_t done = static_cast<size_t>(missing - kFadeBegin) * frame;
      for (size_t i = 0; i < frame; ++i) samples[i] *= 1 - static_cast<float>(done + i) * step;
    }
    count_ = static_cast<float>(std::min(missing + 1, kFadeEnd));
  }

 private:
  float& count_;
};

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_CONCEALMENT_H_
