// Sound in, tokens out, in constant memory.
#ifndef QUAVER_APPS_ENCODE_STREAM_H_
#define QUAVER_APPS_ENCODE_STREAM_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "apps/token_sink.h"
#include "codec/codec.h"
#include "codec/encode/token_selector.h"
#include "codec/io/sound_file.h"
#include "codec/status.h"

namespace quaver {

// Encodes all of `sound`, resampled to the model's rate, with sink.width() tokens a frame, or what `choice`
// makes of them unless it is null, and finishes `sink`. The decoder lags by model->delay() samples, so
// zeros follow the sound until the frames cover that delay as well. `progress` gets the samples read so far.
// Gives the samples per channel that went in.
Result<uint64_t> EncodeStream(SoundReader& sound, std::shared_ptr<const Model> model,
                              std::unique_ptr<TokenSelector> choice, TokenSink& sink,
                              const std::function<void(uint64_t)>& progress);

}  // namespace quaver

#endif  // QUAVER_APPS_ENCODE_STREAM_H_
