#include "codec/train/log/wav.h"

#include <cstdint>

#include "codec/samples.h"

namespace quaver {
namespace {

void Put(std::string& out, uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

}  // namespace

std::string WavBytes(std::span<const float> samples, int sample_rate) {
  const auto size = static_cast<uint32_t>(2 * samples.size());
  const auto rate = static_cast<uint32_t>(sample_rate);
  std::string out = "RIFF";
  out.reserve(44 + size);
  Put(out, 36 + size, 4);
  out += "WAVEfmt ";
  Put(out, 16, 4);  // bytes of this chunk
  Put(out, 1, 2);   // PCM
  Put(out, 1, 2);   // channels
  Put(out, rate, 4);
  Put(out, 2 * rate, 4);  // bytes a second
  Put(out, 2, 2);         // bytes a sample of all channels
  Put(out, 16, 2);        // bits
  out += "data";
  Put(out, size, 4);
  for (const float sample : samples) Put(out, static_cast<uint16_t>(ToPcm16(sample)), 2);
  return out;
}

}  // namespace quaver
