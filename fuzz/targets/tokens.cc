// Arrays of tokens: .npy, .npz, .safetensors; small ones are decoded as the program does.
#include <cstring>

#include "codec/container/decode_file.h"
#include "codec/container/token_array_file.h"
#include "codec/io/npy.h"
#include "fuzz/input.h"
#include "fuzz/models.h"
#include "fuzz/null_playback.h"
#include "fuzz/target.h"

using namespace quaver;

namespace {

void Decode(const TokenMatrix& tokens, const DecodeRange& range) {
  const auto model = fuzz::SmallestModel();
  auto playback = fuzz::NullPlayback(model->sample_rate(), model->sample_rate());
  const auto report = DecodeTokens(tokens, "fuzz", model, {}, playback, [](uint64_t) { return true; }, range);
  fuzz::CheckDecoded(report, playback, range);
  FUZZ_CHECK(playback.written() <= tokens.rows * static_cast<size_t>(model->frame()));
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto source = [](std::span<const uint8_t> bytes) {
    return [input = fuzz::Input(bytes.data(), bytes.size())](std::span<uint8_t> out) mutable {
      const auto taken = input.Bytes(out.size());
      if (!taken.empty()) std::memcpy(out.data(), taken.data(), taken.size());
      return static_cast<int64_t>(taken.size());
    };
  };
  if (size == 0) return 0;
  const auto layout = data[0] % 2 == 0 ? TokenLayout::kFramesFirst : TokenLayout::kFramesLast;
  const std::span<const uint8_t> bytes(data + 1, size - 1);
  IsSafetensorsOfTokens(source(bytes));
  const TokenArrayKind kind = ArrayKindOf(bytes.first(std::min(bytes.size(), kArrayStartBytes)));
  if (kind == TokenArrayKind::kNone) return 0;
  const auto matrix = ReadTokenArray(kind, source(bytes), "fuzz", layout);
  if (!matrix.ok()) return 0;
  const TokenMatrix& tokens = matrix.value();
  FUZZ_CHECK(tokens.values.size() == tokens.rows * tokens.columns && tokens.columns <= kMaxTokenColumns);
  if (!tokens.values.empty()) tokens.Place(tokens.rows - 1, tokens.columns - 1);
  if (tokens.rows <= 16) Decode(tokens, data[0] & 2 ? DecodeRange{tokens.rows * 100, tokens.rows * 100 + 1000} : DecodeRange{});
  return 0;
}
