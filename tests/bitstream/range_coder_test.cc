#include "codec/bitstream/range_coder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/bitstream/random_tokens.h"

namespace quaver {
namespace {

std::vector<uint16_t> Cumulative(const std::vector<uint16_t>& frequencies) {
  std::vector<uint16_t> sums = {0};
  for (const uint16_t frequency : frequencies) sums.push_back(static_cast<uint16_t>(sums.back() + frequency));
  return sums;
}

struct Message {
  std::vector<std::vector<uint16_t>> tables;  // cumulative, one a symbol
  std::vector<int> symbols;
  double bits = 0.0;  // ideal
};

Message RandomMessage(Random& random, int length, double skew) {
  Message message;
  for (int i = 0; i < length; ++i) {
    message.tables.push_back(Cumulative(RandomTable(random, 2 + Below(random, 63), skew)));
    const auto& table = message.tables.back();
    const auto target = random() >> 17;
    size_t symbol = 0;
    while (table[symbol + 1] <= target) ++symbol;
    message.symbols.push_back(static_cast<int>(symbol));
    message.bits += 15.0 - std::log2(table[symbol + 1] - table[symbol]);
  }
  return message;
}

std::vector<uint8_t> Encode(const Message& message) {
  std::vector<uint8_t> bytes(message.symbols.size() * 2 + 8);
  RangeEncoder encoder(bytes);
  for (size_t i = 0; i < message.symbols.size(); ++i)
    encoder.EncodeSymbol(message.tables[i], message.symbols[i]);
  bytes.resize(encoder.Finish());
  return bytes;
}

bool Decodes(const Message& message, std::span<const uint8_t> bytes) {
  RangeDecoder decoder(bytes);
  for (size_t i = 0; i < message.symbols.size(); ++i) {
    if (decoder.DecodeSymbol(message.tables[i]) != message.symbols[i]) return false;
  }
  return !decoder.HasExcess();
}

TEST(RangeCoder, RoundTripCostsItsEntropy) {
  Random random(1);
  for (const double skew : {0.0, 1.0, 4.0, 12.0, 40.0}) {
    const Message message = RandomMessage(random, 20000, skew);
    const std::vector<uint8_t> bytes = Encode(message);
    EXPECT_TRUE(Decodes(message, bytes)) << skew;
    EXPECT_LT(static_cast<double>(bytes.size()), message.bits / 8 * 1.002 + 2.0) << skew;
    EXPECT_GT(static_cast<double>(bytes.size()), message.bits / 8 - 1.0) << skew;
  }
}

// The least likely symbol at every step, which drives low close to a carry again and again.
TEST(RangeCoder, CarriesRunThroughManyBytes) {
  const std::vector<uint16_t> low = {0, 1, 32768}, high = {0, 32767, 32768};
  for (int period = 1; period < 40; ++period) {
    Message message;
    for (int i = 0; i < 400; ++i) {
      message.tables.push_back(i % period == 0 ? low : high);
      message.symbols.push_back(i % (period + 1) == 0 ? 0 : 1);
    }
    EXPECT_TRUE(Decodes(message, Encode(message))) << period;
  }
}

// No shorter packet decodes to the same symbols, whatever its bytes.
TEST(RangeCoder, TerminatorIsTheShortest) {
  Random random(2);
  int lengths[4] = {};
  for (int trial = 0; trial < 30; ++trial) {
    const Message message = RandomMessage(random, Below(random, 7), 3.0);
    const std::vector<uint8_t> bytes = Encode(message);
    ASSERT_TRUE(Decodes(message, bytes));
    if (bytes.size() > 3 || bytes.size() < 2) {
      lengths[std::min<size_t>(bytes.size(), 3)] += bytes.size() < 2;
      continue;
    }
    ++lengths[bytes.size()];
    const uint32_t shorter = uint32_t{1} << (8 * (bytes.size() - 1));
    for (uint32_t value = 0; value < shorter; ++value) {
      const uint8_t other[2] = {static_cast<uint8_t>(value), static_cast<uint8_t>(value >> 8)};
      ASSERT_FALSE(Decodes(message, std::span(other).first(bytes.size() - 1))) << trial;
    }
  }
  EXPECT_GT(lengths[1], 1);
  EXPECT_GT(lengths[2], 1);
  EXPECT_GT(lengths[3], 1);
}

TEST(RangeCoder, EndsWithoutZerosAndWithAtLeastOneByte) {
  Random random(3);
  for (int trial = 0; trial < 2000; ++trial) {
    const std::vector<uint8_t> bytes = Encode(RandomMessage(random, Below(random, 40), 4.0));
    ASSERT_GE(bytes.size(), 1u);
    ASSERT_TRUE(bytes.size() == 1 || bytes.back() != 0);
  }
}

TEST(RangeCoder, SaysWhenItDoesNotFit) {
  Random random(4);
  const Message message = RandomMessage(random, 200, 0.0);
  const size_t needed = Encode(message).size();
  for (size_t room = 0; room <= needed + 2; ++room) {
    std::vector<uint8_t> bytes(room);
    RangeEncoder encoder(bytes);
    for (size_t i = 0; i < message.symbols.size(); ++i)
      encoder.EncodeSymbol(message.tables[i], message.symbols[i]);
    const size_t size = encoder.Finish();
    EXPECT_TRUE(size == 0 || size == needed) << room;
    EXPECT_TRUE(size == 0 || Decodes(message, std::span(bytes).first(size))) << room;
    EXPECT_TRUE(size == needed || room < needed + 2) << room;
  }
}

TEST(RangeCoder, UniformSymbolsRoundTrip) {
  for (int count = 1; count <= 25; ++count) {
    for (int symbol = 0; symbol < count; ++symbol) {
      std::vector<uint8_t> bytes(16);
      RangeEncoder encoder(bytes);
      encoder.EncodeUniform(symbol, count);
      encoder.EncodeUniform(count - 1 - symbol, count);
      bytes.resize(encoder.Finish());
      RangeDecoder decoder(bytes);
      EXPECT_EQ(decoder.DecodeUniform(count), symbol);
      EXPECT_EQ(decoder.DecodeUniform(count), count - 1 - symbol);
    }
  }
}

TEST(RangeCoder, AnyBytesDecodeToSymbols) {
  Random random(5);
  for (int trial = 0; trial < 3000; ++trial) {
    std::vector<uint8_t> bytes = RandomBytes(random, Below(random, 30));
    if (trial % 3 == 0)
      std::fill(bytes.begin(), bytes.end(), static_cast<uint8_t>(trial % 2 == 0 ? 0xFF : 0));
    RangeDecoder decoder(bytes);
    for (int i = 0; i < 60; ++i) {
      const auto table = Cumulative(RandomTable(random, 5, 8.0));
      const int symbol = decoder.DecodeSymbol(table);
      ASSERT_GE(symbol, 0);
      ASSERT_LT(symbol, 5);
    }
  }
}

}  // namespace
}  // namespace quaver
