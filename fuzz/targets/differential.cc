// Ways that must give the same bits: in portions and at once, in a batch and alone, by C and by C++.
#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "codec/batch.h"
#include "codec/codec.h"
#include "codec/limits.h"
#include "fuzz/c_model.h"
#include "fuzz/input.h"
#include "fuzz/models.h"
#include "fuzz/target.h"

using namespace quaver;

namespace {

constexpr size_t kFrame = 320;
constexpr int kMostFrames = 6;  // what an input of 4096 bytes has sound for

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const auto model = fuzz::SmallestModel();
  const int n_q = input.Int(1, model->groups());
  const auto width = static_cast<size_t>(n_q);
  const size_t frames = static_cast<size_t>(input.Int(1, kMostFrames));
  std::array<size_t, 8> portions;
  for (size_t& portion : portions) portion = static_cast<size_t>(input.Int(1, 1000));
  std::vector<float> sound(frames * kFrame);
  for (float& sample : sound) sample = (static_cast<float>(input.Int(0, 65535)) - 32768) / 32768;

  std::vector<uint16_t> whole(frames * width), parts(frames * width), batched(frames * width), c(frames * width);
  Encoder at_once(model, kMostFrames), in_parts(model, 1), in_batch(model, 1);
  FUZZ_CHECK(at_once.Encode(sound, n_q, whole) == static_cast<int>(frames));

  size_t done = 0;
  for (size_t at = 0, i = 0; at < sound.size(); ++i) {
    const size_t count = std::min(portions[i % portions.size()], sound.size() - at);
    const int found = in_parts.Encode(std::span(sound).subspan(at, count), n_q, std::span(parts).subspan(done * width));
    FUZZ_CHECK(found >= 0);
    done += static_cast<size_t>(found);
    at += count;
  }
  FUZZ_CHECK(done == frames && parts == whole);

  const auto groups = static_cast<size_t>(model->groups());
  static Batch batch(model);  // has no state between calls
  Decoder one(model, kMostFrames), batch_decoder(model, 1);
  std::vector<float> decoded(sound.size()), batch_decoded(sound.size()), c_decoded(sound.size());
  for (size_t f = 0; f < frames; ++f) {
    std::array<uint16_t, kMaxGroups> row{};
    Encoder* const encoders[] = {&in_batch};
    Decoder* const decoders[] = {&batch_decoder};
    FUZZ_CHECK(batch.Encode(encoders, std::span(sound).subspan(f * kFrame, kFrame), std::array{n_q}, std::span(row).first(groups)));
    std::copy_n(row.begin(), width, batched.begin() + static_cast<std::ptrdiff_t>(f * width));
    FUZZ_CHECK(batch.Decode(decoders, std::span<const uint16_t>(row).first(groups), std::array{n_q}, std::span(batch_decoded).subspan(f * kFrame, kFrame)));
  }
  FUZZ_CHECK(batched == whole);
  FUZZ_CHECK(one.Decode(whole, n_q, decoded));
  FUZZ_CHECK(std::memcmp(decoded.data(), batch_decoded.data(), decoded.size() * sizeof(float)) == 0);

  quaver_encoder* encoder = quaver_encoder_create(fuzz::SmallestCModel());
  quaver_decoder* decoder = quaver_decoder_create_live(fuzz::SmallestCModel());
  FUZZ_CHECK(quaver_encode(encoder, sound.data(), sound.size(), n_q, c.data(), c.size()) == static_cast<int>(frames));
  FUZZ_CHECK(quaver_decode(decoder, c.data(), static_cast<int>(frames), n_q, c_decoded.data(), c_decoded.size()) == static_cast<int>(sound.size()));
  quaver_encoder_close(encoder);
  quaver_decoder_close(decoder);
  FUZZ_CHECK(c == whole);
  FUZZ_CHECK(std::memcmp(decoded.data(), c_decoded.data(), decoded.size() * sizeof(float)) == 0);
  return 0;
}
