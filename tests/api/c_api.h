// What the tests of the C API share: handles that close themselves, a small model and 1.2 s of speech.
#ifndef QUAVER_TESTS_API_C_API_H_
#define QUAVER_TESTS_API_C_API_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "codec/quaver.h"
#include "tests/runtime/signals.h"

namespace quaver {

inline constexpr int kFrame = 320;
inline constexpr int kFrames = 60;
inline constexpr quaver_format kFormat = {5, 7};

struct Close {
  void operator()(quaver_model* model) const { quaver_model_close(model); }
  void operator()(quaver_encoder* encoder) const { quaver_encoder_close(encoder); }
  void operator()(quaver_decoder* decoder) const { quaver_decoder_close(decoder); }
  void operator()(quaver_batch* batch) const { quaver_batch_close(batch); }
  void operator()(quaver_stream_encoder* encoder) const { quaver_stream_encoder_close(encoder); }
  void operator()(quaver_stream_decoder* decoder) const { quaver_stream_decoder_close(decoder); }
};
template <typename T>
using Owned = std::unique_ptr<T, Close>;

class CApiTest : public testing::Test {
 protected:
  void SetUp() override {
    Weights weights = VariedWeights(TinyConfig(), 1);
    const auto bytes = SerializeWeights(weights);
    ASSERT_TRUE(bytes.ok()) << bytes.message();
    bytes_ = bytes.value();
    model_.reset(quaver_model_from_memory(bytes_.data(), bytes_.size(), nullptr, 0));
    ASSERT_NE(model_, nullptr);
    cxx_ = Model::FromBytes(bytes_, "test").value();
    ASSERT_EQ(speech_.size(), size_t{kFrames * kFrame});
  }

  std::vector<uint16_t> Tokens(int n_q) const {
    Encoder encoder(cxx_);
    std::vector<uint16_t> tokens(static_cast<size_t>(kFrames * n_q));
    EXPECT_EQ(encoder.Encode(speech_, n_q, tokens), kFrames);
    return tokens;
  }

  std::vector<uint8_t> Packet(int n_q, int frames) const {
    std::vector<uint8_t> packet(QUAVER_MAX_PACKET_BYTES);
    const int size =
        quaver_pack(model_.get(), &kFormat, Tokens(n_q).data(), frames, n_q, packet.data(), packet.size());
    EXPECT_GT(size, 0);
    packet.resize(static_cast<size_t>(std::max(size, 0)));
    return packet;
  }

  std::vector<uint8_t> bytes_;
  Owned<quaver_model> model_;
  std::shared_ptr<const Model> cxx_;
  std::vector<float> speech_ = Speech("en-vctk-p228.flac", kFrames* kFrame);
};

}  // namespace quaver

#endif  // QUAVER_TESTS_API_C_API_H_
