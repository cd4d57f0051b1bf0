#include "apps/selftest/coded_clip.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

#include "codec/encode/token_rows.h"
#include "codec/util/format.h"

namespace quaver {
namespace {

constexpr int kFramesPerPacket = 10;

PacketTokens PacketOf(const TokenMatrix& tokens, size_t first, int frames) {
  PacketTokens packet;
  for (auto& row : packet.token) row.fill(kNoToken);
  for (size_t f = 0; f < static_cast<size_t>(frames); ++f) {
    const auto row = std::span(tokens.values).subspan((first + f) * tokens.columns, tokens.columns);
    AppendFrame(packet, row.first(RowLength(row)));
  }
  return packet;
}

std::vector<uint8_t> Encoded(const Model& model, const PacketDefaults& defaults, const PacketTokens& tokens) {
  std::vector<uint8_t> packet(kMaxPacketBytes);
  packet.resize(EncodePacket(model.entropy(), defaults, tokens, packet));
  return packet;
}

TokenMatrix TokensOf(const std::shared_ptr<const Model>& model, std::vector<float> input, size_t rows) {
  TokenMatrix tokens{rows, static_cast<size_t>(model->groups()), {}};
  tokens.values.resize(rows * tokens.columns);
  input.resize(rows * static_cast<size_t>(model->frame()));
  Encoder(model).Encode(input, model->groups(), tokens.values);
  return tokens;
}

// Without the delay; as long as the tokens allow.
std::vector<float> SoundOf(const std::shared_ptr<const Model>& model, const TokenMatrix& tokens) {
  const auto frame = static_cast<size_t>(model->frame());
  std::vector<float> sound(tokens.rows * frame);
  Decoder decoder(model);
  for (size_t row = 0; row < tokens.rows; ++row) {
    const PacketTokens packet = PacketOf(tokens, row, 1);
    if (!decoder.Decode(std::span(packet.token[0]).first(packet.n_q[0]), packet.n_q[0],
                        std::span(sound).subspan(row * frame, frame))) {
      return {};
    }
  }
  sound.erase(sound.begin(), sound.begin() + std::min<std::ptrdiff_t>(model->delay(), std::ssize(sound)));
  return sound;
}

void CheckPackets(const Model& model, const CodedClip& clip, ClipCheck& check) {
  size_t row = 0, decoded = 0, encoded = 0;
  for (const auto& bytes : clip.packets) {
    const int frames = PacketFrames(clip.defaults, bytes);
    if (frames == 0 || row + static_cast<size_t>(frames) > clip.tokens.rows) break;
    const PacketTokens expected = PacketOf(clip.tokens, row, frames);
    PacketTokens tokens;
    decoded += DecodePacket(model.entropy(), clip.defaults, bytes, tokens) && tokens.n_q == expected.n_q &&
               tokens.token == expected.token;
    encoded += Encoded(model, clip.defaults, expected) == bytes;
    row += static_cast<size_t>(frames);
  }
  const auto fail = [&](size_t good, const char* what) {
    if (good == clip.packets.size() && row == clip.tokens.rows) return;
    check.failures.push_back(
        clip.name + Format(": %zu of %zu packets %s", clip.packets.size() - good, clip.packets.size(), what));
  };
  fail(decoded, "do not decode to their tokens");
  fail(encoded, "are not what their tokens encode to");
}

void CheckSound(const std::shared_ptr<const Model>& model, const CodedClip& clip, ClipCheck& check) {
  const auto sound = SoundOf(model, clip.tokens);
  if (sound.size() < clip.sound.size()) {
    check.failures.push_back(clip.name + ": the tokens do not decode to sound of its length");
    return;
  }
  for (size_t i = 0; i < clip.sound.size(); ++i) {
    const double error = std::abs(double{sound[i]} - clip.sound[i]);
    check.worst_sample = error <= check.worst_sample ? check.worst_sample : error;  // NaN stays
  }
  if (!(check.worst_sample <= clip.max_sample_error)) {
    check.failures.push_back(clip.name + Format(": a sample is off by %.2g, more than %.2g",
                                                check.worst_sample, clip.max_sample_error));
  }
}

void CheckTokens(const std::shared_ptr<const Model>& model, const CodedClip& clip, ClipCheck& check) {
  const TokenMatrix found = TokensOf(model, clip.input, clip.tokens.rows);
  size_t sent = 0, equal = 0;
  for (size_t i = 0; i < found.values.size(); ++i) {
    sent += clip.tokens.values[i] != kNoToken;
    equal += clip.tokens.values[i] == found.values[i];
  }
  check.equal_tokens = static_cast<double>(equal) / static_cast<double>(std::max<size_t>(sent, 1));
  if (check.equal_tokens < clip.min_equal_tokens) {
    check.failures.push_back(clip.name + Format(": only %.2f %% of the tokens are equal, not %.2f %%",
                                                100 * check.equal_tokens, 100 * clip.min_equal_tokens));
  }
}

// Syllables of a buzz with changing pitch, and of noise: nothing to listen to, but all groups have work.
std::vector<float> MadeUpVoice(int rate, double seconds) {
  std::vector<float> samples(static_cast<size_t>(seconds * rate));
  uint32_t noise = 1;
  double phase = 0;
  for (size_t i = 0; i < samples.size(); ++i) {
    const double t = static_cast<double>(i) / rate;
    noise = noise * 1664525u + 1013904223u;
    const double hiss = static_cast<double>(noise >> 8) / (1 << 24) - 0.5;
    phase += (120 + 40 * std::sin(3 * t)) / rate;
    double buzz = 0;
    for (int k = 1; k <= 20; ++k) buzz += std::sin(2 * std::numbers::pi * k * phase) / k;
    const double syllable = std::max(0.0, std::sin(2 * std::numbers::pi * 2.5 * t));
    const bool voiced = std::fmod(t, 0.8) < 0.55;
    samples[i] = static_cast<float>(syllable * (voiced ? 0.15 * buzz + 0.01 * hiss : 0.2 * hiss));
  }
  return samples;
}

}  // namespace

CodedClip CodedVoice(const std::shared_ptr<const Model>& model) {
  constexpr double kSeconds = 3;
  CodedClip clip;
  clip.name = "made-up voice";
  clip.input = MadeUpVoice(model->sample_rate(), kSeconds);
  clip.defaults = {kFramesPerPacket, model->groups()};
  clip.tokens = TokensOf(model, clip.input, clip.input.size() / static_cast<size_t>(model->frame()));
  for (size_t row = 0; row < clip.tokens.rows; row += kFramesPerPacket) {
    const auto frames = static_cast<int>(std::min<size_t>(kFramesPerPacket, clip.tokens.rows - row));
    clip.packets.push_back(Encoded(*model, clip.defaults, PacketOf(clip.tokens, row, frames)));
  }
  clip.sound = SoundOf(model, clip.tokens);
  clip.max_sample_error = 1e-3;
  clip.min_equal_tokens = 0.99;
  return clip;
}

ClipCheck CheckClip(const std::shared_ptr<const Model>& model, const CodedClip& clip) {
  ClipCheck check;
  CheckPackets(*model, clip, check);
  CheckSound(model, clip, check);
  CheckTokens(model, clip, check);
  return check;
}

}  // namespace quaver
