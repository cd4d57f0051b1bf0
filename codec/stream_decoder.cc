#include "codec/stream_decoder.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "codec/pcm16.h"

namespace quaver {
namespace {

constexpr int kMostSkipped = 65535;  // what a header of a file can ask for

bool Valid(const PacketDefaults& format, const Model& model) {
  return format.frames >= 1 && format.frames <= kMaxFramesPerPacket && format.n_q >= 0 &&
         format.n_q <= model.groups();
}

}  // namespace

// Samples wait in buffer[start, end); those before `start` have been read. The delay is cut off as frames are
// decoded; what else is in the buffer may be given out, the last `held` samples only at the end.
struct StreamDecoder::Impl {
  Impl(std::shared_ptr<const Model> shared, const DecoderOptions& options)
      : model(std::move(shared)),
        decoder(model, options.format.frames),
        frame(static_cast<size_t>(model->frame())),
        format(options.format),
        skip(static_cast<uint64_t>(options.skip < 0 ? model->delay() : options.skip)) {}

  size_t waiting() const { return end - start; }
  size_t ready() const { return waiting() - std::min(waiting(), held); }

  // Room for so many frames behind what waits.
  std::span<float> Room(size_t count) {
    if (start == end) start = end = 0;
    const size_t samples = count * frame;
    if (buffer.size() - end < samples) {
      std::copy(buffer.begin() + static_cast<std::ptrdiff_t>(start),
                buffer.begin() + static_cast<std::ptrdiff_t>(end), buffer.begin());
      end -= std::exchange(start, 0);
      if (buffer.size() - end < samples) buffer.resize(end + samples);
    }
    return std::span(buffer).subspan(end, samples);
  }

  // Frames were decoded into the room.
  void Take(size_t count) {
    const size_t samples = count * frame;
    const auto dropped = static_cast<size_t>(std::min<uint64_t>(skip, samples));
    if (dropped > 0) {
      const auto from = buffer.begin() + static_cast<std::ptrdiff_t>(end);
      std::copy(from + static_cast<std::ptrdiff_t>(dropped), from + static_cast<std::ptrdiff_t>(samples),
                from);
    }
    skip -= dropped;
    end += samples - dropped;
    given += samples - dropped;
    frames += count;
  }

  bool Decode(std::span<const uint16_t> tokens, int n_q, size_t count) {
    if (!decoder.Decode(tokens, n_q, Room(count))) return false;
    Take(count);
    return true;
  }

  // Frames of equal n_q in one call, which is faster than one by one.
  void DecodePacketFrames() {
    std::array<uint16_t, static_cast<size_t>(kMaxFramesPerPacket * kMaxGroups)> tokens;
    for (int first = 0, next = 0; first < packet.frames; first = next) {
      const int n_q = packet.n_q[static_cast<size_t>(first)];
      uint16_t* last = tokens.data();
      for (; next < packet.frames && packet.n_q[static_cast<size_t>(next)] == n_q; ++next)
        last = std::copy_n(packet.token[static_cast<size_t>(next)].data(), n_q, last);
      Decode({tokens.data(), last}, n_q, static_cast<size_t>(next - first));
    }
  }

  void Conceal(uint64_t count) {
    for (; count > 0; --count) Decode({}, 0, 1);
  }

  std::shared_ptr<const Model> model;
  Decoder decoder;
  size_t frame;
  PacketDefaults format;
  uint64_t skip;
  PacketTokens packet;
  std::vector<float> buffer;
  size_t start = 0;
  size_t end = 0;
  size_t held = 0;     // of those that wait: not to be read before the end
  uint64_t given = 0;  // samples
  uint64_t frames = 0;
  bool ended = false;
};

Result<StreamDecoder> StreamDecoder::Create(std::shared_ptr<const Model> model,
                                            const DecoderOptions& options) {
  if (model == nullptr) return Error{"no model"};
  if (!Valid(options.format, *model)) {
    return Error{"a format of " + std::to_string(options.format.frames) + " frames a packet and " +
                 std::to_string(options.format.n_q) + " tokens a frame: must be within 1 .. " +
                 std::to_string(kMaxFramesPerPacket) + " and 0 .. " + std::to_string(model->groups())};
  }
  if (options.skip < -1 || options.skip > kMostSkipped)
    return Error{"skip " + std::to_string(options.skip) + ": must be within -1 .. 65535"};
  return StreamDecoder(std::make_unique<Impl>(std::move(model), options));
}

StreamDecoder::StreamDecoder(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
StreamDecoder::~StreamDecoder() = default;
StreamDecoder::StreamDecoder(StreamDecoder&&) noexcept = default;
StreamDecoder& StreamDecoder::operator=(StreamDecoder&&) noexcept = default;

bool StreamDecoder::Write(std::span<const uint8_t> packet) {
  Impl& it = *impl_;
  if (it.ended || !DecodePacket(it.model->entropy(), it.format, packet, it.packet)) return false;
  it.Room(static_cast<size_t>(it.packet.frames));  // before anything is decoded: it may throw
  it.DecodePacketFrames();
  return true;
}

bool StreamDecoder::WriteLost(int frames) {
  if (impl_->ended || frames < 0 || frames > kMaxLostFrames) return false;
  impl_->Room(static_cast<size_t>(frames));
  impl_->Conceal(static_cast<uint64_t>(frames));
  return true;
}

bool StreamDecoder::WriteTokens(std::span<const uint16_t> tokens, int n_q) {
  if (impl_->ended || n_q < 1 || n_q > impl_->model->groups()) return false;
  const auto width = static_cast<size_t>(n_q);
  return tokens.size() % width == 0 && impl_->Decode(tokens, n_q, tokens.size() / width);
}

bool StreamDecoder::Flush(uint64_t length) {
  Impl& it = *impl_;
  if (it.ended) return false;
  if (length > it.given) {
    if (length - it.given > uint64_t{kMaxLostFrames} * it.frame) return false;
    const uint64_t missing = length - it.given + it.skip;
    const uint64_t frames = (missing + it.frame - 1) / it.frame;
    if (frames > kMaxLostFrames) return false;
    it.Room(static_cast<size_t>(frames));
    it.Conceal(frames);
  }
  const auto surplus = static_cast<size_t>(std::min<uint64_t>(it.given - length, it.waiting()));
  it.end -= surplus;
  it.given -= surplus;
  it.held = 0;
  it.ended = true;
  return true;
}

size_t StreamDecoder::ready() const noexcept { return impl_->ready(); }
uint64_t StreamDecoder::frames() const noexcept { return impl_->frames; }
uint64_t StreamDecoder::samples() const noexcept { return impl_->given; }
uint64_t StreamDecoder::to_skip() const noexcept { return impl_->skip; }
const Model& StreamDecoder::model() const noexcept { return *impl_->model; }

size_t StreamDecoder::Read(std::span<float> samples) noexcept {
  const size_t count = std::min(samples.size(), impl_->ready());
  std::copy_n(impl_->buffer.begin() + static_cast<std::ptrdiff_t>(impl_->start), count, samples.begin());
  impl_->start += count;
  return count;
}

size_t StreamDecoder::ReadPcm16(std::span<int16_t> samples) noexcept {
  const size_t count = std::min(samples.size(), impl_->ready());
  internal::ToPcm16(std::span<const float>(impl_->buffer).subspan(impl_->start, count), samples);
  impl_->start += count;
  return count;
}

bool StreamDecoder::set_hold_back(int frames) noexcept {
  if (frames < 0 || frames > kMaxFramesPerPacket) return false;
  impl_->held = impl_->ended ? 0 : static_cast<size_t>(frames) * impl_->frame;
  return true;
}

bool StreamDecoder::set_format(const PacketDefaults& format) noexcept {
  if (!Valid(format, *impl_->model)) return false;
  impl_->format = format;
  return true;
}

Result<std::vector<float>> DecodeSound(std::shared_ptr<const Model> model, const EncodedSound& sound) {
  auto created = StreamDecoder::Create(std::move(model), {sound.format, -1});
  if (!created.ok()) return created.error();
  StreamDecoder& decoder = created.value();
  for (size_t i = 0; i < sound.packets.size(); ++i) {
    const EncodedPacket& packet = sound.packets[i];
    const bool there = !packet.bytes.empty();
    if (there ? decoder.Write(packet.bytes) : decoder.WriteLost(packet.frames)) continue;
    return Error{"packet " + std::to_string(i) + ": " +
                 (there ? "not a packet of this model" : "lost frames out of range")};
  }
  decoder.Flush(sound.samples);
  std::vector<float> samples(decoder.ready());
  decoder.Read(samples);
  return samples;
}

}  // namespace quaver
