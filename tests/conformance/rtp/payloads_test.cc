// What any implementation of docs/rtp.md must do with the vectors of this folder.
#include "tests/conformance/rtp/payloads.h"

#include <gtest/gtest.h>

#include <memory>

#include "codec/quaver.h"
#include "tests/conformance/vectors.h"

namespace quaver {
namespace {

struct Close {
  void operator()(quaver_model* model) const { quaver_model_close(model); }
};

class PayloadConformance : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(model_, nullptr);
    vectors_ = ReadPayloads(VectorPath("rtp/payloads.json"));
    ASSERT_GE(vectors_.payloads.size(), 20u);
    ASSERT_GE(vectors_.refused.size(), 10u);
    groups_ = static_cast<size_t>(quaver_groups(model_.get()));
  }

  std::unique_ptr<quaver_model, Close> model_{
      quaver_model_open(VectorPath("tiny.safetensors").c_str(), nullptr, 0)};
  PayloadVectors vectors_;
  size_t groups_ = 0;
};

TEST_F(PayloadConformance, TheyAreOfTheFrozenModel) {
  char parameter[QUAVER_RTP_MODEL_PARAMETER];
  ASSERT_EQ(quaver_rtp_model_parameter(model_.get(), parameter), 0);
  EXPECT_EQ(vectors_.model, parameter);
  EXPECT_EQ(vectors_.model, "AXNLLCNvyd_9EQdS_ii8UQ");  // of 01734b2c 236fc9df fd110752 fe28bc51
}

TEST_F(PayloadConformance, TokensPackToThePayloads) {
  for (const PayloadVector& one : vectors_.payloads) {
    const PayloadRows rows = RowsOf(one, groups_);
    std::vector<uint8_t> payload(QUAVER_RTP_MAX_BYTES);
    const int bytes = quaver_rtp_pack(model_.get(), &one.header, rows.tokens.data(), rows.n_q.data(),
                                      payload.data(), payload.size());
    ASSERT_GT(bytes, 0);
    payload.resize(static_cast<size_t>(bytes));
    EXPECT_EQ(payload, one.payload);
  }
}

TEST_F(PayloadConformance, PayloadsUnpackToTheTokens) {
  for (const PayloadVector& one : vectors_.payloads) {
    PayloadRows rows = RowsOf(PayloadVector(), groups_);
    quaver_rtp_payload header{};
    const int frames = quaver_rtp_unpack(model_.get(), one.payload.data(), one.payload.size(), &header,
                                         rows.tokens.data(), rows.n_q.data());
    EXPECT_EQ(frames, static_cast<int>(one.tokens.size()));
    EXPECT_EQ(header.frames, one.header.frames);
    EXPECT_EQ(header.redundant_frames, one.header.redundant_frames);
    EXPECT_EQ(header.redundant_tokens, one.header.redundant_tokens);
    EXPECT_EQ(header.n_q, one.header.n_q);
    EXPECT_EQ(header.pause, one.header.pause);
    const PayloadRows expected = RowsOf(one, groups_);
    EXPECT_EQ(rows.n_q, expected.n_q);
    EXPECT_EQ(rows.tokens, expected.tokens);
  }
}

TEST_F(PayloadConformance, OthersAreRefused) {
  for (const RefusedVector& one : vectors_.refused) {
    PayloadRows rows = RowsOf(PayloadVector(), groups_);
    quaver_rtp_payload header{};
    const void* bytes = one.payload.empty() ? "" : static_cast<const void*>(one.payload.data());
    EXPECT_EQ(quaver_rtp_unpack(model_.get(), bytes, one.payload.size(), &header, rows.tokens.data(),
                                rows.n_q.data()),
              one.newer_version ? QUAVER_ERROR_VERSION : QUAVER_ERROR_PACKET)
        << one.what;
  }
}

}  // namespace
}  // namespace quaver
