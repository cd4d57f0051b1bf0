#include "codec/bitstream/packet.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "codec/bitstream/entropy_counter.h"
#include "codec/bitstream/packet_shape.h"
#include "codec/bitstream/range_coder.h"
#include "codec/bitstream/token_contexts.h"
#include "tests/bitstream/random_tokens.h"

namespace quaver {
namespace {

void ExpectSame(const PacketTokens& a, const PacketTokens& b) {
  ASSERT_EQ(a.frames, b.frames);
  for (size_t frame = 0; frame < static_cast<size_t>(a.frames); ++frame)
    ASSERT_EQ(a.n_q[frame], b.n_q[frame]);
  ASSERT_EQ(a.token, b.token);
}

// Every claim that the header makes of decoded tokens.
void ExpectInRange(const EntropyModel& model, const PacketTokens& tokens) {
  ASSERT_GE(tokens.frames, 1);
  ASSERT_LE(tokens.frames, kMaxFramesPerPacket);
  for (size_t frame = 0; frame < kMaxFramesPerPacket; ++frame) {
    const int n_q = frame < static_cast<size_t>(tokens.frames) ? tokens.n_q[frame] : 0;
    ASSERT_LE(n_q, model.groups());
    for (int group = 0; group < kMaxGroups; ++group) {
      const uint16_t token = tokens.token[frame][static_cast<size_t>(group)];
      if (group < n_q) {
        ASSERT_LT(token, model.codes());
      } else {
        ASSERT_EQ(token, kNoToken);
      }
    }
  }
}

struct Kind {
  BottleneckConfig bottleneck;
  double skew;    // of the tables
  int units = 0;  // of the network; 0: there is none
  TableContexts contexts = TableContexts::kFrameBefore;
};
void PrintTo(const Kind& kind, std::ostream* out) {
  PrintTo(kind.bottleneck, out);
  *out << (kind.skew == 0.0 ? " flat" : " skewed") << (kind.units > 0 ? ", network" : "")
       << (kind.contexts == TableContexts::kThisFrame ? ", tables of this frame" : "");
}

class PacketTest : public ::testing::TestWithParam<Kind> {
 protected:
  PacketTest() {
    const auto& [bottleneck, skew, units, contexts] = GetParam();
    if (units == 0) return;
    const auto codebook = RandomCodebook(random_, bottleneck);
    model_.SetNetwork(
        EntropyNetwork::Create(bottleneck, codebook, RandomEntropyNetwork(random_, bottleneck, units, 0.3))
            .value());
  }

  Random random_{7};
  EntropyModel model_ = RandomModel(random_, GetParam().bottleneck, GetParam().skew, GetParam().contexts);
  PacketDefaults defaults_{25, 6};

  PacketTokens Decoded(std::span<const uint8_t> packet) {
    PacketTokens tokens;
    EXPECT_TRUE(DecodePacket(model_, defaults_, packet, tokens));
    EXPECT_EQ(PacketFrames(defaults_, packet), tokens.frames);
    return tokens;
  }
};

TEST_P(PacketTest, AnyShapeComesBack) {
  for (int trial = 0; trial < 400; ++trial) {
    const int frames = trial % 2 == 0 ? 1 + Below(random_, 25) : (trial % 4 == 1 ? 1 : 25);
    PacketTokens tokens = RandomTokens(random_, model_, frames, Below(random_, 19));
    if (trial % 3 == 0) {  // n_q from frame to frame
      const PacketTokens full = RandomTokens(random_, model_, frames, 18);
      for (size_t frame = 0; frame < static_cast<size_t>(frames); ++frame) {
        tokens.n_q[frame] = static_cast<uint8_t>(Below(random_, 19));
        tokens.token[frame].fill(kNoToken);
        std::copy_n(full.token[frame].begin(), tokens.n_q[frame], tokens.token[frame].begin());
      }
    }
    const std::vector<uint8_t> packet = Encoded(model_, defaults_, tokens);
    ASSERT_GE(packet.size(), 1u);
    ExpectSame(Decoded(packet), tokens);
  }
}

// Frames in front that usually have other numbers of tokens: any frames come back, and usual ones cost
// nothing over the same packet that has no such shape and spells them out.
TEST_P(PacketTest, LeadingFramesComeBack) {
  std::vector<uint8_t> out(kMaxPacketBytes);
  size_t plain = 0, spelt_out = 0;
  for (int trial = 0; trial < 300; ++trial) {
    const int frames = 1 + Below(random_, 14);
    const PacketShape shape = {
        {frames, Below(random_, 19)}, Below(random_, frames + 1), 1 + Below(random_, 4)};
    PacketTokens tokens = RandomTokens(random_, model_, frames, 18);
    for (size_t frame = 0; frame < static_cast<size_t>(frames); ++frame) {
      const bool leads = static_cast<int>(frame) < shape.leading_frames;
      int n_q = leads ? shape.leading_n_q : shape.defaults.n_q;
      if (trial % 3 == 0) n_q = Below(random_, 19);
      tokens.n_q[frame] = static_cast<uint8_t>(n_q);
      std::fill(tokens.token[frame].begin() + n_q, tokens.token[frame].end(), kNoToken);
    }
    const size_t bytes = EncodePacketOf(model_, shape, tokens, out);
    ASSERT_GE(bytes, 1u);
    PacketTokens read;
    ASSERT_TRUE(DecodePacketOf(model_, shape, std::span(out).first(bytes), read));
    ExpectSame(read, tokens);
    if (trial % 3 == 0 || shape.leading_frames == 0) continue;
    plain += bytes;
    spelt_out += Encoded(model_, {frames, 18}, tokens).size();
  }
  EXPECT_LT(plain, spelt_out);
}

TEST_P(PacketTest, RefusesShapesThatAreNotValid) {
  std::vector<uint8_t> out(kMaxPacketBytes);
  const PacketTokens tokens = RandomTokens(random_, model_, 3, 4);
  const PacketShape good = {{3, 4}, 3, 4};
  const size_t bytes = EncodePacketOf(model_, good, tokens, out);
  ASSERT_GE(bytes, 1u);
  PacketTokens read;
  for (const PacketShape& wrong :
       {PacketShape{{3, 4}, 4, 4}, {{3, 4}, -1, 4}, {{3, 4}, 1, 19}, {{3, 4}, 1, -1}}) {
    EXPECT_EQ(EncodePacketOf(model_, wrong, tokens, out), 0u);
    EXPECT_FALSE(DecodePacketOf(model_, wrong, std::span(out).first(bytes), read));
    EXPECT_EQ(read.frames, 0);
  }
}

TEST_P(PacketTest, NoTokensAndOneByte) {
  for (const int frames : {1, 25}) {
    const PacketTokens silence = RandomTokens(random_, model_, frames, 0);
    const std::vector<uint8_t> packet = Encoded(model_, {frames, 0}, silence);
    EXPECT_EQ(packet.size(), 1u);
    defaults_ = {frames, 0};
    ExpectSame(Decoded(packet), silence);
  }
}

// What is as the stream's defaults say costs nothing over the bare tokens.
TEST_P(PacketTest, DefaultsCostNothing) {
  int excess = 0;
  for (int trial = 0; trial < 300; ++trial) {
    const PacketTokens tokens = RandomTokens(random_, model_, 25, 6);
    std::vector<uint8_t> bare(kMaxPacketBytes);
    RangeEncoder coder(bare);
    TokenContexts contexts(model_);
    for (size_t frame = 0; frame < 25; ++frame) {
      contexts.StartFrame();
      for (int group = 0; group < 6; ++group) {
        int rest = tokens.token[frame][static_cast<size_t>(group)];
        contexts.Token(group, [&](int digit, std::span<const uint16_t> table) {
          const int radix = model_.radix()[static_cast<size_t>(digit)];
          const int value = rest % radix;
          rest /= radix;
          coder.EncodeSymbol(table, value);
          return value;
        });
      }
    }
    excess += static_cast<int>(Encoded(model_, defaults_, tokens).size()) - static_cast<int>(coder.Finish());
  }
  EXPECT_LE(std::abs(excess), 20);  // a flag of one bit would be 37 bytes
}

TEST_P(PacketTest, CostsItsIdealLength) {
  double bits = 0.0, bytes = 0.0;
  for (int trial = 0; trial < 100; ++trial) {
    const PacketTokens tokens = RandomTokens(random_, model_, 25, 6);
    std::vector<uint16_t> flat;
    for (const auto& row : tokens.token) flat.insert(flat.end(), row.begin(), row.end());
    bits += CostBits(model_, flat, 25, 6, kMaxGroups, 25);
    bytes += static_cast<double>(Encoded(model_, defaults_, tokens).size());
  }
  EXPECT_GT(bytes, bits / 8 * 0.98);  // rare last symbols gain what the coder's divisions leave over
  EXPECT_LT(bytes, bits / 8 * 1.001 + 100);
}

// With any packet of a stream gone, the others decode to what they held.
TEST_P(PacketTest, PacketsStandAlone) {
  std::vector<PacketTokens> stream;
  std::vector<std::vector<uint8_t>> packets;
  for (int t = 0; t < 12; ++t) {
    stream.push_back(RandomTokens(random_, model_, t % 3 == 0 ? 10 : 25, t % 4 == 0 ? 3 : 6));
    packets.push_back(Encoded(model_, defaults_, stream.back()));
  }
  for (size_t dropped = 0; dropped < packets.size(); ++dropped) {
    for (size_t t = 0; t < packets.size(); ++t) {
      if (t != dropped) ExpectSame(Decoded(packets[t]), stream[t]);
    }
  }
}

TEST_P(PacketTest, AnyBytesDecodeSafely) {
  int decoded = 0;
  for (int trial = 0; trial < 6000; ++trial) {
    std::vector<uint8_t> bytes = RandomBytes(random_, Below(random_, trial % 2 == 0 ? 8 : 900));
    if (trial % 5 == 0 && !bytes.empty()) bytes[0] = 0xFF;  // shape spelt out
    PacketTokens tokens;
    if (DecodePacket(model_, defaults_, bytes, tokens)) {
      ++decoded;
      ExpectInRange(model_, tokens);
      ASSERT_EQ(PacketFrames(defaults_, bytes), tokens.frames);
    } else {
      ASSERT_EQ(tokens.frames, 0);
    }
  }
  EXPECT_GT(decoded, 1000);
}

TEST_P(PacketTest, DamagedPacketsDecodeSafely) {
  for (int trial = 0; trial < 2000; ++trial) {
    auto packet = Encoded(model_, defaults_, RandomTokens(random_, model_, 1 + Below(random_, 25), 6));
    packet[static_cast<size_t>(Below(random_, static_cast<int>(packet.size())))] ^= 1 << Below(random_, 8);
    packet.resize(1 + static_cast<size_t>(Below(random_, static_cast<int>(packet.size()))));
    PacketTokens tokens;
    if (DecodePacket(model_, defaults_, packet, tokens)) ExpectInRange(model_, tokens);
  }
}

TEST_P(PacketTest, RefusesExcessButNotPadding) {
  const PacketTokens tokens = RandomTokens(random_, model_, 25, 6);
  std::vector<uint8_t> packet = Encoded(model_, defaults_, tokens);
  packet.resize(packet.size() + 20);
  ExpectSame(Decoded(packet), tokens);
  packet.back() = 1;
  PacketTokens refused;
  EXPECT_FALSE(DecodePacket(model_, defaults_, packet, refused));
  EXPECT_FALSE(DecodePacket(model_, defaults_, {}, refused));
  EXPECT_FALSE(DecodePacket(model_, defaults_, std::vector<uint8_t>(kMaxPacketBytes + 1), refused));
  EXPECT_EQ(PacketFrames(defaults_, {}), 0);
  EXPECT_EQ(PacketFrames(defaults_, std::vector<uint8_t>(kMaxPacketBytes + 1)), 0);
  EXPECT_EQ(PacketFrames({26, 6}, packet), 0);
}

TEST_P(PacketTest, RefusesWhatIsNotValid) {
  std::vector<uint8_t> out(kMaxPacketBytes);
  const PacketTokens good = RandomTokens(random_, model_, 3, 4);
  EXPECT_GT(EncodePacket(model_, defaults_, good, out), 0u);
  EXPECT_EQ(EncodePacket(model_, defaults_, good, std::span(out).first(kMaxPacketBytes - 1)), 0u);
  for (const PacketDefaults wrong : {PacketDefaults{0, 6}, {26, 6}, {25, -1}, {25, 19}}) {
    EXPECT_EQ(EncodePacket(model_, wrong, good, out), 0u);
  }
  PacketTokens bad = good;
  bad.frames = 0;
  EXPECT_EQ(EncodePacket(model_, defaults_, bad, out), 0u);
  bad.frames = 26;
  EXPECT_EQ(EncodePacket(model_, defaults_, bad, out), 0u);
  bad = good;
  bad.n_q[2] = 19;
  EXPECT_EQ(EncodePacket(model_, defaults_, bad, out), 0u);
  bad = good;
  bad.token[2][3] = static_cast<uint16_t>(model_.codes());
  EXPECT_EQ(EncodePacket(model_, defaults_, bad, out), 0u);
}

INSTANTIATE_TEST_SUITE_P(Kinds, PacketTest,
                         ::testing::Values(Kind{BottleneckConfig(), 0.0}, Kind{BottleneckConfig(), 6.0},
                                           Kind{Vp(1024), 0.0}, Kind{Vp(1024), 6.0}, Kind{Vp(63), 6.0},
                                           Kind{BottleneckConfig(), 1.0, 48}, Kind{Vp(1024), 1.0, 7},
                                           Kind{BottleneckConfig(), 1.0, 0, TableContexts::kThisFrame},
                                           Kind{Vp(1024), 1.0, 7, TableContexts::kThisFrame}));

// The dearest packet there can be: eight digits a token, each of them the least likely.
TEST(Packet, TheLongestFits) {
  BottleneckConfig bottleneck;
  bottleneck.levels = {4, 4, 4, 4, 4, 2, 2, 4};
  const EntropyModel flat = EntropyModel::Uniform(bottleneck);
  std::vector<uint16_t> frequencies;
  for (int group = 0; group < 18; ++group) {
    for (int digit = 0; digit < 8; ++digit) {
      const int radix = bottleneck.levels[static_cast<size_t>(digit)];
      for (int context = 0; context < flat.layout().Contexts(digit); ++context) {
        frequencies.insert(frequencies.end(), static_cast<size_t>(radix - 1), 1);
        frequencies.push_back(static_cast<uint16_t>(32768 - (radix - 1)));
      }
    }
  }
  const EntropyModel model = EntropyModel::Create(bottleneck, frequencies).value();
  PacketTokens tokens;
  tokens.frames = 25;
  for (auto& row : tokens.token) row.fill(kNoToken);
  for (size_t frame = 0; frame < 25; ++frame) {
    tokens.n_q[frame] = 18;
    tokens.token[frame].fill(0);
  }
  tokens.token[24][17] = 3 * 4096;  // all zeros would need no bytes at all
  const std::vector<uint8_t> packet = Encoded(model, {24, 1}, tokens);
  EXPECT_GT(packet.size(), 6500u);
  PacketTokens decoded;
  ASSERT_TRUE(DecodePacket(model, {24, 1}, packet, decoded));
  ExpectSame(decoded, tokens);
}

// Tables that any other implementation can make: the symbol s of a table of r has a share of s + 1, rounded
// down, and the last one what is left.
EntropyModel StaircaseModel(const BottleneckConfig& bottleneck) {
  const EntropyModel flat = EntropyModel::Uniform(bottleneck);
  std::vector<uint16_t> frequencies;
  for (int group = 0; group < flat.groups(); ++group) {
    for (size_t digit = 0; digit < flat.radix().size(); ++digit) {
      const int radix = flat.radix()[digit];
      for (int context = 0; context < flat.layout().Contexts(static_cast<int>(digit)); ++context) {
        int left = 1 << kFrequencyBits;
        for (int symbol = 0; symbol + 1 < radix; ++symbol) {
          const int share =
              (1 << kFrequencyBits) * ((symbol + context) % radix + 1) / (radix * (radix + 1) / 2);
          frequencies.push_back(static_cast<uint16_t>(share));
          left -= share;
        }
        frequencies.push_back(static_cast<uint16_t>(left));
      }
    }
  }
  return EntropyModel::Create(bottleneck, frequencies).value();
}

// Three frames with n_q tokens, 2 more in the second one if `change`: those of docs/reference/bitstream.md.
PacketTokens ExampleTokens(bool change) {
  PacketTokens tokens;
  tokens.frames = 3;
  for (auto& row : tokens.token) row.fill(kNoToken);
  for (size_t frame = 0; frame < 3; ++frame) {
    tokens.n_q[frame] = change && frame == 1 ? 4 : 2;
    for (size_t group = 0; group < tokens.n_q[frame]; ++group) {
      tokens.token[frame][group] = static_cast<uint16_t>((frame * 307 + group * 211 + 5) % 1000);
    }
  }
  return tokens;
}

// The bytes of the examples in docs/reference/bitstream.md: they change only with the version of the format.
TEST(Packet, BytesAreAsSpecified) {
  const EntropyModel model = StaircaseModel(BottleneckConfig());
  EXPECT_EQ(Encoded(model, {25, 2}, ExampleTokens(true)),
            (std::vector<uint8_t>{0xFF, 0xE3, 0x21, 0x8E, 0x07, 0xD4, 0x09, 0x5B, 0x8A, 0xAE, 0x36, 0x8B,
                                  0x2E, 0xE2, 0xF8}));
  EXPECT_EQ(Encoded(model, {3, 2}, ExampleTokens(false)),
            (std::vector<uint8_t>{0x6A, 0x3B, 0x29, 0x5A, 0xD7, 0x85, 0x56, 0xE3, 0xB6}));
}

// The network of docs/reference/bitstream.md: two units a group.
TEST(Packet, BytesOfANetworkAreAsSpecified) {
  const BottleneckConfig bottleneck;
  EntropyModel model = StaircaseModel(bottleneck);
  EntropyNetworkWeights weights;
  weights.units = 2;
  for (int input = 0; input < EntropyNetworkWeights::Inputs(bottleneck); ++input) {
    for (int unit = 0; unit < 36; ++unit)
      weights.hidden.push_back(static_cast<int16_t>((31 * input + 17 * unit) % 401 - 200));
  }
  for (int unit = 0; unit < 36; ++unit) {
    for (int symbol = 0; symbol < 23; ++symbol)
      weights.symbols.push_back(static_cast<int16_t>((37 * unit + 53 * symbol) % 1001 - 500));
  }
  model.SetNetwork(EntropyNetwork::Create(bottleneck, {}, weights).value());
  EXPECT_EQ(Encoded(model, {25, 2}, ExampleTokens(true)),
            (std::vector<uint8_t>{0xFF, 0xE3, 0x21, 0x8E, 0x07, 0xB9, 0xE5, 0x53, 0xCC, 0xA4, 0x3D, 0x77,
                                  0x22, 0x5D, 0xF9}));
  EXPECT_EQ(Encoded(model, {3, 2}, ExampleTokens(false)),
            (std::vector<uint8_t>{0x6A, 0x33, 0x31, 0x5D, 0x1B, 0xDA, 0xE7, 0x8A, 0xD6}));
}

TEST(Packet, BytesOfCodebooksAreAsSpecified) {
  const EntropyModel model = StaircaseModel(Vp(1024));
  EXPECT_EQ(Encoded(model, {25, 2}, ExampleTokens(true)),
            (std::vector<uint8_t>{0xFF, 0xE3, 0x21, 0x8C, 0xC3, 0x26, 0x66, 0x51, 0x22, 0xBA, 0x35, 0xA5,
                                  0x5B, 0x73, 0x50}));
  EXPECT_EQ(Encoded(model, {3, 2}, ExampleTokens(false)),
            (std::vector<uint8_t>{0x07, 0x41, 0xA4, 0x4C, 0x2B, 0xC5, 0xC2, 0x45, 0x47}));
}

}  // namespace
}  // namespace quaver
