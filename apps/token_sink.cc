#include "apps/token_sink.h"

#include <algorithm>
#include <array>
#include <utility>

#include "codec/encode/token_rows.h"
#include "codec/io/npy.h"

namespace quaver {
namespace {

class QvrSink : public TokenSink {
 public:
  QvrSink(std::unique_ptr<AtomicFile> file, const QvrHeader& header, std::shared_ptr<const Model> model,
          int width, std::optional<RateControl> control)
      : TokenSink(width),
        file_(std::move(file)),
        defaults_(header.defaults),
        model_(std::move(model)),
        control_(std::move(control)) {}

  Status Start(const QvrHeader& header) {
    auto writer = QvrWriter::Create(header, [this](std::span<const uint8_t> bytes) {
      written_ = file_->Write(bytes);
      return written_.ok();
    });
    if (!writer.ok()) return Cause(writer.error());
    writer_ = std::move(writer).value();
    return {};
  }

  Status Write(std::span<const uint16_t> tokens) override {
    const auto row = static_cast<size_t>(width());
    for (; !tokens.empty(); tokens = tokens.subspan(row)) {
      AppendFrame(packet_, tokens.first(RowLength(tokens.first(row))));
      if (packet_.frames < defaults_.frames) continue;
      const Status sent = Send();
      if (!sent.ok()) return sent;
    }
    return {};
  }

  Status Finish(uint64_t original_samples) override {
    Status status = packet_.frames > 0 ? Send() : Status();
    if (status.ok()) status = Cause(writer_->Finish(original_samples));
    if (status.ok()) status = file_->Commit();
    return status;
  }

 private:
  Status Send() {
    if (control_) TruncateFrames(packet_, control_->Next(packet_.frames));
    std::array<uint8_t, kMaxPacketBytes> bytes;
    const size_t size = EncodePacket(model_->entropy(), defaults_, packet_, bytes);
    if (size == 0) return Error{file_->name() + ": a packet cannot be coded"};
    const Status status = Cause(writer_->Write(std::span(bytes).first(size), packet_.frames));
    if (control_) control_->Sent(packet_.frames, packet_.n_q[0], size);
    for (int frame = 0; frame < packet_.frames; ++frame) totals_.tokens += packet_.n_q[frame];
    totals_.frames += static_cast<uint64_t>(packet_.frames);
    totals_.payload_bytes += size;
    packet_.frames = 0;
    return status;
  }

  // The writer knows that the file took no more bytes, the file knows why.
  Status Cause(const Status& status) const {
    if (status.ok()) return status;
    return written_.ok() ? Status(Error{file_->name() + ": " + status.message()}) : written_;
  }

  std::unique_ptr<AtomicFile> file_;
  PacketDefaults defaults_;
  std::shared_ptr<const Model> model_;
  std::optional<RateControl> control_;
  std::unique_ptr<QvrWriter> writer_;
  Status written_;
  PacketTokens packet_;
};

class NpySink : public TokenSink {
 public:
  NpySink(std::unique_ptr<NpyWriter> writer, int width) : TokenSink(width), writer_(std::move(writer)) {}
  Status Write(std::span<const uint16_t> tokens) override {
    const auto row = static_cast<size_t>(width());
    totals_.frames += tokens.size() / row;
    for (size_t at = 0; at < tokens.size(); at += row) totals_.tokens += RowLength(tokens.subspan(at, row));
    return writer_->Write(tokens);
  }
  Status Finish(uint64_t) override { return writer_->Commit(); }

 private:
  std::unique_ptr<NpyWriter> writer_;
};

}  // namespace

Result<std::unique_ptr<TokenSink>> OpenQvrSink(const std::string& path, Existing existing,
                                               const QvrHeader& header, std::shared_ptr<const Model> model,
                                               int width, std::optional<RateControl> control) {
  auto file = AtomicFile::Create(path, existing);
  if (!file.ok()) return file.error();
  auto sink =
      std::make_unique<QvrSink>(std::move(file).value(), header, std::move(model), width, std::move(control));
  const Status started = sink->Start(header);
  if (!started.ok()) return started.error();
  return std::unique_ptr<TokenSink>(std::move(sink));
}

Result<std::unique_ptr<TokenSink>> OpenNpySink(const std::string& path, Existing existing, int width) {
  auto writer = NpyWriter::Create(path, static_cast<size_t>(width), existing);
  if (!writer.ok()) return writer.error();
  return std::unique_ptr<TokenSink>(std::make_unique<NpySink>(std::move(writer).value(), width));
}

}  // namespace quaver
