// Limits that arrays of packets and streams are sized by.
#ifndef QUAVER_CODEC_LIMITS_H_
#define QUAVER_CODEC_LIMITS_H_

namespace quaver {

inline constexpr int kMaxGroups = 18;  // tokens of a frame, in any model

}  // namespace quaver

#endif  // QUAVER_CODEC_LIMITS_H_
