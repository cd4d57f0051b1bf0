#include "apps/decode_stream.h"

#include <algorithm>
#include <span>
#include <utility>

#include "apps/progress.h"
#include "codec/io/resampler.h"
#include "codec/model/config.h"

namespace quaver {
namespace {

constexpr size_t kBlock = kMaxFramesPerPacket;  // frames decoded in one call, which is faster than one by one

// Frames through a decoder into the playback. Frames of equal n_q wait for each other; Flush() ends that.
class FrameDecoder {
 public:
  FrameDecoder(std::string name, std::shared_ptr<const Model> model, Playback& playback)
      : name_(std::move(name)),
        frame_(static_cast<size_t>(model->frame())),
        decoder_(std::move(model)),
        playback_(playback) {}

  Status Add(std::span<const uint16_t> row) {
    if (waiting_ == kBlock || row.size() != n_q_) {
      const Status status = Flush();
      if (!status.ok()) return status;
    }
    n_q_ = row.size();
    tokens_.insert(tokens_.end(), row.begin(), row.end());
    ++waiting_;
    return {};
  }

  Status Flush() {
    if (waiting_ == 0) return {};
    pcm_.resize(waiting_ * frame_);
    if (!decoder_.Decode(tokens_, static_cast<int>(n_q_), pcm_))
      return Error{name_ + ": not tokens of this model"};
    frames_ += waiting_;
    waiting_ = 0;
    tokens_.clear();
    return playback_.Write(pcm_);
  }

  Status Conceal(uint64_t frames) {
    Status status = Flush();
    for (pcm_.resize(frame_); status.ok() && frames > 0; --frames) {
      if (!decoder_.Conceal(pcm_)) return Error{name_ + ": a frame cannot be concealed"};
      ++frames_;
      status = playback_.Write(pcm_);
    }
    return status;
  }

  uint64_t frames() const { return frames_; }

 private:
  std::string name_;
  size_t frame_;
  Decoder decoder_;
  Playback& playback_;
  std::vector<uint16_t> tokens_;  // [waiting_, n_q_]
  size_t n_q_ = 0;
  size_t waiting_ = 0;  // frames
  std::vector<float> pcm_;
  uint64_t frames_ = 0;  // decoded so far
};

class StreamDecoder {
 public:
  StreamDecoder(QvrReader& reader, const std::string& name, std::shared_ptr<const Model> model,
                PacketLoss& loss, Playback& playback)
      : reader_(reader),
        model_(model),
        frames_(name, std::move(model), playback),
        loss_(loss),
        playback_(playback) {}

  // The length comes with the end, and the last packet may reach beyond it: each event waits for the next.
  Status Run(uint32_t rate, const std::function<void(uint64_t)>& progress) {
    QvrEvent waiting;
    for (bool first = true;; first = false) {
      auto event = reader_.Next();
      if (!event.ok()) return event.error();
      if (event.value().kind == QvrEvent::kEnd) SetLength(event.value().original_samples, rate);
      const Status status = first ? Status() : Take(waiting);
      if (!status.ok()) return status;
      if (event.value().kind == QvrEvent::kEnd) return End();
      waiting = std::move(event).value();
      progress(frames_.frames());
    }
  }

  DecodeReport Report() const {
    DecodeReport report{playback_.written(), lost_, Seconds(lost_, *model_), reader_.damage()};
    if (refused_ > 0) report.damage.push_back("packets that cannot be decoded: " + std::to_string(refused_));
    if (!ended_) report.damage.push_back("cut off: the end is missing, and so is the exact length");
    if (report.damage.empty() && lost_ > 0) report.damage.push_back("frames are missing");
    return report;
  }

 private:
  void SetLength(int64_t original_samples, uint32_t rate) {
    ended_ = original_samples >= 0;
    if (!ended_) return;
    const auto samples = static_cast<uint64_t>(original_samples);
    playback_.SetLength(ResampledLength(samples, reader_.header().original_rate, rate));
  }

  Status Take(const QvrEvent& event) {
    if (event.kind == QvrEvent::kLost) return Lose(event.lost_frames);
    if (loss_.NextIsLost()) return frames_.Conceal(static_cast<uint64_t>(event.frames));
    if (!DecodePacket(model_->entropy(), reader_.header().defaults, event.packet, packet_)) {
      ++refused_;
      return Lose(event.frames);
    }
    for (int i = 0; i < packet_.frames; ++i) {
      const Status status = frames_.Add(std::span(packet_.token[i]).first(packet_.n_q[i]));
      if (!status.ok()) return status;
    }
    return frames_.Flush();
  }

  Status Lose(int frames) {
    lost_ += static_cast<uint64_t>(frames);
    return frames_.Conceal(static_cast<uint64_t>(frames));
  }

  // A length may reach into one frame beyond those of the packets.
  Status End() {
    const auto frame = static_cast<uint64_t>(model_->frame());
    const uint64_t missing = (playback_.Missing() + frame - 1) / frame;
    const Status status = frames_.Conceal(std::min<uint64_t>(missing, kMaxLostFrames));
    return status.ok() ? playback_.Finish() : status;
  }

  QvrReader& reader_;
  std::shared_ptr<const Model> model_;
  FrameDecoder frames_;
  PacketLoss& loss_;
  Playback& playback_;
  PacketTokens packet_;
  uint64_t lost_ = 0;     // frames
  uint64_t refused_ = 0;  // packets
  bool ended_ = false;
};

// Tokens of a row before the first kNoToken; an error if tokens follow it, or one is no code.
Result<size_t> RowLength(std::span<const uint16_t> row, size_t number, int codes) {
  const auto end = std::find(row.begin(), row.end(), kNoToken);
  for (size_t i = 0; i < row.size(); ++i) {
    const bool sent = row.begin() + static_cast<std::ptrdiff_t>(i) < end;
    if (sent ? row[i] < codes : row[i] == kNoToken) continue;
    const std::string place = Format("row %zu, column %zu: %u ", number, i, static_cast<unsigned>(row[i]));
    return Error{place +
                 (sent ? Format("is not a token, the model has %d", codes) : "follows 65535 (no token)")};
  }
  return static_cast<size_t>(end - row.begin());
}

}  // namespace

double Seconds(uint64_t frames, const Model& model) {
  return static_cast<double>(frames) / model.config().frame_rate();
}

Status CheckHeader(const QvrHeader& header, const Model& model) {
  const auto differ = [](const char* what, long stream, long ours) {
    return Error{Format("%s is %ld in the header, %ld in the model", what, stream, ours)};
  };
  const int rate = model.sample_rate();
  if (header.model_rate != static_cast<uint32_t>(rate))
    return differ("the sample rate", header.model_rate, rate);
  if (header.frame_samples != static_cast<uint32_t>(model.frame())) {
    return differ("the frame size", header.frame_samples, model.frame());
  }
  if (header.defaults.n_q > model.groups())
    return differ("the tokens a frame", header.defaults.n_q, model.groups());
  return {};
}

Result<DecodeReport> DecodeQvr(QvrReader& reader, const std::string& name, std::shared_ptr<const Model> model,
                               PacketLoss& loss, uint32_t rate, Playback& playback,
                               const std::function<void(uint64_t)>& progress) {
  StreamDecoder decoder(reader, name, std::move(model), loss, playback);
  const Status status = decoder.Run(rate, progress);
  if (!status.ok()) return status.error();
  return decoder.Report();
}

Result<DecodeReport> DecodeTokens(const TokenMatrix& tokens, const std::string& name,
                                  std::shared_ptr<const Model> model, PacketLoss& loss, Playback& playback,
                                  const std::function<void(uint64_t)>& progress) {
  if (tokens.columns > static_cast<size_t>(model->groups())) {
    return Error{name + Format(": %zu tokens a frame, the model has %d", tokens.columns, model->groups())};
  }
  FrameDecoder frames(name, model, playback);
  uint64_t lost = 0;
  for (size_t row = 0; row < tokens.rows; ++row) {
    const auto values = std::span(tokens.values).subspan(row * tokens.columns, tokens.columns);
    const auto length = RowLength(values, row, model->codes());
    if (!length.ok()) return Error{name + ": " + length.message()};
    lost += length.value() == 0;
    const bool there = !loss.NextIsLost() && length.value() > 0;
    const Status status = there ? frames.Add(values.first(length.value())) : frames.Conceal(1);
    if (!status.ok()) return status.error();
    if (row % 50 == 0) progress(row);
  }
  Status status = frames.Flush();
  if (status.ok()) status = playback.Finish();
  if (!status.ok()) return status.error();
  return DecodeReport{playback.written(), lost, Seconds(lost, *model), {}};
}

}  // namespace quaver
