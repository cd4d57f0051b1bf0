// Internal: the comment header of a .qvr stream.
#ifndef QUAVER_CODEC_CONTAINER_QVR_TAGS_H_
#define QUAVER_CODEC_CONTAINER_QVR_TAGS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "codec/container/qvr.h"
#include "codec/status.h"

namespace quaver {

inline constexpr std::string_view kCommentMagic = "QuavTags";

// What a tag takes of kMaxQvrTagBytes.
size_t TagBytes(const QvrTag& tag);

// An error that names the first tag that QvrTag does not allow, or says that they are too long together.
Status CheckTags(std::span<const QvrTag> tags);

// `tags` must have passed CheckTags().
std::vector<uint8_t> WriteCommentHeader(std::span<const QvrTag> tags = {});

// Appends those that are valid to `tags`; an error if the lengths do not stay inside the packet.
Status ReadCommentHeader(std::span<const uint8_t> packet, std::vector<QvrTag>& tags);

}  // namespace quaver

#endif  // QUAVER_CODEC_CONTAINER_QVR_TAGS_H_
