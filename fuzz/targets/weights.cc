// Weights files: safetensors header, configuration, tensors, codebooks, tables and network of the entropy model. The identity, which
// no mutation would hit, is taken for granted; what was parsed is written again, and such a file must load and code. After a byte 0 the
// input is a file; else it is a list of changes to a file that is whole, which gets further.
#include "codec/model/weights.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string_view>
#include <vector>

#include "codec/codec.h"
#include "fuzz/input.h"
#include "fuzz/models.h"
#include "fuzz/target.h"

using namespace quaver;

namespace {

// Changes: a place in the header or anywhere, and bytes that come between others, or take their place, or a piece that goes.
void Change(std::vector<uint8_t>& bytes, fuzz::Input& input) {
  constexpr size_t kHeader = 6000;  // about
  const int kind = input.Byte();
  const size_t range = kind & 4 ? bytes.size() : std::min(bytes.size(), kHeader);
  const size_t at = static_cast<size_t>(input.Int(0, 65535)) % range;
  const size_t count = static_cast<size_t>(input.Int(1, 16)), there = std::min(count, bytes.size() - at);
  const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(at);
  if ((kind & 3) == 0) {
    bytes.erase(place, place + static_cast<std::ptrdiff_t>(there));
    return;
  }
  const auto with = input.Bytes(count);
  if ((kind & 3) == 1) {
    bytes.insert(place, with.begin(), with.end());
  } else {
    std::copy_n(with.begin(), std::min(with.size(), there), place);
  }
}

// The length of the header as it is now: with a wrong one nothing else would be read.
void SetHeaderLength(std::vector<uint8_t>& bytes) {
  constexpr size_t kLengthBytes = sizeof(uint64_t);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const size_t brace = text.find("}}", kLengthBytes);
  if (brace == std::string_view::npos) return;
  const size_t end = text.find_first_not_of(' ', brace + 2);
  const uint64_t length = (end == std::string_view::npos ? text.size() : end) - kLengthBytes;
  std::memcpy(bytes.data(), &length, sizeof(length));
}

std::vector<uint8_t> FileOf(fuzz::Input& input) {
  const int kind = input.Byte();
  const auto whole = kind == 0   ? input.Rest()
                     : kind & 16 ? fuzz::SmallestVectorModelBytes()
                                 : fuzz::SmallestModelBytes();
  std::vector<uint8_t> bytes(whole.begin(), whole.end());
  while (!input.empty() && !bytes.empty()) Change(bytes, input);
  if (kind % 4 == 1) SetHeaderLength(bytes);
  return bytes;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const std::vector<uint8_t> bytes = FileOf(input);
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
