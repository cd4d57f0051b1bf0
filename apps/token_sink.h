// Where the tokens of an encoder go: a .qvr file or an .npy file.
#ifndef QUAVER_APPS_TOKEN_SINK_H_
#define QUAVER_APPS_TOKEN_SINK_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "codec/bitstream/packet.h"
#include "codec/codec.h"
#include "codec/container/qvr.h"
#include "codec/encode/rate_control.h"
#include "codec/io/atomic_file.h"
#include "codec/status.h"

namespace quaver {

struct SinkTotals {
  uint64_t frames = 0;
  uint64_t tokens = 0;
  uint64_t payload_bytes = 0;  // 0 for .npy
};

class TokenSink {
 public:
  // Of so many tokens a row.
  explicit TokenSink(int width) : width_(width) {}
  virtual ~TokenSink() = default;
  int width() const { return width_; }
  // tokens [frames, width], row by row. kNoToken ends a row: the frame has fewer.
  virtual Status Write(std::span<const uint16_t> tokens) = 0;
  // `original_samples` went in at the original rate. Makes the file appear; without it nothing is left
  // behind.
  virtual Status Finish(uint64_t original_samples) = 0;
  const SinkTotals& totals() const { return totals_; }

 protected:
  SinkTotals totals_;

 private:
  int width_;
};

// Packets of header.defaults.frames frames. Rows are `width` wide; with `control` of all groups, of
// which the first so many are sent.
Result<std::unique_ptr<TokenSink>> OpenQvrSink(const std::string& path, Existing existing,
                                               const QvrHeader& header, std::shared_ptr<const Model> model,
                                               int width, std::optional<RateControl> control = std::nullopt);
// uint16 [frames, width].
Result<std::unique_ptr<TokenSink>> OpenNpySink(const std::string& path, Existing existing, int width);

}  // namespace quaver

#endif  // QUAVER_APPS_TOKEN_SINK_H_
