#include "codec/pcm16.h"

#include <algorithm>
#include <array>
#include <climits>

#include "codec/codec.h"
#include "codec/samples.h"

namespace quaver {
namespace {

// 16-bit samples are converted block by block on the stack, so that nothing is allocated. Samples: 8 KiB of
// floats, and room for the longest frame that a configuration may have (two hops of 960).
using Block = std::array<float, 1920>;

// Whether Decode would take these tokens: what comes in blocks must be refused before the first one.
bool Decodable(const Model& model, std::span<const uint16_t> tokens, int n_q, size_t samples) {
  const auto frame = static_cast<size_t>(model.frame());
  if (n_q < 0 || n_q > model.groups() || frame > Block().size() || samples % frame != 0) return false;
  if (tokens.size() != samples / frame * static_cast<size_t>(n_q)) return false;
  return std::ranges::all_of(tokens, [codes = model.codes()](uint16_t token) { return token < codes; });
}

}  // namespace

void internal::FromPcm16(std::span<const int16_t> samples, std::span<float> floats) {
  for (size_t i = 0; i < samples.size(); ++i) floats[i] = quaver::FromPcm16(samples[i]);
}

void internal::ToPcm16(std::span<const float> samples, std::span<int16_t> out) {
  for (size_t i = 0; i < samples.size(); ++i) out[i] = quaver::ToPcm16(samples[i]);
}

int Encoder::EncodePcm16(std::span<const int16_t> samples, int n_q, std::span<uint16_t> tokens) noexcept {
  if (impl_ == nullptr) return -1;
  const int frames = FramesAfter(samples.size());
  if (n_q < 0 || n_q > model().groups() || frames == INT_MAX) return -1;
  const auto width = static_cast<size_t>(n_q);
  if (width > 0 && tokens.size() / width < static_cast<size_t>(frames)) return -1;
  Block block;
  while (!samples.empty()) {
    const size_t count = std::min(samples.size(), block.size());
    internal::FromPcm16(samples.first(count), block);
    const int done = Encode({block.data(), count}, n_q, tokens);
    tokens = tokens.subspan(static_cast<size_t>(done) * width);
    samples = samples.subspan(count);
  }
  return frames;
}

bool Decoder::DecodePcm16(std::span<const uint16_t> tokens, int n_q, std::span<int16_t> samples) noexcept {
  if (impl_ == nullptr || !Decodable(model(), tokens, n_q, samples.size())) return false;
  Block block;
  const auto frame = static_cast<size_t>(model().frame());
  const size_t most = block.size() / frame * frame;
  for (size_t at = 0; at < samples.size(); at += most) {
    const std::span<float> part(block.data(), std::min(samples.size() - at, most));
    const size_t width = part.size() / frame * static_cast<size_t>(n_q);
    Decode(tokens.first(width), n_q, part);
    internal::ToPcm16(part, samples.subspan(at));
    tokens = tokens.subspan(width);
  }
  return true;
}

bool Decoder::ConcealPcm16(std::span<int16_t> samples) noexcept {
  return impl_ != nullptr && samples.size() == static_cast<size_t>(model().frame()) &&
         DecodePcm16({}, 0, samples);
}

}  // namespace quaver
