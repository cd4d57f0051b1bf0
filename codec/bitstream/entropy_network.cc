// The tables of the entropy model know the same digit of the frame before and the lower digits of the token;
// the network adds two whole frames and the groups of this frame that are coded already. One layer of
// rectified units reads them, a second gives each symbol a score, and the probability of a symbol is its
// frequency in the table times 2^(score / 256), normalised: a log-linear model (softmax to base 2) with the
// table as its base measure, so that weights of 0 are the table itself. Nothing adapts.
//
// Invariant: encoder and decoder get the same frequencies on any machine. All is done with integers whose
// sums cannot leave 32 bits (Create checks it), so that their order does not matter, and the two tables of
// logarithms and powers are rounded where no library's rounding can differ. docs/reference/bitstream.md, "The
// network", has each step; every symbol keeps a frequency of at least 1.
#include "codec/bitstream/entropy_network.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <utility>

#include "codec/bitstream/entropy_kernels.h"
#include "codec/bitstream/entropy_model.h"

namespace quaver {
namespace {

constexpr int kTotal = 1 << kFrequencyBits;
constexpr int kLogBits = 8;  // logarithms count in 1 / 256 of a bit
constexpr int kOne = 1 << kEntropyInputBits;
constexpr int kScoreShift = kEntropyWeightBits + kEntropyInputBits - kLogBits;

int PaddedTo(int size, int multiple) { return (size + multiple - 1) / multiple * multiple; }

// No frequency but the powers of two comes within 3e-5 of a step, so that every library's logarithm will do.
std::vector<int16_t> MakeLogarithms() {
  std::vector<int16_t> table(size_t{kTotal} + 1);
  for (int f = 1; f <= kTotal; ++f) {
    table[static_cast<size_t>(f)] = static_cast<int16_t>(std::floor((1 << kLogBits) * std::log2(f) + 1e-6));
  }
  return table;
}

// floor(256 log2(frequency)), frequency 1 .. 32768.
const std::vector<int16_t>& Logarithms() {
  static const std::vector<int16_t> table = MakeLogarithms();
  return table;
}

// round(2^(16 - i / 256)): none comes within .004 of a half.
std::array<uint32_t, 256> MakePowers() {
  std::array<uint32_t, 256> table;
  for (size_t i = 0; i < table.size(); ++i)
    table[i] = static_cast<uint32_t>(std::lround(std::exp2(16 - static_cast<double>(i) / 256)));
  return table;
}

const std::array<uint32_t, 256>& Powers() {
  static const std::array<uint32_t, 256> table = MakePowers();
  return table;
}

// 2^16 * 2^(-below / 256), 0 from 2^-16 on.
uint32_t PowerOf(const std::array<uint32_t, 256>& powers, int32_t below) {
  const int32_t octaves = below >> kLogBits;
  return octaves > 16 ? 0 : powers[static_cast<size_t>(below & 255)] >> octaves;
}

bool CanOverflow(const EntropyNetworkWeights& weights, int inputs, int columns) {
  for (int column = 0; column < columns; ++column) {
    int64_t sum = 0;
    for (int row = 0; row < inputs; ++row) {
      const int weight =
          weights
              .hidden[static_cast<size_t>(row) * static_cast<size_t>(columns) + static_cast<size_t>(column)];
      sum += int64_t{std::abs(weight)} * kMaxEntropyValue;
    }
    if (sum > std::numeric_limits<int32_t>::max()) return true;
  }
  return false;
}

}  // namespace

int EntropyNetworkWeights::Symbols(const BottleneckConfig& bottleneck) {
  int sum = 0;
  for (const int radix : DigitsOf(bottleneck)) sum += radix;
  return sum;
}

std::vector<int16_t> TokenValues(const BottleneckConfig& bottleneck, std::span<const float> codebook) {
  std::vector<int16_t> values;
  if (!bottleneck.scalar()) {
    for (const float value : codebook) {
      const float scaled = std::clamp(static_cast<float>(kOne) * value, -static_cast<float>(kMaxEntropyValue),
                                      static_cast<float>(kMaxEntropyValue));
      values.push_back(static_cast<int16_t>(std::lround(scaled)));
    }
    return values;
  }
  for (int token = 0; token < bottleneck.codes(); ++token) {
    int rest = token;
    for (const int levels : bottleneck.levels) {
      values.push_back(static_cast<int16_t>(128 * (2 * (rest % levels) + 1 - levels) / levels));
      rest /= levels;
    }
  }
  return values;
}

Result<EntropyNetwork> EntropyNetwork::Create(const BottleneckConfig& bottleneck,
                                              std::span<const float> codebook,
                                              EntropyNetworkWeights weights) {
  const std::vector<int> digits = DigitsOf(bottleneck);
  const int units = weights.units;
  if (digits.empty() || units < 1 || units > kMaxEntropyUnits) {
    return Error{"entropy network: " + std::to_string(units) + " units, not 1 to " +
                 std::to_string(kMaxEntropyUnits)};
  }
  const int inputs = EntropyNetworkWeights::Inputs(bottleneck);
  const int columns = bottleneck.groups * units;
  const int symbols = EntropyNetworkWeights::Symbols(bottleneck);
  if (weights.hidden.size() != static_cast<size_t>(inputs) * static_cast<size_t>(columns) ||
      weights.symbols.size() != static_cast<size_t>(columns) * static_cast<size_t>(symbols)) {
    return Error{"entropy network: its weights do not fit the bottleneck"};
  }
  if (CanOverflow(weights, inputs, columns)) return Error{"entropy network: a sum can leave 32 bits"};

  EntropyNetwork network;
  network.groups_ = bottleneck.groups;
  network.dims_ = bottleneck.dims();
  network.pairs_ = (network.dims_ + 1) / 2;
  network.values_ = TokenValues(bottleneck, codebook);
  const auto table = static_cast<size_t>(bottleneck.codes()) * static_cast<size_t>(network.dims_);
  if (network.values_.size() != table) {
    if (network.values_.size() != table * static_cast<size_t>(bottleneck.groups))
      return Error{"entropy network: the codebook does not fit the bottleneck"};
    network.group_values_ = table;
  }
  network.width_ = PaddedTo(units, internal::kEntropyLanes);
  network.symbol_width_ = PaddedTo(symbols, internal::kEntropyLanes);
  int first = 0;
  for (const int radix : digits) {
    network.first_symbol_.push_back(first);
    first += radix;
  }
  network.weights_ = std::move(weights);
  network.Pack(inputs, symbols);
  Logarithms();  // made here, where there is time
  Powers();
  return network;
}

void EntropyNetwork::Pack(int inputs, int symbols) {
  const int units = weights_.units;
  const int latents = groups_ * dims_;
  const auto hidden = [&](int input, int group, int unit) {
    return input >= inputs ? int16_t{0}
                           : weights_.hidden[static_cast<size_t>((input * groups_ + group) * units + unit)];
  };
  const auto append = [&](int group, int first, int second) {  // -1: nothing
    for (int unit = 0; unit < width_; ++unit) {
      for (const int input : {first, second})
        hidden_.push_back(unit < units && input >= 0 ? hidden(input, group, unit) : int16_t{0});
    }
  };
  for (int group = 0; group < groups_; ++group) {
    append(group, 0, latents + 1);
    append(group, 2 * latents + 2, -1);
    for (const int start : {1, latents + 2, 2 * latents + 3}) {
      for (int other = 0; other < groups_; ++other) {
        for (int i = 0; i < 2 * pairs_; i += 2) {
          const int input = start + other * dims_ + i;
          append(group, input, i + 1 < dims_ ? input + 1 : -1);
        }
      }
    }
    for (int unit = 0; unit < width_; unit += 2) {
      for (int symbol = 0; symbol < symbol_width_; ++symbol) {
        for (const int u : {unit, unit + 1}) {
          symbols_.push_back(
              u < units && symbol < symbols
                  ? weights_.symbols[static_cast<size_t>((group * units + u) * symbols + symbol)]
                  : int16_t{0});
        }
      }
    }
  }
}

const int16_t* EntropyNetwork::Values(int group, int token) const {
  return values_.data() + static_cast<size_t>(group) * group_values_ +
         static_cast<size_t>(token) * static_cast<size_t>(dims_);
}

EntropyNetworkState::EntropyNetworkState(const EntropyNetwork& network) : network_(network) {
  for (Frame& frame : frame_) frame.values.fill(0);
}

void EntropyNetworkState::StartPacket() noexcept { frames_ = 0; }

void EntropyNetworkState::StartFrame() noexcept {
  ++frames_;
  Frame& frame = Before(0);
  const auto used = static_cast<size_t>(2 * network_.pairs_ * frame.groups);
  std::fill_n(frame.values.begin(), used, int16_t{0});
  frame.groups = 0;
}

EntropyNetworkState::Frame& EntropyNetworkState::Before(int frames) noexcept {
  return frame_[static_cast<size_t>(frames_ - frames + 2) % frame_.size()];
}

void EntropyNetworkState::StartToken(int group) noexcept {
  const EntropyNetwork& n = network_;
  const int frame_pairs = n.groups_ * n.pairs_;
  const int16_t* weights = n.hidden_.data() + static_cast<size_t>(group) *
                                                  static_cast<size_t>(2 + 3 * frame_pairs) *
                                                  static_cast<size_t>(2 * n.width_);
  std::array<int32_t, kMaxEntropyUnits> sums{};
  const auto add = [&](int first, const int16_t* inputs, int pairs) {
    const size_t skipped = static_cast<size_t>(first) * static_cast<size_t>(2 * n.width_);
    internal::AddPairs(weights + skipped, inputs, pairs, n.width_, sums.data());
  };
  const auto present = [&](int back) { return static_cast<int16_t>(frames_ > back ? kOne : 0); };
  const std::array<int16_t, 4> fixed = {kOne, present(1), present(2), 0};
  add(0, fixed.data(), 2);
  for (int back = 1; back < std::min(frames_, 3); ++back) {
    const Frame& frame = Before(back);
    add(2 + (back - 1) * frame_pairs, frame.values.data(), frame.groups * n.pairs_);
  }
  add(2 + 2 * frame_pairs, Before(0).values.data(), group * n.pairs_);

  std::array<int16_t, kMaxEntropyUnits> units;
  for (size_t u = 0; u < static_cast<size_t>(n.width_); ++u)
    units[u] = static_cast<int16_t>(std::clamp(sums[u] >> kEntropyWeightBits, 0, kMaxEntropyUnit));
  std::fill_n(scores_.begin(), n.symbol_width_, 0);
  const auto block = static_cast<size_t>(n.width_) * static_cast<size_t>(n.symbol_width_);
  internal::AddPairs(n.symbols_.data() + static_cast<size_t>(group) * block, units.data(), n.width_ / 2,
                     n.symbol_width_, scores_.data());
}

void EntropyNetworkState::Sharpen(int digit, std::span<const uint16_t> table,
                                  std::span<uint16_t> sharpened) const noexcept {
  const auto& logarithms = Logarithms();
  const auto& powers = Powers();
  const size_t radix = table.size() - 1;
  const int32_t* scores = scores_.data() + network_.first_symbol_[static_cast<size_t>(digit)];
  std::array<int32_t, kMaxRadix> sums;
  size_t likeliest = 0;
  for (size_t s = 0; s < radix; ++s) {
    sums[s] = (scores[s] >> kScoreShift) + logarithms[static_cast<size_t>(table[s + 1] - table[s])];
    if (sums[s] > sums[likeliest]) likeliest = s;
  }
  std::array<uint32_t, kMaxRadix> power;
  uint64_t all = 0;
  for (size_t s = 0; s < radix; ++s) all += power[s] = PowerOf(powers, sums[likeliest] - sums[s]);
  // Each symbol has 1 and its share of the rest; what rounding leaves is the likeliest one's.
  const uint64_t share = (static_cast<uint64_t>(kTotal - static_cast<int>(radix)) << 24) / all;
  std::array<uint32_t, kMaxRadix> frequency;
  uint32_t given = 0;
  for (size_t s = 0; s < radix; ++s)
    given += frequency[s] = 1 + static_cast<uint32_t>((power[s] * share) >> 24);
  frequency[likeliest] += kTotal - given;
  uint32_t sum = 0;
  sharpened[0] = 0;
  for (size_t s = 0; s < radix; ++s) sharpened[s + 1] = static_cast<uint16_t>(sum += frequency[s]);
}

void EntropyNetworkState::EndToken(int group, int token) noexcept {
  Frame& frame = Before(0);
  const auto values = static_cast<size_t>(network_.dims_);
  std::copy_n(network_.Values(group, token), values,
              frame.values.begin() + static_cast<std::ptrdiff_t>(2 * network_.pairs_ * group));
  frame.groups = group + 1;
}

}  // namespace quaver
