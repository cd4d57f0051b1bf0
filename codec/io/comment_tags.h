// Internal: tags of FLAC and Ogg files. libsndfile reads those of nine names, and of each name the first.
#ifndef QUAVER_CODEC_IO_COMMENT_TAGS_H_
#define QUAVER_CODEC_IO_COMMENT_TAGS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/io/sound_header.h"
#include "codec/io/sound_tags.h"

namespace quaver::internal {

struct CommentTags {
  std::vector<SoundTag>
      tags;  // in the order of the file, names in capitals; of one name there may be several
  std::vector<std::string> notes;  // what could not be read, for people
};

// Whether a tag speaks of the file instead of the sound: pictures, ENCODER, gains of Opus and the like.
// `name` in capitals.
bool IsAboutTheFile(std::string_view name);

// Of all names but those. Values without end are no danger: a block of FLAC has at most 16 MiB, and as much
// of Ogg is read. None if it is no FLAC, perhaps behind an ID3v2 tag, or has no comments.
std::optional<CommentTags> ReadFlacTags(const BytesAt& bytes);
// Of the first stream of an Ogg file: Opus, Vorbis, FLAC or Speex.
std::optional<CommentTags> ReadOggTags(const BytesAt& bytes);

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_IO_COMMENT_TAGS_H_
