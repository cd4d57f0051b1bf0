// Many streams that share a model, one frame of each in a call: what a server needs.
//
//   quaver::Batch batch(model);                    // one a thread
//   batch.Encode(encoders, samples, n_q, tokens);  // 20 ms of every stream
//   batch.Decode(decoders, tokens, n_q, samples);
//
// The weights then travel from memory once for 28 streams instead of once a stream. Tokens and samples are,
// bit for bit, those of the streams run one by one, and a stream may change between the two ways at any
// frame.
#ifndef QUAVER_CODEC_BATCH_H_
#define QUAVER_CODEC_BATCH_H_

#include <cstdint>
#include <memory>
#include <span>

#include "codec/codec.h"
#include "codec/export.h"

namespace quaver {

// Scratch memory only: the streams keep their state. After construction it allocates nothing, locks nothing,
// makes no system call and never throws. A batch, like a stream, belongs to one thread at a time. A batch of
// a null model, or one that was moved from, refuses every call.
class Batch {
 public:
  QUAVER_API explicit Batch(std::shared_ptr<const Model> model);
  QUAVER_API ~Batch();
  QUAVER_API Batch(Batch&&) noexcept;
  QUAVER_API Batch& operator=(Batch&&) noexcept;

  // One frame of each stream: samples [streams, frame]; n_q [streams], 0 .. groups each; tokens [streams,
  // groups], of which row i gets n_q[i] values and keeps the rest. Returns false, and leaves the streams as
  // they were, when sizes do not agree, an n_q is out of range, a pointer is null, a stream has another
  // model or stands in `streams` twice.
  QUAVER_API bool Encode(std::span<Encoder* const> streams, std::span<const float> samples,
                         std::span<const int> n_q, std::span<uint16_t> tokens) noexcept;
  // The other way; also refuses a token that is not a code. n_q = 0: the frame is lost, and concealed.
  QUAVER_API bool Decode(std::span<Decoder* const> streams, std::span<const uint16_t> tokens,
                         std::span<const int> n_q, std::span<float> samples) noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_BATCH_H_
