// Internal: the identification header of a .qvr stream and the arithmetic of its granule positions.
#ifndef QUAVER_CODEC_CONTAINER_QVR_HEADER_H_
#define QUAVER_CODEC_CONTAINER_QVR_HEADER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "codec/container/qvr.h"
#include "codec/status.h"

namespace quaver {

inline constexpr std::string_view kIdMagic = "QuavHead";
inline constexpr size_t kIdHeaderBytes = 58;
inline constexpr uint64_t kMaxGranule = uint64_t{1} << 48;  // samples: beyond it a position is not believed
inline constexpr uint64_t kMaxStreamFrames = uint64_t{1} << 30;  // 248 days of 20 ms

// An error unless low <= value <= high; it names the field, the value and the range.
Status CheckField(const char* field, int64_t value, int64_t low, int64_t high);
// The ranges of all fields.
Status CheckHeader(const QvrHeader& header);

std::array<uint8_t, kIdHeaderBytes> WriteIdHeader(const QvrHeader& header);
Result<QvrHeader> ParseIdHeader(std::span<const uint8_t> packet);

// Samples per channel at original_rate that are complete after `frames` frames (at most kMaxStreamFrames):
// floor(max(0, frames * frame_samples - pre_skip) * original_rate / model_rate).
uint64_t GranuleAfter(const QvrHeader& header, uint64_t frames);
// The fewest frames for which GranuleAfter is at least `granule` (at most kMaxGranule).
uint64_t FramesAt(const QvrHeader& header, uint64_t granule);

}  // namespace quaver

#endif  // QUAVER_CODEC_CONTAINER_QVR_HEADER_H_
