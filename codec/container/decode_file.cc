#include "codec/container/decode_file.h"

#include <algorithm>
#include <span>
#include <utility>

#include "codec/io/resampler.h"
#include "codec/model/config.h"
#include "codec/stream_decoder.h"
#include "codec/util/format.h"

namespace quaver {
namespace {

constexpr size_t kBlock = kMaxFramesPerPacket;  // frames decoded in one call, which is faster than one by one

// From a decoder into a playback.
class Output {
 public:
  // The first `drop` samples are run-in and not played.
  Output(Playback& playback, uint64_t drop) : playback_(playback), drop_(drop) {}

  // What the decoder has ready.
  Status Play(StreamDecoder& decoder) {
    samples_.resize(decoder.ready());
    decoder.Read(samples_);
    const auto dropped = static_cast<size_t>(std::min<uint64_t>(drop_, samples_.size()));
    drop_ -= dropped;
    return playback_.Write(std::span(samples_).subspan(dropped));
  }

  // Lost frames may be a minute of them: played one by one, they need no memory.
  Status Conceal(StreamDecoder& decoder, uint64_t frames) {
    for (Status status; frames > 0; --frames) {
      decoder.WriteLost(1);
      status = Play(decoder);
      if (!status.ok()) return status;
    }
    return {};
  }

  Playback& playback() { return playback_; }
  const Playback& playback() const { return playback_; }
  uint64_t to_drop() const { return drop_; }

 private:
  Playback& playback_;
  uint64_t drop_;
  std::vector<float> samples_;
};

// Of a stream of which only a range is wanted: the frame to decode from, before which the decoder can know
// nothing, and the sample at the model's rate, after the delay, that the playback begins with.
struct Entry {
  uint64_t frame = 0;
  uint64_t sample = 0;
};

Entry EntryOf(const DecodeRange& range, const Model& model, uint64_t delay, Playback& playback) {
  Entry entry;
  entry.sample = playback.SetRange(range.begin, range.end);
  const uint64_t frame = (entry.sample + delay) / static_cast<uint64_t>(model.frame());
  entry.frame = frame - std::min(frame, static_cast<uint64_t>(RunInFrames(model)));
  return entry;
}

Error BeyondTheEnd(const std::string& name, const DecodeRange& range, uint64_t length, uint32_t rate) {
  return Error{name + Format(": nothing is there from %.3f s on: the sound is %.3f s long",
                             static_cast<double>(range.begin) / rate, static_cast<double>(length) / rate)};
}

class QvrDecoder {
 public:
  QvrDecoder(QvrReader& reader, std::string name, StreamDecoder decoder, const PacketFate& lost,
             const Output& output)
      : reader_(reader),
        name_(std::move(name)),
        decoder_(std::move(decoder)),
        simulated_(lost),
        output_(output) {}

  // The last packets may reach beyond the length, which comes with them.
  Status Run(uint32_t rate, const DecodeRange& range, const std::function<bool(uint64_t)>& progress) {
    while (true) {
      damage_lines_ = reader_.damage().size();
      const auto event = reader_.Next();
      if (!event.ok()) return event.error();
      SetLength(event.value().original_samples, rate);
      const bool end = event.value().kind == QvrEvent::kEnd;
      if (!end) {
        const Status status = Take(event.value());
        if (!status.ok()) return status;
        complete_ = output_.playback().done();
        if (complete_) return output_.playback().Finish();
      }
      stopped_ = !progress(decoder_.frames()) && !ended_;
      if (end || stopped_) return End(range, rate);
    }
  }

  DecodeReport Report() const {
    DecodeReport report{output_.playback().written(), lost_, Seconds(lost_, decoder_.model()),
                        reader_.damage(), stopped_};
    if (stopped_) report.damage.resize(damage_lines_);  // what comes later is about the missing end
    if (refused_ > 0) report.damage.push_back("packets that cannot be decoded: " + std::to_string(refused_));
    if (!ended_ && !stopped_ && !complete_)
      report.damage.push_back("cut off: the end is missing, and so is the exact length");
    if (report.damage.empty() && lost_ > 0) report.damage.push_back("frames are missing");
    return report;
  }

 private:
  void SetLength(int64_t original_samples, uint32_t rate) {
    ended_ = original_samples >= 0;
    if (!ended_) return;
    const auto samples = static_cast<uint64_t>(original_samples);
    length_ = ResampledLength(samples, reader_.header().original_rate, rate);
    output_.playback().SetLength(length_);
  }

  Status Take(const QvrEvent& event) {
    if (event.kind == QvrEvent::kLost) return Lose(event.lost_frames);
    if (simulated_ && simulated_()) return Conceal(event.frames);
    if (decoder_.Write(event.packet)) return output_.Play(decoder_);
    ++refused_;
    return Lose(event.frames);
  }

  Status Lose(int frames) {
    lost_ += static_cast<uint64_t>(frames);
    return Conceal(frames);
  }

  Status Conceal(int frames) { return output_.Conceal(decoder_, static_cast<uint64_t>(frames)); }

  // A length may reach into one frame beyond those of the packets.
  Status End(const DecodeRange& range, uint32_t rate) {
    Playback& playback = output_.playback();
    if (range.begin > 0 && !ended_ && playback.written() == 0) {
      return Error{name_ + Format(": is cut off before %.3f s", static_cast<double>(range.begin) / rate)};
    }
    if (range.begin > 0 && ended_ && range.begin >= length_) return BeyondTheEnd(name_, range, length_, rate);
    const auto frame = static_cast<uint64_t>(decoder_.model().frame());
    const uint64_t samples = playback.Missing();
    const uint64_t skipped = decoder_.to_skip() + output_.to_drop();
    const uint64_t missing = samples > 0 ? (samples + skipped + frame - 1) / frame : 0;
    const Status status =
        Conceal(static_cast<int>(std::min<uint64_t>(missing, static_cast<uint64_t>(kMaxLostFrames))));
    return status.ok() ? playback.Finish() : status;
  }

  QvrReader& reader_;
  std::string name_;
  StreamDecoder decoder_;
  const PacketFate& simulated_;
  Output output_;
  uint64_t lost_ = 0;        // frames
  uint64_t refused_ = 0;     // packets
  uint64_t length_ = 0;      // samples at the output's rate, if ended_
  size_t damage_lines_ = 0;  // before the last event
  bool ended_ = false;       // the length is known
  bool complete_ = false;    // the range was, which ends before
  bool stopped_ = false;
};

// Tokens of a row before the first kNoToken; an error if tokens follow it, or one is no code.
Result<size_t> RowLength(const TokenMatrix& tokens, size_t number, int codes) {
  const auto row = std::span(tokens.values).subspan(number * tokens.columns, tokens.columns);
  const auto end = std::find(row.begin(), row.end(), kNoToken);
  for (size_t i = 0; i < row.size(); ++i) {
    const bool sent = row.begin() + static_cast<std::ptrdiff_t>(i) < end;
    if (sent ? row[i] < codes : row[i] == kNoToken) continue;
    const std::string place = tokens.Place(number, i) + Format(": %u ", static_cast<unsigned>(row[i]));
    return Error{place +
                 (sent ? Format("is not a token, the model has %d", codes) : "follows 65535 (no token)")};
  }
  return static_cast<size_t>(end - row.begin());
}

}  // namespace

double Seconds(uint64_t frames, const Model& model) {
  return static_cast<double>(frames) / model.frame_rate();
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
                               const PacketFate& lost, uint32_t rate, Playback& playback,
                               const std::function<bool(uint64_t)>& progress, const DecodeRange& range) {
  const QvrHeader& header = reader.header();
  const Entry entry = EntryOf(range, *model, header.pre_skip, playback);
  uint64_t frame = 0;
  if (entry.frame > 0) {
    const auto found = reader.Seek(entry.frame);
    if (!found.ok()) return found.error();
    frame = found.value();
  }
  const uint64_t drop = entry.sample + header.pre_skip - frame * header.frame_samples;
  auto decoder = StreamDecoder::Create(std::move(model), {header.defaults, 0});
  if (!decoder.ok()) return Error{name + ": " + decoder.message()};
  QvrDecoder file(reader, name, std::move(decoder).value(), lost, Output(playback, drop));
  const Status status = file.Run(rate, range, progress);
  if (!status.ok()) return status.error();
  return file.Report();
}

Result<DecodeReport> DecodeTokens(const TokenMatrix& tokens, const std::string& name,
                                  std::shared_ptr<const Model> model, const PacketFate& lost,
                                  Playback& playback, const std::function<bool(uint64_t)>& progress,
                                  const DecodeRange& range) {
  if (tokens.columns > static_cast<size_t>(model->groups())) {
    std::string hint;
    if (tokens.rows <= static_cast<size_t>(model->groups()))
      hint = tokens.layout == TokenLayout::kFramesFirst ? " (is the array [n_q, T]? --layout n_q,T)"
                                                        : " (is the array [T, n_q]? --layout T,n_q)";
    return Error{name + Format(": %zu tokens a frame, the model has %d", tokens.columns, model->groups()) +
                 hint};
  }
  auto created = StreamDecoder::Create(model, {{}, 0});
  if (!created.ok()) return Error{name + ": " + created.message()};
  StreamDecoder& decoder = created.value();
  const auto frame = static_cast<uint64_t>(model->frame());
  const auto delay = static_cast<uint64_t>(model->delay());
  const auto rate = static_cast<uint64_t>(model->sample_rate());
  const uint64_t sound =
      (tokens.rows * frame - std::min(tokens.rows * frame, delay)) * playback.rate() / rate;  // of the output
  if (range.begin > 0 && range.begin >= sound) return BeyondTheEnd(name, range, sound, playback.rate());
  const Entry entry = EntryOf(range, *model, delay, playback);
  Output output(playback, entry.sample + delay - entry.frame * frame);
  std::vector<uint16_t> waiting;  // of frames with equal n_q: decoded in one call, which is faster
  size_t n_q = 0;
  const auto flush = [&]() -> Status {
    if (waiting.empty()) return {};
    if (!decoder.WriteTokens(waiting, static_cast<int>(n_q)))
      return Error{name + ": not tokens of this model"};
    waiting.clear();
    return output.Play(decoder);
  };
  uint64_t concealed = 0;
  bool stopped = false;
  for (auto row = static_cast<size_t>(entry.frame); row < tokens.rows && !playback.done(); ++row) {
    const auto values = std::span(tokens.values).subspan(row * tokens.columns, tokens.columns);
    const auto length = RowLength(tokens, row, model->codes());
    if (!length.ok()) return Error{name + ": " + length.message()};
    concealed += length.value() == 0;
    const bool simulated = lost && lost();
    const bool there = !simulated && length.value() > 0;
    Status status;
    if (!there || length.value() != n_q || waiting.size() == n_q * kBlock) status = flush();
    if (status.ok() && !there) status = output.Conceal(decoder, 1);
    if (!status.ok()) return status.error();
    if (there) {
      n_q = length.value();
      waiting.insert(waiting.end(), values.begin(), values.begin() + static_cast<std::ptrdiff_t>(n_q));
    }
    if (row % 50 == 0 && !progress(row)) {
      stopped = true;
      break;
    }
  }
  Status status = flush();
  if (status.ok()) status = playback.Finish();
  if (!status.ok()) return status.error();
  return DecodeReport{playback.written(), concealed, Seconds(concealed, *model), {}, stopped};
}

}  // namespace quaver
