// Which tokens of a stream are sent (encode --vbr and --effort).
#ifndef QUAVER_CODEC_ENCODE_TOKEN_SELECTOR_H_
#define QUAVER_CODEC_ENCODE_TOKEN_SELECTOR_H_

#include <cstdint>
#include <span>
#include <vector>

namespace quaver {

// Sees samples and tokens of a stream go by and gives the rows to send, in order, at once or later.
class TokenSelector {
 public:
  virtual ~TokenSelector() = default;
  // samples: those of the stream that follow; tokens: of the frames that they complete, row by row, all as
  // wide as the stream was made for. Gives rows of the same width of the frames that are decided now, at
  // least one token in each; kNoToken ends a row before. Any chunking gives the same rows in the end.
  virtual std::vector<uint16_t> Add(std::span<const float> samples, std::span<const uint16_t> tokens) = 0;
  // Of all frames that are not decided yet.
  virtual std::vector<uint16_t> Finish() = 0;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_ENCODE_TOKEN_SELECTOR_H_
