#include "codec/encode/bitrate.h"

#include <cmath>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

#include "codec/model/config.h"
#include "codec/stream_encoder.h"
#include "codec/util/format.h"

namespace quaver {

Result<std::vector<double>> ExpectedBitrates(const Model& model) {
  const auto groups = static_cast<size_t>(model.groups());
  std::vector<double> rates(groups);
  const auto entry = model.metadata().find("payload_bps");
  if (entry == model.metadata().end()) {
    const double token = model.frame_rate() * std::log2(model.codes());
    for (size_t i = 0; i < groups; ++i) rates[i] = token * static_cast<double>(i + 1);
    return rates;
  }
  const auto json = nlohmann::json::parse(entry->second, nullptr, false);
  bool valid = json.is_array() && json.size() == groups;
  for (size_t i = 0; valid && i < groups; ++i) {
    valid = json[i].is_number() && json[i].get<double>() > 0;
    if (valid) rates[i] = json[i].get<double>();
  }
  if (valid) return rates;
  return Error{"the model's metadata \"payload_bps\" are not " + std::to_string(groups) +
               " positive numbers; choose tokens instead of a bit rate"};
}

Result<int> TokensForBitrate(double bits_per_second, const std::vector<double>& expected) {
  for (size_t n_q = expected.size(); n_q > 0; --n_q) {
    if (expected[n_q - 1] <= bits_per_second) return static_cast<int>(n_q);
  }
  return Error{Format("%.0f bits per second are too few: one token a frame already takes about %.0f",
                      bits_per_second, expected.empty() ? 0.0 : expected.front())};
}

namespace {

// Bits that a packet costs beside its tokens: filling its last byte, and what its first frame costs more than
// those that follow, for want of context. Measured on speech with the shipped model: 3.1 to 4.5 bits a packet
// at n_q = 1, 7.8 to 9.3 at n_q = 12.
double PacketBits(int n_q) { return 4 + 0.45 * n_q; }

double WithPackets(const Model& model, double expected, int n_q, int frames) {
  const double packets = model.frame_rate() * (1.0 / frames - 1.0 / kMaxFramesPerPacket);
  return expected + PacketBits(n_q) * packets;
}

Status CheckFrames(int frames) {
  if (frames >= 1 && frames <= kMaxFramesPerPacket) return {};
  return Error{Format("%d frames a packet: must be within 1 .. %d", frames, kMaxFramesPerPacket)};
}

}  // namespace

Result<int> TokensForBitrate(const Model& model, double bits_per_second, int frames_per_packet) {
  if (const Status valid = CheckFrames(frames_per_packet); !valid.ok()) return valid.error();
  auto rates = ExpectedBitrates(model);
  if (!rates.ok()) return rates.error();
  int n_q = 0;
  for (double& rate : rates.value()) rate = WithPackets(model, rate, ++n_q, frames_per_packet);
  return TokensForBitrate(bits_per_second, rates.value());
}

Result<double> ExpectedBitrate(const Model& model, int tokens, int frames_per_packet) {
  if (const Status valid = CheckFrames(frames_per_packet); !valid.ok()) return valid.error();
  if (tokens < 1 || tokens > model.groups())
    return Error{Format("%d tokens a frame: must be within 1 .. %d", tokens, model.groups())};
  const auto rates = ExpectedBitrates(model);
  if (!rates.ok()) return rates.error();
  return WithPackets(model, rates.value()[static_cast<size_t>(tokens - 1)], tokens, frames_per_packet);
}

}  // namespace quaver
