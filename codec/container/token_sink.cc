#include "codec/container/token_sink.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "codec/container/qvr.h"
#include "codec/io/npy.h"

namespace quaver {
namespace {

QvrHeader HeaderOf(const StreamEncoder& encoder, const OriginalSound& original) {
  QvrHeader header = MakeQvrHeader(encoder.model(), encoder.format());
  header.original_rate = static_cast<uint32_t>(original.rate);
  header.original_channels = static_cast<uint8_t>(original.channels);
  return header;
}

class QvrSink : public TokenSink {
 public:
  QvrSink(std::unique_ptr<AtomicFile> file, const StreamEncoder& encoder, MaxDelay max_delay)
      : file_(std::move(file)) {
    if (max_delay < MaxDelay(0)) return;
    const auto delay = static_cast<double>(max_delay.count());  // ms
    const auto frames = static_cast<uint64_t>(delay * encoder.model().frame_rate() / 1000);
    const auto packet = static_cast<uint64_t>(encoder.format().frames);
    flush_at_ = frames > packet ? frames - packet + 1 : 1;
  }

  Status Start(const QvrHeader& header, std::span<const QvrTag> tags) {
    auto writer = QvrWriter::Create(header, tags, [this](std::span<const uint8_t> bytes) {
      written_ = file_->Write(bytes);
      return written_.ok();
    });
    if (!writer.ok()) return Cause(writer.error());
    writer_ = std::move(writer).value();
    return {};
  }

  // The last packet is never flushed: it takes the length of the sound along.
  Status Take(StreamEncoder& encoder, Ahead ahead) override {
    while (const auto packet = encoder.Read()) {
      Status status = writer_->Write(packet->bytes, packet->frames);
      waiting_ += static_cast<uint64_t>(packet->frames);
      if (status.ok() && waiting_ >= flush_at_ && (ahead == Ahead::kMore || encoder.ready() > 0)) {
        status = writer_->Flush();
        waiting_ = 0;
      }
      if (!status.ok()) return Cause(status);
      totals_.frames += static_cast<uint64_t>(packet->frames);
      totals_.tokens += static_cast<uint64_t>(packet->tokens);
      totals_.payload_bytes += packet->bytes.size();
    }
    return {};
  }

  Status Finish(uint64_t original_samples) override {
    const Status status = Cause(writer_->Finish(original_samples));
    return status.ok() ? file_->Commit() : status;
  }

 private:
  // The writer knows that the file took no more bytes, the file knows why.
  Status Cause(const Status& status) const {
    if (status.ok()) return status;
    return written_.ok() ? Status(Error{file_->name() + ": " + status.message()}) : written_;
  }

  std::unique_ptr<AtomicFile> file_;
  std::optional<QvrWriter> writer_;  // there is one once Start() has succeeded
  Status written_;
  uint64_t flush_at_ = UINT64_MAX;  // frames that a page holds if a packet more would make it too long
  uint64_t waiting_ = 0;            // frames that were not flushed
};

class NpySink : public TokenSink {
 public:
  NpySink(std::unique_ptr<NpyWriter> writer, int width)
      : width_(static_cast<size_t>(width)), writer_(std::move(writer)) {}

  Status Take(StreamEncoder& encoder, Ahead) override {
    while (encoder.ReadTokens(packet_)) {
      rows_.clear();
      for (size_t frame = 0; frame < static_cast<size_t>(packet_.frames); ++frame) {
        const auto row = std::span(packet_.token[frame]).first(width_);
        rows_.insert(rows_.end(), row.begin(), row.end());
        totals_.tokens += packet_.n_q[frame];
      }
      totals_.frames += static_cast<uint64_t>(packet_.frames);
      const Status status = writer_->Write(rows_);
      if (!status.ok()) return status;
    }
    return {};
  }

  Status Finish(uint64_t) override { return writer_->Commit(); }

 private:
  size_t width_;
  std::unique_ptr<NpyWriter> writer_;
  PacketTokens packet_;
  std::vector<uint16_t> rows_;
};

}  // namespace

Result<std::unique_ptr<TokenSink>> OpenQvrSink(const std::string& path, Existing existing,
                                               const StreamEncoder& encoder, const OriginalSound& original,
                                               MaxDelay max_delay) {
  auto file = AtomicFile::Create(path, existing);
  if (!file.ok()) return file.error();
  auto sink = std::make_unique<QvrSink>(std::move(file).value(), encoder, max_delay);
  const Status started = sink->Start(HeaderOf(encoder, original), original.tags);
  if (!started.ok()) return started.error();
  return std::unique_ptr<TokenSink>(std::move(sink));
}

Result<std::unique_ptr<TokenSink>> OpenNpySink(const std::string& path, Existing existing, int width) {
  auto writer = NpyWriter::Create(path, static_cast<size_t>(width), existing);
  if (!writer.ok()) return writer.error();
  return std::unique_ptr<TokenSink>(std::make_unique<NpySink>(std::move(writer).value(), width));
}

}  // namespace quaver
