// Where what an encoder sends is written to: a .qvr file or an .npy file.
#ifndef QUAVER_CODEC_CONTAINER_TOKEN_SINK_H_
#define QUAVER_CODEC_CONTAINER_TOKEN_SINK_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "codec/container/qvr.h"
#include "codec/io/atomic_file.h"
#include "codec/status.h"
#include "codec/stream_encoder.h"

namespace quaver {

struct SinkTotals {
  uint64_t frames = 0;
  uint64_t tokens = 0;
  uint64_t payload_bytes = 0;  // 0 for .npy
};

// Are packets to follow those that the encoder has ready?
enum class Ahead { kMore, kEnd };

class TokenSink {
 public:
  virtual ~TokenSink() = default;
  // Writes all packets that the encoder has ready.
  virtual Status Take(StreamEncoder& encoder, Ahead ahead) = 0;
  // `original_samples` went in at the original rate. Makes the file appear; without it nothing is left
  // behind.
  virtual Status Finish(uint64_t original_samples) = 0;
  const SinkTotals& totals() const { return totals_; }

 protected:
  SinkTotals totals_;
};

// What was encoded: rate (Hz) and channels of the original.
struct OriginalSound {
  int rate = 16000;
  int channels = 1;
  std::vector<QvrTag> tags;
};

// How long sound may be kept at most, in packets and pages, before it is written; -1: about 5 seconds, which
// makes the smallest files.
using MaxDelay = std::chrono::milliseconds;
inline constexpr MaxDelay kNoMaxDelay{-1};

// Packets as a .qvr file, in the format of `encoder`. With a `max_delay` pages are as short as it needs, but
// hold at least a packet.
Result<std::unique_ptr<TokenSink>> OpenQvrSink(const std::string& path, Existing existing,
                                               const StreamEncoder& encoder, const OriginalSound& original,
                                               MaxDelay max_delay = kNoMaxDelay);
// Tokens as uint16 [frames, width]; kNoToken fills the row of a frame with fewer.
Result<std::unique_ptr<TokenSink>> OpenNpySink(const std::string& path, Existing existing, int width);

}  // namespace quaver

#endif  // QUAVER_CODEC_CONTAINER_TOKEN_SINK_H_
