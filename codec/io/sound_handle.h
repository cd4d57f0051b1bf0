// Internal: what the reader and the writer of sound files share.
#ifndef QUAVER_CODEC_IO_SOUND_HANDLE_H_
#define QUAVER_CODEC_IO_SOUND_HANDLE_H_

#include <sndfile.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "codec/io/sound_tags.h"

namespace quaver::internal {

inline constexpr size_t kChunk = 16384;  // values converted at a time

struct SoundClose {
  void operator()(SNDFILE* file) const { sf_close(file); }
};
using SoundHandle = std::unique_ptr<SNDFILE, SoundClose>;

// Opens a sound file on a duplicate of `fd`, which stays the caller's. Null on an error.
SNDFILE* OpenSndfile(int fd, int mode, SF_INFO& info);

std::vector<SoundTag> TagsOf(SNDFILE* file);

// ".wav" of "a/b.WAV"; empty if the name has none.
std::string LowerExtension(const std::string& path);

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_IO_SOUND_HANDLE_H_
