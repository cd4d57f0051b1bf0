// A whole sound file through a StreamEncoder, in constant memory.
#ifndef QUAVER_CODEC_CONTAINER_ENCODE_FILE_H_
#define QUAVER_CODEC_CONTAINER_ENCODE_FILE_H_

#include <cstdint>
#include <functional>

#include "codec/container/token_sink.h"
#include "codec/io/sound_file.h"
#include "codec/status.h"
#include "codec/stream_encoder.h"

namespace quaver {

// Encodes all of `sound`, resampled to the model's rate, and finishes `sink`. `progress` gets the samples
// read so far; where it says false the sound ends. Gives the samples per channel that went in.
Result<uint64_t> EncodeFile(SoundReader& sound, StreamEncoder& encoder, TokenSink& sink,
                            const std::function<bool(uint64_t)>& progress);

}  // namespace quaver

#endif  // QUAVER_CODEC_CONTAINER_ENCODE_FILE_H_
