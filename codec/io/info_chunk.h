// Internal: tags of WAV and RF64 files, in a LIST chunk of type INFO (Microsoft's and IBM's "Multimedia
// Programming Interface and Data Specifications 1.0"). libsndfile reads it too, but no value beyond 2 KiB,
// and not behind samples whose length is wrong.
#ifndef QUAVER_CODEC_IO_INFO_CHUNK_H_
#define QUAVER_CODEC_IO_INFO_CHUNK_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/io/sound_header.h"
#include "codec/io/sound_tags.h"

namespace quaver::internal {

// "INAM" of "TITLE"; empty if INFO has no place for a tag of that name.
std::string_view InfoId(std::string_view name);

// The whole chunk, of an even number of bytes; empty without tags. All of them must have an InfoId().
std::vector<uint8_t> WriteInfoChunk(std::span<const SoundTag> tags);

// Appends those of the chunks that begin at byte `begin` and before `end`. Values are cut after 64 KiB. What
// is damaged is left out. False: there are more than 100,000 chunks, and what follows was not looked at.
bool ReadInfoChunks(const BytesAt& bytes, uint64_t begin, uint64_t end, bool big_endian,
                    std::vector<SoundTag>& tags);
// What is to be told then.
std::string TooManyChunksText();

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_IO_INFO_CHUNK_H_
