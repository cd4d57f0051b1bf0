// Packets or tokens in, sound out.
#ifndef QUAVER_CODEC_CONTAINER_DECODE_FILE_H_
#define QUAVER_CODEC_CONTAINER_DECODE_FILE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "codec/container/playback.h"
#include "codec/container/qvr.h"
#include "codec/io/token_array.h"
#include "codec/status.h"

namespace quaver {

double Seconds(uint64_t frames, const Model& model);

struct DecodeReport {
  uint64_t samples = 0;             // per channel, at the output's rate
  uint64_t concealed = 0;           // frames that were lost
  double concealed_seconds = 0;     // the same as time
  std::vector<std::string> damage;  // for people, a line each; empty: nothing was
  bool stopped = false;             // before the end, because `progress` said so
};

// An error unless the model can decode the stream: rates, frames and tokens agree.
Status CheckHeader(const QvrHeader& header, const Model& model);

// The part of the stream to write, in samples at the output's rate: begin .. end - 1.
struct DecodeRange {
  uint64_t begin = 0;
  uint64_t end = UINT64_MAX;
};

// Asked before every packet: true if a simulated network loses it. Empty: none is.
using PacketFate = std::function<bool()>;

// Decodes all that `reader` gives, conceals what is lost, by damage or by `lost` (which is no damage), and
// commits `playback`, whose rate is `rate`. Constant memory. `name` goes into errors, `progress` gets the
// frames decoded so far; where it says false the stream ends, which is no damage. Of a range, no more is read
// and decoded than it needs, if the reader's source can seek; the samples are those of the whole stream
// (Playback::SetRange()). A range that begins at the end of the sound or beyond is an error; one that ends
// beyond gives what is there.
Result<DecodeReport> DecodeQvr(QvrReader& reader, const std::string& name, std::shared_ptr<const Model> model,
                               const PacketFate& lost, uint32_t rate, Playback& playback,
                               const std::function<bool(uint64_t)>& progress, const DecodeRange& range = {});

// The same for a token matrix. kNoToken ends a row: the frame has fewer tokens; a row of nothing else is a
// lost frame and is concealed (which is no damage). For `lost`, every row is a packet. Errors name the row
// and column of a token that is none.
Result<DecodeReport> DecodeTokens(const TokenMatrix& tokens, const std::string& name,
                                  std::shared_ptr<const Model> model, const PacketFate& lost,
                                  Playback& playback, const std::function<bool(uint64_t)>& progress,
                                  const DecodeRange& range = {});

}  // namespace quaver

#endif  // QUAVER_CODEC_CONTAINER_DECODE_FILE_H_
