#include "codec/train/fit_entropy.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "codec/bitstream/entropy_counter.h"
#include "codec/bitstream/entropy_model.h"
#include "codec/bitstream/packet.h"
#include "codec/codec.h"
#include "codec/model/layers.h"
#include "codec/train/clip_tokens.h"
#include "codec/train/runtime_model.h"

namespace quaver {
namespace {

// Share of the clips on which the rates are measured: with an entropy model fitted to all of them.
constexpr size_t kRateStride = 16;
constexpr double kMostSeconds = 20 * 3600;  // that the network learns from

struct Tokens {
  EntropyCounter counts;
  std::vector<ClipTokens> measured;  // for the rates
  std::vector<ClipTokens> learnt;    // by the network
};

Result<Tokens> TokeniseAll(const Weights& weights, const Dataset& data, const FitProgress& progress) {
  const BottleneckConfig& bottleneck = weights.config.bottleneck;
  const auto runtime = RuntimeModel(weights);
  if (!runtime.ok()) return runtime.error();
  std::mt19937_64 random(1);
  const double share = kMostSeconds / std::max(kMostSeconds, data.seconds());
  Tokens tokens{EntropyCounter(bottleneck, kMaxFramesPerPacket), {}, {}};
  for (size_t i = 0; i < data.clips.size(); ++i) {
    ClipTokens clip = Tokenise(runtime.value(), data.clips[i]);
    tokens.counts.Add(clip.tokens, clip.frames);
    if (i % kRateStride == 0) tokens.measured.push_back(clip);
    if (std::generate_canonical<double, 53>(random) < share) tokens.learnt.push_back(std::move(clip));
    if (progress)
      progress("counting tokens: clip", static_cast<int64_t>(i + 1), static_cast<int64_t>(data.clips.size()));
  }
  return tokens;
}

size_t PacketBytes(const EntropyModel& model, const ClipTokens& clip, int n_q) {
  const PacketDefaults defaults{kMaxFramesPerPacket, n_q};
  std::array<uint8_t, kMaxPacketBytes> bytes;
  size_t total = 0;
  for (int first = 0; first < clip.frames; first += kMaxFramesPerPacket) {
    PacketTokens packet;
    packet.frames = std::min(kMaxFramesPerPacket, clip.frames - first);
    for (int t = 0; t < packet.frames; ++t) {
      packet.n_q[t] = static_cast<uint8_t>(n_q);
      const uint16_t* row = clip.tokens.data() + static_cast<size_t>(first + t) * model.groups();
      std::copy(row, row + n_q, packet.token[t].begin());
    }
    total += EncodePacket(model, defaults, packet, bytes);
  }
  return total;
}

// Bits per second of packets at each n_q.
std::vector<int> MeasureRates(const EntropyModel& model, const std::vector<ClipTokens>& clips,
                              const Config& config) {
  std::vector<int> rates;
  for (int n_q = 1; n_q <= config.bottleneck.groups; ++n_q) {
    double bytes = 0;
    double frames = 0;
    for (const ClipTokens& clip : clips) {
      bytes += static_cast<double>(PacketBytes(model, clip, n_q));
      frames += clip.frames;
    }
    rates.push_back(static_cast<int>(8 * bytes * config.frame_rate() / std::max(1.0, frames) + 0.5));
  }
  return rates;
}

std::span<const float> CodebookOf(const Weights& weights) {
  const auto found = weights.tensors.find(kCodebook);
  return found == weights.tensors.end() ? std::span<const float>() : std::span(found->second.values);
}

}  // namespace

Status FitEntropy(Weights& weights, const Dataset& data, const FitEntropyNetworkOptions& options,
                  const FitProgress& progress) {
  const BottleneckConfig& bottleneck = weights.config.bottleneck;
  auto tokens = TokeniseAll(weights, data, progress);
  if (!tokens.ok()) return tokens.error();
  // What the frames before tell, the network tells better than tables do.
  weights.frequencies = tokens.value().counts.Frequencies(options.steps > 0 ? TableContexts::kThisFrame
                                                                            : TableContexts::kFrameBefore);
  auto model = EntropyModel::Create(bottleneck, weights.frequencies);
  if (!model.ok()) return model.error();
  const auto steps = [&](int64_t done, int64_t total) {
    if (progress) progress("fitting the entropy network: step", done, total);
  };
  const auto codebook = CodebookOf(weights);
  weights.entropy_network =
      FitEntropyNetwork(bottleneck, codebook, model.value(), tokens.value().learnt, options, steps);
  if (weights.entropy_network.units > 0) {
    auto network = EntropyNetwork::Create(bottleneck, codebook, weights.entropy_network);
    if (!network.ok()) return network.error();
    model.value().SetNetwork(std::move(network).value());
  }
  weights.metadata["payload_bps"] =
      nlohmann::json(MeasureRates(model.value(), tokens.value().measured, weights.config)).dump();
  return {};
}

}  // namespace quaver
