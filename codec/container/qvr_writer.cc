#include <ogg/ogg.h>

#include <memory>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "codec/container/qvr.h"
#include "codec/container/qvr_header.h"
#include "codec/container/qvr_tags.h"

namespace quaver {
namespace {

constexpr uint64_t kPageSeconds = 5;
constexpr int kMaxPageSegments = 255;
constexpr int kMaxPageBody = 255 * 255;

int Segments(size_t bytes) { return static_cast<int>(bytes / 255) + 1; }

// Equal input gives equal files, so the serial number is a hash (FNV-1a) of the header and not drawn by
// chance.
int SerialOf(std::span<const uint8_t> bytes) {
  uint32_t hash = 2166136261u;
  for (const uint8_t byte : bytes) hash = (hash ^ byte) * 16777619u;
  return static_cast<int>(hash & 0x7FFFFFFF);
}

}  // namespace

struct QvrWriter::Impl {
 public:
  Impl(const QvrHeader& header, ByteSink sink) : header_(header), sink_(std::move(sink)) {}
  ~Impl() { ogg_stream_clear(&stream_); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Status WriteHeaders(std::span<const QvrTag> tags) {
    const auto id = WriteIdHeader(header_);
    if (ogg_stream_init(&stream_, SerialOf(id)) != 0) throw std::bad_alloc();
    Push(id, 0, false);
    if (Status status = FlushPage(); !status.ok()) return status;
    Push(WriteCommentHeader(tags), 0, false);
    return FlushPage();
  }

  Status Write(std::span<const uint8_t> packet, int frames) {
    if (failed_) return Error{"writing failed"};
    if (finished_) return Error{"a packet after the end of the stream"};
    const int held = PacketFrames(header_.defaults, packet);
    if (held == 0) return Error{"a packet of " + std::to_string(packet.size()) + " bytes is not valid"};
    if (held != frames) {
      return Error{"a packet holds " + std::to_string(held) + " frames, not " + std::to_string(frames)};
    }
    if (frames_ + held_frames_ > kMaxStreamFrames) return Error{"a stream longer than 2^30 frames"};
    if (Status status = ReleaseHeld(); !status.ok()) return status;
    held_.assign(packet.begin(), packet.end());
    held_frames_ = static_cast<uint64_t>(frames);
    return {};
  }

  Status Flush() {
    if (failed_) return Error{"writing failed"};
    if (finished_) return Error{"the stream has ended already"};
    if (Status status = ReleaseHeld(); !status.ok()) return status;
    held_.clear();
    return FlushPage();
  }

  Status Finish(uint64_t original_samples) {
    if (failed_) return Error{"writing failed"};
    if (finished_) return Error{"the stream has ended already"};
    const uint64_t total = frames_ + held_frames_;
    if (original_samples > (total == 0 ? 0 : GranuleAfter(header_, total + 1))) {
      return Error{std::to_string(original_samples) + " samples do not fit into " + std::to_string(total) +
                   " frames"};
    }
    finished_ = true;
    if (Status status = MakeRoom(held_.size()); !status.ok()) return status;
    Push(held_, original_samples,
         true);  // of no bytes if nothing is held: in an empty stream, or after Flush()
    return FlushPage();
  }

 private:
  Status ReleaseHeld() {
    if (held_frames_ == 0) return {};
    if (Status status = MakeRoom(held_.size()); !status.ok()) return status;
    frames_ += held_frames_;
    page_frames_ += held_frames_;
    Push(held_, GranuleAfter(header_, frames_), false);
    held_frames_ = 0;
    if (page_frames_ * header_.frame_samples < kPageSeconds * header_.model_rate) return {};
    return FlushPage();
  }

  // No packet is split among pages: a lost page then costs just its own packets.
  Status MakeRoom(size_t bytes) {
    return page_segments_ + Segments(bytes) > kMaxPageSegments ? FlushPage() : Status();
  }

  void Push(std::span<const uint8_t> bytes, uint64_t granule, bool last) {
    ogg_packet packet{};
    packet.packet = const_cast<unsigned char*>(bytes.data());  // libogg only reads it
    packet.bytes = static_cast<int>(bytes.size());
    packet.b_o_s = packets_ == 0;
    packet.e_o_s = last;
    packet.granulepos = static_cast<ogg_int64_t>(granule);
    packet.packetno = packets_++;
    if (ogg_stream_packetin(&stream_, &packet) != 0) {
      failed_ = true;  // libogg has given up the stream
      throw std::bad_alloc();
    }
    page_segments_ += Segments(bytes.size());
  }

  Status FlushPage() {
    ogg_page page;
    while (!failed_ && ogg_stream_flush_fill(&stream_, &page, kMaxPageBody) != 0) {
      failed_ = !sink_({page.header, static_cast<size_t>(page.header_len)}) ||
                (page.body_len > 0 && !sink_({page.body, static_cast<size_t>(page.body_len)}));
    }
    page_frames_ = 0;
    page_segments_ = 0;
    return failed_ ? Status(Error{"writing failed"}) : Status();
  }

  const QvrHeader header_;
  ByteSink sink_;
  ogg_stream_state stream_{};
  ogg_int64_t packets_ = 0;
  std::vector<uint8_t> held_;
  uint64_t held_frames_ = 0;
  uint64_t frames_ = 0;       // handed to the stream
  uint64_t page_frames_ = 0;  // of the page in the making
  int page_segments_ = 0;
  bool finished_ = false;
  bool failed_ = false;
};

QvrHeader MakeQvrHeader(const Model& model, const PacketDefaults& format) {
  QvrHeader header;
  header.model = model.identity();
  header.frame_samples = static_cast<uint32_t>(model.frame());
  header.model_rate = static_cast<uint32_t>(model.sample_rate());
  header.original_rate = header.model_rate;
  header.pre_skip = static_cast<uint16_t>(model.delay());
  header.defaults = format;
  return header;
}

Result<QvrWriter> QvrWriter::Create(const QvrHeader& header, ByteSink sink) {
  return Create(header, {}, std::move(sink));
}

Result<QvrWriter> QvrWriter::Create(const QvrHeader& header, std::span<const QvrTag> tags, ByteSink sink) {
  if (Status status = CheckHeader(header); !status.ok()) return status.error();
  if (Status status = CheckTags(tags); !status.ok()) return status.error();
  auto impl = std::make_unique<Impl>(header, std::move(sink));
  if (Status status = impl->WriteHeaders(tags); !status.ok()) return status.error();
  return QvrWriter(std::move(impl));
}

QvrWriter::QvrWriter(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
QvrWriter::~QvrWriter() = default;
QvrWriter::QvrWriter(QvrWriter&&) noexcept = default;
QvrWriter& QvrWriter::operator=(QvrWriter&&) noexcept = default;

Status QvrWriter::Write(std::span<const uint8_t> packet, int frames) { return impl_->Write(packet, frames); }
Status QvrWriter::Flush() { return impl_->Flush(); }
Status QvrWriter::Finish(uint64_t original_samples) { return impl_->Finish(original_samples); }

}  // namespace quaver
