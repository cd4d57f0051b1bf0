#include "codec/stream_encoder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <type_traits>
#include <utility>

#include "codec/encode/bitrate.h"
#include "codec/encode/packet_queue.h"
#include "codec/encode/perceptual_selector.h"
#include "codec/encode/rate_control.h"
#include "codec/encode/token_rows.h"
#include "codec/encode/variable_rate.h"
#include "codec/model/config.h"
#include "codec/pcm16.h"

namespace quaver {
namespace {

// A packet whose number of tokens differs from the format's costs about 2 bytes more: too much for shorter
// ones, which get a fixed number.
constexpr int kFewestControlledFrames = 10;

Status CheckOptions(const Model* model, const EncoderOptions& options) {
  if (model == nullptr) return Error{"no model"};
  if (options.tokens < 0) return Error{"tokens " + std::to_string(options.tokens) + ": less than 1"};
  if (options.tokens > model->groups()) {
    return Error{"tokens " + std::to_string(options.tokens) + ": the model has " +
                 std::to_string(model->groups())};
  }
  if (options.frames_per_packet < 1 || options.frames_per_packet > kMaxFramesPerPacket) {
    return Error{"frames per packet " + std::to_string(options.frames_per_packet) + ": must be within 1 .. " +
                 std::to_string(kMaxFramesPerPacket)};
  }
  if (options.effort < 0 || options.effort > 2)
    return Error{"effort " + std::to_string(options.effort) + ": must be 0, 1 or 2"};
  if (options.effort > 0 && (options.variable_rate || options.tokens > 0))
    return Error{"an effort needs a bit rate, and no variable rate"};
  return {};
}

}  // namespace

struct StreamEncoder::Impl {
  Impl(std::shared_ptr<const Model> shared, const EncoderOptions& asked)
      : model(std::move(shared)),
        options(asked),
        encoder(model, options.frames_per_packet),
        frame(static_cast<size_t>(model->frame())),
        groups(static_cast<size_t>(model->groups())),
        block_samples(static_cast<size_t>(options.frames_per_packet) * frame),
        tokens(static_cast<size_t>(options.frames_per_packet) * groups) {}

  // What a bit rate, or a number of tokens, means for the frames that follow. On an error, and when memory
  // runs out, the stream is as it was: what may fail comes before what changes it.
  Status SetRate(double bits_per_second, int fixed_tokens) {
    int next_tokens = fixed_tokens;
    std::optional<RateControl> next_control;
    if (fixed_tokens == 0) {
      const auto& expected = ExpectedBitrates(*model);
      if (!expected.ok()) return expected.error();
      const auto fits = TokensForBitrate(bits_per_second, expected.value());
      if (!fits.ok()) return fits.error();
      next_tokens = fits.value();
      const double frame_rate = model->frame_rate();
      if (options.effort > 0) {
        selector.emplace(model, bits_per_second, expected.value(),
                         PacketDefaults{options.frames_per_packet, next_tokens}, options.effort > 1);
      } else if (!options.variable_rate && options.frames_per_packet >= kFewestControlledFrames) {
        next_control.emplace(bits_per_second, frame_rate, expected.value());
      }
    }
    static_assert(std::is_nothrow_copy_assignable_v<RateControl>);
    n_q = next_tokens;
    control = next_control;
    if (!options.variable_rate) return {};
    if (variable) {
      variable->SetTokens(n_q);
    } else {
      variable.emplace(model->frame(), model->frame_rate(), n_q);
    }
    return {};
  }

  // At most block_samples.
  void WriteBlock(std::span<const float> samples) {
    const size_t width = control || selector ? groups : static_cast<size_t>(n_q);
    const int frames = encoder.Encode(samples, static_cast<int>(width), tokens);
    const auto rows = std::span(tokens).first(static_cast<size_t>(frames) * width);
    written += samples.size();
    if (selector) return AddRows(selector->Add(samples, rows));
    if (!variable) return AddRows(rows, width);
    size_t row = 0;
    variable->Add(samples,
                  [&](int count) { AddFrame(rows.subspan(width * row++, static_cast<size_t>(count))); });
  }

  void AddRows(std::span<const uint16_t> rows, size_t width) {
    for (; !rows.empty(); rows = rows.subspan(width)) AddFrame(rows.first(width));
  }

  // Of the selector, each cut at kNoToken.
  void AddRows(std::span<const uint16_t> rows) {
    for (; !rows.empty(); rows = rows.subspan(groups)) AddFrame(rows.first(RowLength(rows.first(groups))));
  }

  void AddFrame(std::span<const uint16_t> row) {
    AppendFrame(filling, row);
    if (filling.frames == options.frames_per_packet) Close();
  }

  void Close() {
    for (auto row = static_cast<size_t>(filling.frames); row < filling.n_q.size(); ++row) {
      filling.n_q[row] = 0;  // of a packet before that had more frames
      filling.token[row].fill(kNoToken);
    }
    const PacketTokens full = filling;
    filling.frames = 0;  // before Push, which may throw
    queue.Push(full);
  }

  // Cuts the next packet to what is sent of it and, if `bytes` has room, codes it. The rate control has to
  // know the size of every packet.
  size_t Code(PacketTokens& packet, std::span<uint8_t> bytes) {
    if (control) {
      TruncateFrames(packet, control->NextTokens(packet.frames));
    } else if (!selector) {
      TruncateFrames(packet, n_q);
    }
    const size_t size = bytes.empty() && !control ? 0 : EncodePacket(model->entropy(), format, packet, bytes);
    if (control) control->Update(packet.frames, packet.n_q[0], size);
    return size;
  }

  std::shared_ptr<const Model> model;
  EncoderOptions options;
  Encoder encoder;
  size_t frame;
  size_t groups;
  size_t block_samples;
  PacketDefaults format;
  int n_q = 0;                                 // of every frame, unless one of these decides:
  std::optional<RateControl> control;          // packet by packet
  std::optional<VariableRate> variable;        // frame by frame, n_q at most
  std::optional<PerceptualSelector> selector;  // 30 seconds at a time
  std::vector<uint16_t> tokens;                // of a block
  PacketTokens filling;                        // the packet that is not complete yet
  PacketQueue queue;
  std::array<uint8_t, kMaxPacketBytes> room;
  uint64_t written = 0;
  bool ended = false;
};

Result<StreamEncoder> StreamEncoder::Create(std::shared_ptr<const Model> model,
                                            const EncoderOptions& options) {
  if (const Status valid = CheckOptions(model.get(), options); !valid.ok()) return valid.error();
  auto impl = std::make_unique<Impl>(std::move(model), options);
  if (const Status rate = impl->SetRate(options.bits_per_second, options.tokens); !rate.ok())
    return rate.error();
  impl->format = {options.frames_per_packet, impl->control ? impl->control->TypicalTokens() : impl->n_q};
  return StreamEncoder(std::move(impl));
}

StreamEncoder::StreamEncoder(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
StreamEncoder::~StreamEncoder() = default;
StreamEncoder::StreamEncoder(StreamEncoder&&) noexcept = default;
StreamEncoder& StreamEncoder::operator=(StreamEncoder&&) noexcept = default;

const PacketDefaults& StreamEncoder::format() const noexcept { return impl_->format; }
const Model& StreamEncoder::model() const noexcept { return *impl_->model; }
uint64_t StreamEncoder::samples() const noexcept { return impl_->written; }
size_t StreamEncoder::ready() const noexcept { return impl_->queue.size(); }

bool StreamEncoder::Write(std::span<const float> samples) {
  if (impl_->ended) return false;
  while (!samples.empty()) {
    const auto block = samples.first(std::min(samples.size(), impl_->block_samples));
    impl_->WriteBlock(block);
    samples = samples.subspan(block.size());
  }
  return true;
}

bool StreamEncoder::WritePcm16(std::span<const int16_t> samples) {
  if (impl_->ended) return false;
  std::array<float, 1024> block;
  while (!samples.empty()) {
    const auto part = samples.first(std::min(samples.size(), block.size()));
    internal::FromPcm16(part, block);
    Write(std::span(block).first(part.size()));
    samples = samples.subspan(part.size());
  }
  return true;
}

bool StreamEncoder::Flush(uint64_t length) {
  Impl& it = *impl_;
  if (it.ended) return false;
  const uint64_t end = std::max(it.written, length);
  if (end > 0) {
    const auto frame = static_cast<uint64_t>(it.frame);
    const uint64_t frames = (end + static_cast<uint64_t>(it.model->delay()) + frame - 1) / frame;
    const std::vector<float> silence(it.block_samples);
    for (uint64_t missing = frames * frame - it.written; missing > 0;) {
      const auto part = static_cast<size_t>(std::min<uint64_t>(missing, silence.size()));
      it.WriteBlock(std::span(silence).first(part));
      missing -= part;
    }
  }
  if (it.selector) it.AddRows(it.selector->Finish());
  if (it.filling.frames > 0) it.Close();
  it.written = end;  // the silence is not part of the sound
  it.ended = true;
  return true;
}

size_t StreamEncoder::Read(std::span<uint8_t> packet) noexcept {
  if (impl_->queue.size() == 0 || packet.size() < kMaxPacketBytes) return 0;
  const size_t size = impl_->Code(impl_->queue.front(), packet);
  impl_->queue.Pop();
  return size;
}

std::optional<EncodedPacket> StreamEncoder::Read() {
  if (impl_->queue.size() == 0) return std::nullopt;
  PacketTokens& tokens = impl_->queue.front();
  const size_t size = impl_->Code(tokens, impl_->room);
  EncodedPacket packet;
  packet.bytes.assign(impl_->room.begin(), impl_->room.begin() + static_cast<std::ptrdiff_t>(size));
  packet.frames = tokens.frames;
  for (int frame = 0; frame < tokens.frames; ++frame) packet.tokens += tokens.n_q[static_cast<size_t>(frame)];
  impl_->queue.Pop();
  return packet;
}

bool StreamEncoder::ReadTokens(PacketTokens& tokens) noexcept {
  if (impl_->queue.size() == 0) return false;
  tokens = impl_->queue.front();
  impl_->Code(tokens, impl_->control ? std::span<uint8_t>(impl_->room) : std::span<uint8_t>());
  impl_->queue.Pop();
  return true;
}

Status StreamEncoder::SetBitrate(double bits_per_second) {
  if (impl_->options.effort > 0) return Error{"a bit rate cannot change with an effort above 0"};
  return impl_->SetRate(bits_per_second, 0);
}

Status StreamEncoder::SetTokens(int tokens) {
  if (impl_->options.effort > 0) return Error{"tokens cannot change with an effort above 0"};
  if (tokens < 1 || tokens > impl_->model->groups()) {
    return Error{"tokens " + std::to_string(tokens) + ": must be within 1 .. " +
                 std::to_string(impl_->model->groups())};
  }
  return impl_->SetRate(0, tokens);
}

bool StreamEncoder::set_format(const PacketDefaults& format) noexcept {
  if (format.frames < 1 || format.frames > kMaxFramesPerPacket || format.n_q < 0 ||
      format.n_q > impl_->model->groups()) {
    return false;
  }
  impl_->format = format;
  return true;
}

Result<EncodedSound> EncodeSound(std::shared_ptr<const Model> model, const EncoderOptions& options,
                                 std::span<const float> samples) {
  auto encoder = StreamEncoder::Create(std::move(model), options);
  if (!encoder.ok()) return encoder.error();
  EncodedSound sound{encoder.value().format(), samples.size(), {}};
  encoder.value().Write(samples);
  encoder.value().Flush();
  while (auto packet = encoder.value().Read()) sound.packets.push_back(*std::move(packet));
  return sound;
}

}  // namespace quaver
