// Internal: tags of MPEG audio (ID3v2 and ID3v1), as libmpg123 reads them.
#ifndef QUAVER_CODEC_IO_MPEG_TAGS_H_
#define QUAVER_CODEC_IO_MPEG_TAGS_H_

#include <mpg123.h>

#include <vector>

#include "codec/io/sound_tags.h"

namespace quaver::internal {

// Of a handle that has read its first frame. ID3v1 only where there is no ID3v2; its genre is a number, and
// left out.
std::vector<SoundTag> TagsOf(mpg123_handle* handle);

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_IO_MPEG_TAGS_H_
