// Packets whose frames have different numbers of tokens, through the C API.
#include <array>

#include "tests/api/c_api.h"

namespace quaver {
namespace {

constexpr size_t kGroups = 18;

struct Rows {
  std::array<uint16_t, QUAVER_MAX_FRAMES * QUAVER_MAX_GROUPS> tokens{};
  std::array<uint8_t, QUAVER_MAX_FRAMES> n_q{};
};

class PacketRowsTest : public CApiTest {
 protected:
  // Frame f of the speech with (f * step) % 19 tokens, behind which the row holds `behind`.
  Rows Speech(int step, uint16_t behind) const {
    Rows rows;
    rows.tokens.fill(behind);
    const auto all = Tokens(static_cast<int>(kGroups));
    for (size_t f = 0; f < QUAVER_MAX_FRAMES; ++f) {
      rows.n_q[f] = static_cast<uint8_t>(f * static_cast<size_t>(step) % (kGroups + 1));
      std::copy_n(&all[f * kGroups], rows.n_q[f], &rows.tokens[f * kGroups]);
    }
    return rows;
  }

  std::vector<uint8_t> Pack(const Rows& rows, int frames, int expected_sign = 1) const {
    std::vector<uint8_t> packet(QUAVER_MAX_PACKET_BYTES);
    const int bytes = quaver_pack_frames(model_.get(), &kFormat, rows.tokens.data(), rows.n_q.data(), frames,
                                         packet.data(), packet.size());
    EXPECT_EQ(bytes > 0 ? 1 : -1, expected_sign) << bytes;
    packet.resize(static_cast<size_t>(std::max(bytes, 0)));
    return packet;
  }

  Rows Unpack(const std::vector<uint8_t>& packet, int frames) const {
    Rows rows;
    EXPECT_EQ(quaver_unpack(model_.get(), &kFormat, packet.data(), packet.size(), rows.tokens.data(),
                            rows.n_q.data()),
              frames);
    return rows;
  }
};

TEST_F(PacketRowsTest, ComeBackAndCanBePackedAgain) {
  for (const int step : {0, 1, 5, 7}) {
    for (const int frames : {1, 5, 24, 25}) {
      const auto sent = Speech(step, QUAVER_NO_TOKEN);
      const auto packet = Pack(sent, frames);
      const Rows received = Unpack(packet, frames);
      for (size_t f = 0; f < static_cast<size_t>(frames); ++f) {
        ASSERT_EQ(received.n_q[f], sent.n_q[f]);
        for (size_t g = 0; g < kGroups; ++g)
          ASSERT_EQ(received.tokens[f * kGroups + g], sent.tokens[f * kGroups + g]);
      }
      EXPECT_EQ(Pack(received, frames), packet);
    }
  }
}

TEST_F(PacketRowsTest, WhatLiesBehindTheTokensIsNotRead) {
  EXPECT_EQ(Pack(Speech(5, 12345), 25), Pack(Speech(5, QUAVER_NO_TOKEN), 25));
}

TEST_F(PacketRowsTest, EqualRowsGiveThePacketOfTheSimpleCall) {
  Rows rows;
  const auto all = Tokens(18);
  for (size_t f = 0; f < 5; ++f) {
    rows.n_q[f] = 7;
    std::copy_n(&all[f * kGroups], 7, &rows.tokens[f * kGroups]);
  }
  EXPECT_EQ(Pack(rows, 5), Packet(7, 5));
}

TEST_F(PacketRowsTest, AreRefusedOutOfRange) {
  Rows rows = Speech(5, QUAVER_NO_TOKEN);
  Pack(rows, 0, -1);
  Pack(rows, 26, -1);
  rows.n_q[3] = 19;
  Pack(rows, 25, -1);
  Pack(rows, 3);  // the frames before are well
  rows = Speech(5, QUAVER_NO_TOKEN);
  rows.tokens[kGroups] = 1000;  // frame 1 has 5 tokens, and this is no code
  Pack(rows, 25, -1);
  std::vector<uint8_t> packet(QUAVER_MAX_PACKET_BYTES - 1);
  EXPECT_EQ(quaver_pack_frames(model_.get(), &kFormat, rows.tokens.data(), rows.n_q.data(), 1, packet.data(),
                               packet.size()),
            QUAVER_ERROR_SHORT);
  EXPECT_EQ(quaver_pack_frames(model_.get(), &kFormat, rows.tokens.data(), nullptr, 1, packet.data(),
                               QUAVER_MAX_PACKET_BYTES),
            QUAVER_ERROR_ARGUMENT);
}

}  // namespace
}  // namespace quaver
