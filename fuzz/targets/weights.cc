// Weights files: safetensors header, configuration, tensors, codebooks, tables and network of the entropy model. The identity, which
// no mutation would hit, is taken for granted; what was parsed is written again, and such a file must load and code.
#include "codec/model/weights.h"

#include <array>
#include <cmath>

#include "codec/codec.h"
#include "fuzz/input.h"
#include "fuzz/target.h"

using namespace quaver;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> bytes(data, size);
  const bool peeked = PeekWeights(bytes, "fuzz").ok();
  auto weights = ParseWeights(bytes, "fuzz", Verify::kTrusted);
  if (!weights.ok()) {
    FUZZ_CHECK(!weights.message().empty());
    FUZZ_CHECK(!Model::FromBytes(bytes, "fuzz").ok());
    return 0;
  }
  FUZZ_CHECK(peeked);
  const auto written = SerializeWeights(weights.value());
  if (!written.ok()) return 0;
  const auto model = Model::FromBytes(written.value(), "written");
  // Bottlenecks that are made for training alone have no model.
  if (!model.ok()) return 0;
  const int groups = model.value()->groups();
  Encoder encoder(model.value(), 1);
  Decoder decoder(model.value(), 1);
  std::vector<float> sound(static_cast<size_t>(model.value()->frame()));
  for (size_t i = 0; i < sound.size(); ++i) sound[i] = .1f * std::sin(.1f * static_cast<float>(i));
  std::array<uint16_t, 32> tokens{};
  FUZZ_CHECK(encoder.Encode(sound, groups, tokens) == 1);
  FUZZ_CHECK(decoder.Decode(std::span<const uint16_t>(tokens).first(static_cast<size_t>(groups)), groups, sound));
  return 0;
}
