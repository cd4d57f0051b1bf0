// Tags of sound files, under the names that Vorbis comments use: TITLE, ARTIST, ALBUM, DATE, GENRE,
// TRACKNUMBER, COMMENT, COPYRIGHT, LICENSE, which libsndfile knows; in FLAC and Ogg any others too.
#ifndef QUAVER_CODEC_IO_SOUND_TAGS_H_
#define QUAVER_CODEC_IO_SOUND_TAGS_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace quaver {

struct SoundTag {
  std::string name;   // in capitals when it was read
  std::string value;  // in the file's own encoding when it was read, UTF-8 to be written; without zero bytes
};

namespace internal {

// ASCII letters alone.
std::string Capitals(std::string_view name);

// What of some tags can be written into a WAV, and what cannot.
struct SortedTags {
  std::vector<SoundTag> known;  // each name once: values of the same name, in any case, are joined by "; "
  std::vector<std::string> refused;  // names that are none of those above, each once
};
SortedTags SortTags(std::span<const SoundTag> tags);

}  // namespace internal
}  // namespace quaver

#endif  // QUAVER_CODEC_IO_SOUND_TAGS_H_
