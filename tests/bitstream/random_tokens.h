// Random tables and tokens for the tests of this room.
#ifndef QUAVER_TESTS_BITSTREAM_RANDOM_TOKENS_H_
#define QUAVER_TESTS_BITSTREAM_RANDOM_TOKENS_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <random>
#include <utility>
#include <vector>

#include "codec/bitstream/entropy_model.h"
#include "codec/bitstream/packet.h"
#include "codec/bitstream/smoothing.h"

namespace quaver {

using Random = std::mt19937;

// A codebook of so many codes.
inline BottleneckConfig Vp(int codes, int groups = kMaxGroups) {
  BottleneckConfig bottleneck;
  bottleneck.type = "vp";
  bottleneck.groups = groups;
  bottleneck.codebook_size = codes;
  return bottleneck;
}
// Scalars, few enough to count tables by hand.
inline BottleneckConfig Small() {
  BottleneckConfig bottleneck;
  bottleneck.groups = 3;
  bottleneck.levels = {4, 3};
  return bottleneck;
}
// Bottlenecks that no stream can have.
inline std::vector<BottleneckConfig> OutOfRange() {
  std::vector<BottleneckConfig> all = {Vp(1024, 0), Vp(1024, 19), Vp(1021), Vp(0), Vp(1 << 15)};
  all.push_back(Vp(1024));
  all.back().type = "none";
  for (const auto& [groups, levels] : {std::pair<int, std::vector<int>>{0, {8}},
                                       {19, {8}},
                                       {1, {}},
                                       {1, {1}},
                                       {1, {65}},
                                       {1, {64, 64, 5}},
                                       {1, {2, 2, 2, 2, 2, 2, 2, 2, 2}}}) {
    BottleneckConfig bottleneck;
    bottleneck.groups = groups;
    bottleneck.levels = levels;
    all.push_back(bottleneck);
  }
  return all;
}
// What a parameterised test is called.
inline void PrintTo(const BottleneckConfig& bottleneck, std::ostream* out) {
  *out << bottleneck.type << bottleneck.codes();
}

// 0 .. count - 1; the same on every platform, unlike the distributions of the standard library.
inline int Below(Random& random, int count) {
  return static_cast<int>(random() % static_cast<uint32_t>(count));
}
inline double Unit(Random& random) { return random() / 4294967296.0; }

// A table of `radix` frequencies; `skew` 0 is flat, 10 leaves most symbols at a frequency of 1.
inline std::vector<uint16_t> RandomTable(Random& random, int radix, double skew) {
  std::vector<double> p(static_cast<size_t>(radix));
  double sum = 0.0;
  for (double& value : p) sum += value = std::pow(Unit(random) + 1e-3, skew);
  for (double& value : p) value /= sum;
  std::vector<uint16_t> table(p.size());
  QuantiseTable(p, table);
  return table;
}

inline EntropyModel RandomModel(Random& random, const BottleneckConfig& bottleneck, double skew,
                                TableContexts contexts = TableContexts::kFrameBefore) {
  std::vector<uint16_t> frequencies;
  const EntropyModel flat = EntropyModel::Uniform(bottleneck, contexts);
  for (int group = 0; group < flat.groups(); ++group) {
    for (size_t digit = 0; digit < flat.radix().size(); ++digit) {
      for (int context = 0; context < flat.layout().Contexts(static_cast<int>(digit)); ++context) {
        const auto table = RandomTable(random, flat.radix()[digit], skew);
        frequencies.insert(frequencies.end(), table.begin(), table.end());
      }
    }
  }
  return EntropyModel::Create(bottleneck, frequencies).value();
}

// A codebook that all groups share; empty for scalars.
inline std::vector<float> RandomCodebook(Random& random, const BottleneckConfig& bottleneck) {
  std::vector<float> codes;
  if (bottleneck.scalar()) return codes;
  for (int i = 0; i < bottleneck.codes() * bottleneck.dims(); ++i)
    codes.push_back(static_cast<float>(4 * Unit(random) - 2));
  return codes;
}

// Weights within +-reach.
inline EntropyNetworkWeights RandomEntropyNetwork(Random& random, const BottleneckConfig& bottleneck,
                                                  int units, double reach) {
  EntropyNetworkWeights weights;
  weights.units = units;
  const auto columns = static_cast<size_t>(bottleneck.groups * units);
  weights.hidden.resize(static_cast<size_t>(EntropyNetworkWeights::Inputs(bottleneck)) * columns);
  weights.symbols.resize(static_cast<size_t>(EntropyNetworkWeights::Symbols(bottleneck)) * columns);
  const double scale = reach * (1 << kEntropyWeightBits);
  for (auto* values : {&weights.hidden, &weights.symbols}) {
    for (int16_t& value : *values) value = static_cast<int16_t>(std::lround(scale * (2 * Unit(random) - 1)));
  }
  return weights;
}

// `frames` frames of n_q tokens each, all codes as likely as each other.
inline PacketTokens RandomTokens(Random& random, const EntropyModel& model, int frames, int n_q) {
  PacketTokens tokens;
  tokens.frames = frames;
  for (auto& row : tokens.token) row.fill(kNoToken);
  for (size_t frame = 0; frame < static_cast<size_t>(frames); ++frame) {
    tokens.n_q[frame] = static_cast<uint8_t>(n_q);
    for (size_t group = 0; group < static_cast<size_t>(n_q); ++group) {
      tokens.token[frame][group] = static_cast<uint16_t>(Below(random, model.codes()));
    }
  }
  return tokens;
}

inline std::vector<uint8_t> RandomBytes(Random& random, int size) {
  std::vector<uint8_t> bytes(static_cast<size_t>(size));
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  return bytes;
}

// The packet's bytes; empty if it was refused.
inline std::vector<uint8_t> Encoded(const EntropyModel& model, const PacketDefaults& defaults,
                                    const PacketTokens& tokens) {
  std::vector<uint8_t> bytes(kMaxPacketBytes);
  bytes.resize(EncodePacket(model, defaults, tokens, bytes));
  return bytes;
}

}  // namespace quaver

#endif  // QUAVER_TESTS_BITSTREAM_RANDOM_TOKENS_H_
