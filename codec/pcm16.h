// Internal: runs of samples, converted one by one as codec/samples.h does.
#ifndef QUAVER_CODEC_PCM16_H_
#define QUAVER_CODEC_PCM16_H_

#include <cstdint>
#include <span>

namespace quaver::internal {

// sample / 32768, exactly; floats.size() is at least samples.size().
void FromPcm16(std::span<const int16_t> samples, std::span<float> floats);
// 32768 * sample, rounded to the nearest (halves to even), -32768 .. 32767; finite samples.
void ToPcm16(std::span<const float> samples, std::span<int16_t> out);

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_PCM16_H_
