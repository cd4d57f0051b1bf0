// Makes every call of the C++ headers in a program of somebody else. Standard input: raw 16-bit speech at 16
// kHz, at least 1.5 s.
#include "every_call.h"

#include <quaver/batch.h>
#include <quaver/bitstream/packet.h>
#include <quaver/codec.h>
#include <quaver/state.h>
#include <quaver/stream_decoder.h>
#include <quaver/stream_encoder.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace {

constexpr size_t kFrame = 320, kFrames = 75, kTokens = 6;
using Shared = std::shared_ptr<const quaver::Model>;

struct Speech {
  std::vector<int16_t> pcm;
  std::vector<float> samples;
  std::vector<uint16_t> tokens;
  std::vector<float> decoded;
};

Speech ReadSpeech() {
  Speech speech;
  speech.pcm.resize(kFrame * kFrames);
  CHECK(std::fread(speech.pcm.data(), sizeof(int16_t), speech.pcm.size(), stdin) == speech.pcm.size());
  for (const int16_t s : speech.pcm) speech.samples.push_back(static_cast<float>(s) / 32768.0f);
  speech.tokens.resize(kFrames * kTokens);
  speech.decoded.resize(kFrame * kFrames);
  return speech;
}

bool Same(const std::vector<float>& a, const std::vector<int16_t>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](float x, int16_t y) {
    return std::abs(std::clamp(x * 32768.0f, -32768.0f, 32767.0f) - static_cast<float>(y)) <= 0.5f;
  });
}

Shared Models() {
  const auto model = quaver::Model::BuiltIn();
  CHECK(model.ok());
  const Shared& it = model.value();
  CHECK(quaver::Model::Find("default").value()->identity() == it->identity());
  CHECK(quaver::Model::Find(it->identity()).value()->identity() == it->identity());
  CHECK(!quaver::Model::Load("/no/such/file.safetensors").ok());
  CHECK(!quaver::Model::FromBytes({}, "nothing").ok());
  CHECK(quaver::ToHex(it->identity()).size() == 64);
  CHECK(!it->metadata().empty() && it->matrix_bytes() > 0);
  CHECK(it->sample_rate() == 16000 && it->frame() == static_cast<int>(kFrame) && it->frame_rate() == 50);
  CHECK(it->groups() >= static_cast<int>(kTokens) && it->codes() > 1 && it->delay() > 0 &&
        quaver::RunInFrames(*it) > 0);
  const auto rate = quaver::ExpectedBitrate(*it, kTokens, 5);
  CHECK(quaver::TokensForBitrate(*it, rate.value() + 1, 5).value() == static_cast<int>(kTokens));
  return it;
}

void Encoders(const Shared& model, Speech& speech) {
  quaver::Encoder encoder(model), live(model, 1);
  std::vector<uint16_t> again(speech.tokens.size());
  CHECK(&encoder.model() == model.get() && encoder.memory() > live.memory());
  CHECK(encoder.FramesAfter(speech.samples.size()) == static_cast<int>(kFrames));
  CHECK(encoder.Encode(speech.samples, kTokens, speech.tokens) == static_cast<int>(kFrames));
  CHECK(live.EncodePcm16(speech.pcm, kTokens, again) == static_cast<int>(kFrames));
  CHECK(speech.tokens == again);
  std::vector<std::byte> state(encoder.state_size());
  encoder.Reset();
  CHECK(encoder.Save(state) && quaver::CheckState(live, state).ok() && live.Restore(state));
  quaver::Encoder moved(std::move(live));
  encoder = std::move(moved);
  CHECK(encoder.Encode(speech.samples, kTokens, again) == static_cast<int>(kFrames) &&
        speech.tokens == again);
}

void Decoders(const Shared& model, Speech& speech) {
  quaver::Decoder decoder(model), live(model, 1);
  std::vector<float> again(speech.decoded.size()), frame(kFrame);
  std::vector<int16_t> pcm(speech.decoded.size()), pcm_frame(kFrame);
  CHECK(&decoder.model() == model.get() && decoder.memory() > live.memory());
  CHECK(decoder.Decode(speech.tokens, kTokens, speech.decoded));
  CHECK(live.DecodePcm16(speech.tokens, kTokens, pcm) && Same(speech.decoded, pcm));
  CHECK(decoder.Conceal(frame) && live.ConcealPcm16(pcm_frame) && Same(frame, pcm_frame));
  std::vector<std::byte> state(decoder.state_size());
  decoder.Reset();
  CHECK(decoder.Save(state) && quaver::CheckState(live, state).ok() && live.Restore(state));
  quaver::Decoder moved(std::move(live));
  decoder = std::move(moved);
  CHECK(decoder.Decode(speech.tokens, kTokens, again) && speech.decoded == again);
}

void Packets(const quaver::Model& model, const Speech& speech) {
  const quaver::PacketDefaults defaults{5, kTokens};
  quaver::PacketTokens sent{1, {kTokens}, {}}, received;
  std::copy_n(speech.tokens.begin(), kTokens, sent.token[0].begin());
  std::vector<uint8_t> packet(quaver::kMaxPacketBytes);
  packet.resize(quaver::EncodePacket(model.entropy(), defaults, sent, packet));
  CHECK(quaver::PacketFrames(defaults, packet) == 1);
  CHECK(quaver::DecodePacket(model.entropy(), defaults, packet, received));
  CHECK(received.n_q[0] == kTokens &&
        std::equal(&sent.token[0][0], &sent.token[0][kTokens], &received.token[0][0]));
}

void Batches(const Shared& model, const Speech& speech) {
  quaver::Encoder encoder(model, 1);
  quaver::Decoder decoder(model, 1);
  quaver::Encoder* const encoders[] = {&encoder};
  quaver::Decoder* const decoders[] = {&decoder};
  const int n_q[] = {static_cast<int>(kTokens)};
  std::vector<uint16_t> tokens(static_cast<size_t>(model->groups()));
  std::vector<float> sound(kFrame);
  quaver::Batch first(model), moved(std::move(first)), batch(nullptr);
  batch = std::move(moved);
  CHECK(batch.Encode(encoders, std::span(speech.samples).first(kFrame), n_q, tokens));
  CHECK(batch.Decode(decoders, tokens, n_q, sound));
  CHECK(std::equal(sound.begin(), sound.end(), speech.decoded.begin()));
}

void Streams(const Shared& model, const Speech& speech) {
  auto created = quaver::StreamEncoder::Create(model, {.tokens = kTokens, .frames_per_packet = 5});
  CHECK(created.ok());
  quaver::StreamEncoder first = std::move(created).value(), sender(std::move(first));
  first = quaver::StreamEncoder::Create(model, {}).value();
  CHECK(&sender.model() == model.get() && sender.set_format(sender.format()));
  const auto half = speech.samples.size() / 2;
  CHECK(sender.Write(std::span(speech.samples).first(half)) && sender.samples() == half);
  CHECK(sender.SetBitrate(1500).ok() && sender.SetTokens(kTokens).ok());
  CHECK(sender.WritePcm16(std::span(speech.pcm).subspan(half)) && sender.Flush() && sender.ready() > 2);

  auto made = quaver::StreamDecoder::Create(model, {.format = sender.format(), .skip = 0});
  CHECK(made.ok());
  quaver::StreamDecoder second = std::move(made).value(), receiver(std::move(second));
  second = quaver::StreamDecoder::Create(model, {.format = sender.format(), .skip = -1}).value();
  CHECK(&receiver.model() == model.get() && receiver.set_format(sender.format()));
  CHECK(receiver.to_skip() == 0 && second.to_skip() == static_cast<uint64_t>(model->delay()));
  quaver::PacketTokens tokens;
  CHECK(sender.ReadTokens(tokens) && tokens.frames == 5);
  for (size_t f = 0; f < 5; ++f)
    CHECK(receiver.WriteTokens(std::span(tokens.token[f]).first(kTokens), kTokens));
  std::vector<uint8_t> packet(quaver::kMaxPacketBytes);
  const size_t bytes = sender.Read(packet);
  CHECK(bytes > 0 && receiver.Write({packet.data(), bytes}));
  while (const auto next = sender.Read()) CHECK(receiver.Write(next->bytes));
  const uint64_t frames = receiver.frames();
  CHECK(receiver.WriteLost(1) && receiver.frames() == frames + 1 &&
        receiver.samples() == (frames + 1) * kFrame);
  const size_t ready = receiver.ready();
  CHECK(receiver.set_hold_back(1) && receiver.ready() == ready - kFrame);
  CHECK(receiver.Flush(speech.decoded.size()) && receiver.ready() == speech.decoded.size());
  std::vector<float> heard(speech.decoded.size() / 2);
  std::vector<int16_t> pcm(speech.decoded.size() - heard.size());
  CHECK(receiver.Read(heard) == heard.size() &&
        std::equal(heard.begin(), heard.end(), speech.decoded.begin()));
  CHECK(receiver.ReadPcm16(pcm) == pcm.size());
  CHECK(
      Same({speech.decoded.begin() + static_cast<std::ptrdiff_t>(heard.size()), speech.decoded.end()}, pcm));

  const auto sound = quaver::EncodeSound(model, {.tokens = kTokens}, speech.samples);
  CHECK(sound.ok() && quaver::DecodeSound(model, sound.value()).value().size() == speech.samples.size());
}

}  // namespace

int main() {
  Speech speech = ReadSpeech();
  const Shared model = Models();
  Encoders(model, speech);
  Decoders(model, speech);
  Packets(*model, speech);
  Batches(model, speech);
  Streams(model, speech);
}
