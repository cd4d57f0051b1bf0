// A WAV file in memory.
#ifndef QUAVER_CODEC_TRAIN_LOG_WAV_H_
#define QUAVER_CODEC_TRAIN_LOG_WAV_H_

#include <span>
#include <string>

namespace quaver {

// 16-bit PCM, mono; samples in -1 .. 1, at most 2^30 of them; rate in Hz.
std::string WavBytes(std::span<const float> samples, int sample_rate);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_LOG_WAV_H_
