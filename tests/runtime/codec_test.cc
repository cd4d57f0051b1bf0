// Properties of the whole codec: what a stream may rely on, however it is cut up.

// As in the sources of the kernels: targets that they are not compiled for are not asked of them.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

#include "codec/codec.h"

#include <gtest/gtest.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <set>
#include <utility>

#include "codec/model_access.h"
#include "codec/quantize/fsp.h"
#include "codec/runtime/buffer.h"
#include "codec/runtime/kernels.h"
#include "codec/runtime/network_plan.h"
#include "codec/state_head.h"
#include "tests/runtime/reference.h"
#include "tests/runtime/signals.h"

namespace quaver {
namespace {

using internal::Buffer;
using internal::Chain;
using Bytes = std::vector<std::byte>;
using Tokens = std::vector<uint16_t>;

constexpr int kFrame = 320;
constexpr double kTolerance = 1e-4;
static_assert(noexcept(std::declval<Encoder&>().Encode({}, 0,
                                                       {})) && noexcept(std::declval<Encoder&>().Reset()));
static_assert(
    noexcept(std::declval<Decoder&>().Decode({}, 0, {})) && noexcept(std::declval<Decoder&>().Conceal({})));

template <typename Stream>
Bytes StateOf(const Stream& stream) {
  Bytes state(stream.state_size());
  EXPECT_TRUE(stream.Save(state));
  return state;
}

// Encodes `samples` in chunks of the sizes that `next` gives.
template <typename Next>
Tokens Encode(Encoder& encoder, std::span<const float> samples, int n_q, Next next) {
  Tokens all;
  while (!samples.empty()) {
    const size_t count = std::min<size_t>(samples.size(), next());
    Tokens tokens(static_cast<size_t>(encoder.FramesAfter(count) * n_q));
    const int expected = encoder.FramesAfter(count);
    EXPECT_EQ(encoder.Encode(samples.first(count), n_q, tokens), expected);
    all.insert(all.end(), tokens.begin(), tokens.end());
    samples = samples.subspan(count);
  }
  return all;
}

Tokens EncodeAll(const std::shared_ptr<const Model>& model, std::span<const float> samples, int n_q) {
  Encoder encoder(model);
  return Encode(encoder, samples, n_q, [&] { return samples.size(); });
}

std::vector<float> DecodeAll(const std::shared_ptr<const Model>& model, const Tokens& tokens, int n_q) {
  Decoder decoder(model);
  std::vector<float> samples(tokens.size() / static_cast<size_t>(n_q) * kFrame);
  EXPECT_TRUE(decoder.Decode(tokens, n_q, samples));
  return samples;
}

// Runs one half of the network by itself.
std::vector<float> RunChain(const Chain& chain, const std::vector<float>& in) {
  const int steps = static_cast<int>(in.size()) / chain.in_stride();
  std::vector<float> out(static_cast<size_t>(chain.OutSteps(steps) * chain.out_stride()));
  Buffer state(chain.state_size());
  Buffer scratch(chain.ScratchSize(1, steps));
  float* states[] = {state.data()};
  chain.Run(in.data(), steps, out.data(), {states, 1}, scratch.data());
  return out;
}

double WorstError(const Signal& expected, const std::vector<float>& actual, int stride) {
  double worst = 0;
  for (size_t t = 0; t < expected.size(); ++t) {
    for (size_t c = 0; c < expected[t].size(); ++c) {
      const double error = std::fabs(expected[t][c] - actual[t * static_cast<size_t>(stride) + c]);
      worst = std::isnan(error) ? INFINITY : std::max(worst, error);
    }
  }
  return worst;
}

Signal SampleSignal(std::span<const float> samples) {
  Signal signal;
  for (const float sample : samples) signal.push_back({sample});
  return signal;
}

// What the decoder sees of a token of a group, from the definition.
std::vector<double> Centroid(const Weights& weights, size_t group, size_t token) {
  const BottleneckConfig& bottleneck = weights.config.bottleneck;
  const auto dims = static_cast<size_t>(bottleneck.dims());
  std::vector<double> values;
  for (size_t d = 0; d < dims; ++d) {
    if (bottleneck.type == "vp") {
      const Tensor& codebook = weights.tensors.at(kCodebook);
      const size_t first = codebook.shape[0] == 1 ? 0 : group * static_cast<size_t>(bottleneck.codes());
      values.push_back(codebook.values[(first + token) * dims + d]);
      continue;
    }
    const auto levels = static_cast<size_t>(bottleneck.levels[d]);
    values.push_back(std::sqrt(12.0) *
                     ((static_cast<double>(token % levels) + 0.5) / static_cast<double>(levels) - 0.5));
    token /= levels;
  }
  return values;
}

// What the decoder's network sees: [frames][latents].
Signal CentroidSignal(const Weights& weights, const Tokens& tokens, const std::vector<int>& n_q) {
  Signal signal;
  size_t at = 0;
  for (const int sent : n_q) {
    std::vector<double> frame;
    for (size_t i = 0; i < static_cast<size_t>(sent); ++i) {
      const auto values = Centroid(weights, i, tokens[at++]);
      frame.insert(frame.end(), values.begin(), values.end());
    }
    frame.resize(static_cast<size_t>(weights.config.bottleneck.latents()));
    signal.push_back(frame);
  }
  return signal;
}

// The default network with either type of bottleneck.
Config DefaultConfig(const std::string& type) {
  Config config;
  config.bottleneck.type = type;
  return config;
}

Config TinyConfigOf(const std::string& type) { return type == "vp" ? TinyVpConfig() : TinyConfig(); }

class CodecTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    ASSERT_NE(model_, nullptr);
    ASSERT_EQ(speech_.size(), size_t{40 * kFrame + 123});
  }
  std::shared_ptr<const Model> model_ = RandomModel(TinyConfigOf(GetParam()));
  int codes_ = model_ == nullptr ? 0 : model_->codes();
  std::vector<float> speech_ = Speech("en-vctk-p228.flac", 40 * kFrame + 123);
};
INSTANTIATE_TEST_SUITE_P(Types, CodecTest, testing::Values("fsp", "vp"));

void ExpectNetworksAgree(const Config& config, int frames) {
  const Weights weights = VariedWeights(config, 1);
  const auto model = RandomModel(config);
  const auto speech = Speech("en-librispeech-3699.flac", 40000);
  ASSERT_EQ(speech.size(), size_t{40000});
  const std::vector<float> samples(speech.end() - frames * kFrame, speech.end());
  const Network network = BuildNetwork(config);
  const auto latents = RunChain(internal::ModelAccess::plan(*model).encoder(), samples);
  const Signal expected = ReferenceNetwork(network.encoder, weights, SampleSignal(samples));
  EXPECT_LT(WorstError(expected, latents, internal::ModelAccess::plan(*model).encoder().out_stride()),
            kTolerance);

  std::vector<int> n_q;
  for (int t = 0; t < frames; ++t) n_q.push_back(t * 7 % 19);
  Tokens tokens;
  std::vector<float> decoded(samples.size());
  Decoder decoder(model);
  for (int t = 0; t < frames; ++t) {
    const auto frame = RandomTokens(static_cast<size_t>(n_q[t]), model->codes(), static_cast<uint64_t>(t));
    ASSERT_TRUE(
        decoder.Decode(frame, n_q[t], std::span(decoded).subspan(static_cast<size_t>(t) * kFrame, kFrame)));
    tokens.insert(tokens.end(), frame.begin(), frame.end());
  }
  const Signal sound = ReferenceNetwork(network.decoder, weights, CentroidSignal(weights, tokens, n_q));
  ASSERT_EQ(sound.size(), decoded.size());
  EXPECT_LT(WorstError(sound, decoded, 1), kTolerance);
}

TEST(NetworkTest, TinyAgreesWithTheFormulas) { ExpectNetworksAgree(TinyConfig(), 30); }
TEST(NetworkTest, TinyVpAgreesWithTheFormulas) { ExpectNetworksAgree(TinyVpConfig(), 30); }
TEST(NetworkTest, DefaultAgreesWithTheFormulas) { ExpectNetworksAgree(Config{}, 12); }

// The network's own sound, at a level that falls in a line from the end of the 4th frame to that of the 14th.
void ExpectALongLossFadesOut(const Config& config) {
  const Weights weights = VariedWeights(config, 1);
  const auto model = RandomModel(config);
  std::vector<int> n_q(50, 0);
  for (const int t : {0, 1, 2, 3, 4, 10, 48, 49}) n_q[static_cast<size_t>(t)] = 18;
  Tokens tokens;
  std::vector<float> decoded(n_q.size() * kFrame);
  Decoder decoder(model);
  for (size_t t = 0; t < n_q.size(); ++t) {
    const auto frame = RandomTokens(static_cast<size_t>(n_q[t]), model->codes(), t);
    ASSERT_TRUE(decoder.Decode(frame, n_q[t], std::span(decoded).subspan(t * kFrame, kFrame)));
    tokens.insert(tokens.end(), frame.begin(), frame.end());
  }
  Signal sound =
      ReferenceNetwork(BuildNetwork(config).decoder, weights, CentroidSignal(weights, tokens, n_q));
  double loudest = 0;
  int missing = 0;
  for (size_t i = 0; i < sound.size(); ++i) {
    if (i % kFrame == 0) missing = n_q[i / kFrame] == 0 ? missing + kFrame : 0;
    if (missing == 0) continue;
    const double at = missing - kFrame + static_cast<double>(i % kFrame);
    if (at >= 14 * kFrame) {
      EXPECT_EQ(decoded[i], 0) << i;
      loudest = std::max(loudest, std::abs(sound[i][0]));
    }
    sound[i][0] *= std::clamp((14 * kFrame - at) / (10 * kFrame), 0.0, 1.0);
  }
  EXPECT_LT(WorstError(sound, decoded, 1), kTolerance);
  EXPECT_GT(loudest, 0.001);  // it would have gone on
}

TEST(NetworkTest, ALongLossFadesOut) { ExpectALongLossFadesOut(TinyConfig()); }
TEST(NetworkTest, ALongLossFadesOutOfVpToo) { ExpectALongLossFadesOut(TinyVpConfig()); }

TEST(NetworkTest, EveryInstructionSetAgrees) {
  const auto speech = Speech("fr-common-voice-3.flac", 25600);
  const auto samples = std::vector<float>(speech.end() - 8 * kFrame, speech.end());
  const auto model = RandomModel(Config{});
  const auto latents = RunChain(internal::ModelAccess::plan(*model).encoder(), samples);
  const auto tokens = RandomTokens(8 * 18, 1000, 3);
  const auto sound = DecodeAll(model, tokens, 18);
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    ASSERT_STREQ(internal::ChooseTarget(), hwy::TargetName(target));
    const auto other_latents = RunChain(internal::ModelAccess::plan(*model).encoder(), samples);
    const auto other_sound = DecodeAll(model, tokens, 18);
    for (size_t i = 0; i < latents.size(); ++i) ASSERT_NEAR(other_latents[i], latents[i], kTolerance) << i;
    for (size_t i = 0; i < sound.size(); ++i) ASSERT_NEAR(other_sound[i], sound[i], kTolerance) << i;
    hwy::SetSupportedTargetsForTest(0);
  }
}

TEST_P(CodecTest, TokensAreTheCentroidsNearestToTheLatents) {
  const auto latents = RunChain(internal::ModelAccess::plan(*model_).encoder(),
                                {speech_.begin(), speech_.begin() + 40 * kFrame});
  const size_t stride = static_cast<size_t>(internal::ModelAccess::plan(*model_).encoder().out_stride());
  const auto tokens = EncodeAll(model_, speech_, 18);
  ASSERT_EQ(tokens.size(), size_t{40 * 18});
  const Weights weights = VariedWeights(internal::ModelAccess::config(*model_), 1);
  int differing = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    // FSP: cells of equal width, with the centroid in the middle, so the cell's is the nearest one.
    const auto distance = [&](size_t token) {
      const auto centroid = Centroid(weights, i % 18, token);
      double sum = 0;
      for (size_t d = 0; d < 4; ++d) {
        double a = latents[i / 18 * stride + i % 18 * 4 + d];
        if (GetParam() == "fsp") a = std::sqrt(3.0) * std::tanh(a);
        sum += (a - centroid[d]) * (a - centroid[d]);
      }
      return sum;
    };
    const double found = distance(tokens[i]);
    for (size_t token = 0; token < static_cast<size_t>(codes_); ++token) {
      if (distance(token) < found) {
        ++differing;
        break;
      }
    }
  }
  EXPECT_LE(differing, 1);  // a latent may lie on the edge of a cell
  EXPECT_GT(std::set<uint16_t>(tokens.begin(), tokens.end()).size(), size_t{40});
}

TEST_P(CodecTest, EncoderIsIndifferentToChunks) {
  Encoder whole(model_);
  const auto expected = Encode(whole, speech_, 18, [&] { return speech_.size(); });
  ASSERT_EQ(expected.size(), size_t{40 * 18});
  const auto state = StateOf(whole);
  for (const size_t size : {1u, 7u, 160u, 319u, 320u, 321u, 1000u, 32u * kFrame, 33u * kFrame + 1}) {
    Encoder encoder(model_);
    EXPECT_EQ(Encode(encoder, speech_, 18, [&] { return size; }), expected) << "samples a call: " << size;
    EXPECT_EQ(StateOf(encoder), state) << "samples a call: " << size;
  }
  TestRandom random(2);
  Encoder encoder(model_);
  EXPECT_EQ(Encode(encoder, speech_, 18, [&] { return random.Below(1500); }), expected);
  EXPECT_EQ(StateOf(encoder), state);
}

TEST_P(CodecTest, DefaultModelIsIndifferentToChunks) {
  const auto model = RandomModel(DefaultConfig(GetParam()));
  const std::span<const float> samples = std::span(speech_).first(35 * kFrame);
  Encoder whole(model);
  const auto tokens = Encode(whole, samples, 18, [&] { return samples.size(); });
  Encoder frames(model);
  EXPECT_EQ(Encode(frames, samples, 18, [] { return kFrame; }), tokens);
  EXPECT_EQ(StateOf(frames), StateOf(whole));
  const auto expected = DecodeAll(model, tokens, 18);
  Decoder decoder(model);
  std::vector<float> sound(expected.size());
  for (size_t t = 0; t < 35; ++t) {
    ASSERT_TRUE(decoder.Decode(std::span(tokens).subspan(t * 18, 18), 18,
                               std::span(sound).subspan(t * kFrame, kFrame)));
  }
  EXPECT_TRUE(SameBits(sound, expected));
}

TEST_P(CodecTest, FramesThatRunAtOnceChangeNothing) {
  const auto expected = EncodeAll(model_, speech_, 18);
  const auto sound = DecodeAll(model_, expected, 18);
  for (const int frames : {-1, 1, 2, 13, kMaxBlockFrames, 1000}) {
    Encoder encoder(model_, frames);
    EXPECT_EQ(Encode(encoder, speech_, 18, [] { return 5000; }), expected) << frames;
    Decoder decoder(model_, frames);
    std::vector<float> samples(sound.size());
    ASSERT_TRUE(decoder.Decode(expected, 18, samples));
    EXPECT_TRUE(SameBits(samples, sound)) << frames;
  }
}

TEST_P(CodecTest, ALiveStreamTakesLittleMemory) {
  const auto model = RandomModel(DefaultConfig(GetParam()));
  const Encoder encoder(model, 1);
  const Decoder decoder(model, 1);
  EXPECT_GE(encoder.memory(), encoder.state_size());
  EXPECT_GE(decoder.memory(), decoder.state_size());
  EXPECT_LT(encoder.memory() + decoder.memory(), size_t{256} << 10);
}

TEST_P(CodecTest, DecoderIsIndifferentToChunks) {
  const auto tokens = EncodeAll(model_, speech_, 6);
  const auto expected = DecodeAll(model_, tokens, 6);
  for (const size_t frames : {1u, 2u, 3u, 7u, 25u, 32u, 33u, 40u}) {
    Decoder decoder(model_);
    std::vector<float> sound(expected.size());
    for (size_t t = 0; t < 40; t += frames) {
      const size_t count = std::min<size_t>(frames, 40 - t);
      const auto part = std::span(tokens).subspan(t * 6, count * 6);
      ASSERT_TRUE(decoder.Decode(part, 6, std::span(sound).subspan(t * kFrame, count * kFrame)));
    }
    EXPECT_TRUE(SameBits(sound, expected)) << "frames a call: " << frames;
  }
}

TEST_P(CodecTest, EncoderIsCausal) {
  const auto latents = [&](const std::vector<float>& samples) {
    return RunChain(internal::ModelAccess::plan(*model_).encoder(), samples);
  };
  const std::vector<float> samples(speech_.begin(), speech_.begin() + 30 * kFrame);
  const auto before = latents(samples);
  const size_t stride = before.size() / 30;
  for (const size_t cut : {1u, 2u, 17u, 29u}) {
    auto changed = samples;
    for (size_t i = cut * kFrame; i < changed.size(); ++i) changed[i] = -0.5f * changed[i] + 0.01f;
    const auto after = latents(changed);
    EXPECT_TRUE(SameBits(std::span(before).first(cut * stride), std::span(after).first(cut * stride)));
    EXPECT_FALSE(SameBits(std::span(before).subspan(cut * stride, stride),
                          std::span(after).subspan(cut * stride, stride)));
  }
}

TEST_P(CodecTest, DecoderIsCausal) {
  const auto tokens = RandomTokens(30 * 18, codes_, 1);
  const auto before = DecodeAll(model_, tokens, 18);
  for (const size_t cut : {1u, 2u, 17u, 29u}) {
    auto changed = tokens;
    const auto other = RandomTokens((30 - cut) * 18, codes_, 2);
    std::copy(other.begin(), other.end(), changed.begin() + static_cast<std::ptrdiff_t>(cut * 18));
    const auto after = DecodeAll(model_, changed, 18);
    EXPECT_TRUE(SameBits(std::span(before).first(cut * kFrame), std::span(after).first(cut * kFrame)));
    EXPECT_FALSE(SameBits(std::span(before).subspan(cut * kFrame, kFrame),
                          std::span(after).subspan(cut * kFrame, kFrame)));
  }
}

TEST_P(CodecTest, FewerTokensAreThePrefixOfMore) {
  const auto full = EncodeAll(model_, speech_, 18);
  for (const size_t n_q : {1u, 4u, 17u}) {
    const auto some = EncodeAll(model_, speech_, static_cast<int>(n_q));
    ASSERT_EQ(some.size(), 40 * n_q);
    for (size_t i = 0; i < some.size(); ++i) ASSERT_EQ(some[i], full[i / n_q * 18 + i % n_q]);
  }
}

TEST_P(CodecTest, TokensToSendMayChangeAtEveryFrame) {
  const auto full = EncodeAll(model_, speech_, 18);
  Encoder encoder(model_);
  Decoder decoder(model_);
  Decoder again(model_);
  for (size_t t = 0; t < 40; ++t) {
    const int n_q = static_cast<int>(t * 5 % 19);
    Tokens tokens(static_cast<size_t>(n_q));
    ASSERT_EQ(encoder.Encode(std::span(speech_).subspan(t * kFrame, kFrame), n_q, tokens), 1);
    ASSERT_TRUE(std::equal(tokens.begin(), tokens.end(), full.begin() + static_cast<std::ptrdiff_t>(t * 18)));
    std::vector<float> sound(kFrame);
    ASSERT_TRUE(decoder.Decode(tokens, n_q, sound));
    std::vector<float> other(kFrame);
    ASSERT_TRUE(n_q == 0 ? again.Conceal(other) : again.Decode(tokens, n_q, other));
    ASSERT_TRUE(SameBits(sound, other));
  }
}

TEST_P(CodecTest, AFadeGoesOnInAnyChunkingAndInAnotherObject) {
  const auto tokens = EncodeAll(model_, speech_, 18);
  std::vector<float> speech(40 * kFrame), whole(20 * kFrame);
  Decoder decoder(model_);
  ASSERT_TRUE(decoder.Decode(tokens, 18, speech));
  const Bytes begin = StateOf(decoder);
  ASSERT_TRUE(decoder.Decode({}, 0, whole));
  const Bytes end = StateOf(decoder);
  for (const size_t cut : {1u, 3u, 4u, 7u, 13u, 14u, 19u}) {
    Decoder first(model_), second(model_);
    ASSERT_TRUE(first.Restore(begin));
    std::vector<float> sound(20 * kFrame);
    ASSERT_TRUE(first.Decode({}, 0, std::span(sound).first(cut * kFrame)));
    ASSERT_TRUE(second.Restore(StateOf(first)));
    for (size_t t = cut; t < 20; ++t)
      ASSERT_TRUE(second.Conceal(std::span(sound).subspan(t * kFrame, kFrame)));
    EXPECT_TRUE(SameBits(sound, whole)) << cut;
    EXPECT_EQ(StateOf(second), end) << cut;
    second.Reset();
    EXPECT_EQ(StateOf(second), StateOf(Decoder(model_)));
  }
}

TEST_P(CodecTest, ResetEqualsFresh) {
  Encoder encoder(model_);
  const auto tokens = Encode(encoder, speech_, 18, [] { return 777; });
  encoder.Reset();
  EXPECT_EQ(StateOf(encoder), StateOf(Encoder(model_)));
  EXPECT_EQ(Encode(encoder, speech_, 18, [] { return 555; }), tokens);

  Decoder decoder(model_);
  std::vector<float> first(40 * kFrame);
  std::vector<float> second(40 * kFrame);
  ASSERT_TRUE(decoder.Decode(tokens, 18, first));
  decoder.Reset();
  ASSERT_TRUE(decoder.Decode(tokens, 18, second));
  EXPECT_TRUE(SameBits(first, second));
}

TEST_P(CodecTest, EncoderStateMovesToAnotherObject) {
  const auto expected = EncodeAll(model_, speech_, 18);
  for (const size_t cut : {1u, 5u * kFrame, 5u * kFrame + 319, 20u * kFrame + 3}) {
    Encoder first(model_);
    auto tokens = Encode(first, std::span(speech_).first(cut), 18, [&] { return cut; });
    Encoder second(model_);
    (void)Encode(second, Noise(1234, 8), 18, [] { return 100; });  // another stream before
    ASSERT_TRUE(second.Restore(StateOf(first)));
    const auto rest = Encode(second, std::span(speech_).subspan(cut), 18, [] { return 5000; });
    tokens.insert(tokens.end(), rest.begin(), rest.end());
    EXPECT_EQ(tokens, expected) << cut;
  }
}

TEST_P(CodecTest, DecoderStateMovesToAnotherObject) {
  const auto tokens = RandomTokens(20 * 9, codes_, 1);
  const auto expected = DecodeAll(model_, tokens, 9);
  for (const size_t cut : {1u, 10u}) {
    std::vector<float> sound(20 * kFrame);
    Decoder first(model_);
    ASSERT_TRUE(first.Decode(std::span(tokens).first(cut * 9), 9, std::span(sound).first(cut * kFrame)));
    Decoder second(model_);
    std::vector<float> silence(3 * kFrame);  // another stream before
    ASSERT_TRUE(second.Decode({}, 0, silence));
    ASSERT_TRUE(second.Restore(StateOf(first)));
    ASSERT_TRUE(second.Decode(std::span(tokens).subspan(cut * 9), 9, std::span(sound).subspan(cut * kFrame)));
    EXPECT_TRUE(SameBits(sound, expected));
  }
}

TEST_P(CodecTest, StreamsSurviveAMove) {
  const auto expected = EncodeAll(model_, speech_, 3);
  Encoder first(model_);
  auto tokens = Encode(first, std::span(speech_).first(1000), 3, [] { return 1000; });
  Encoder second(std::move(first));
  const auto rest = Encode(second, std::span(speech_).subspan(1000), 3, [] { return 1000; });
  tokens.insert(tokens.end(), rest.begin(), rest.end());
  EXPECT_EQ(tokens, expected);
}

TEST_P(CodecTest, EncoderRefusesAndStaysAsItWas) {
  Encoder encoder(model_);
  Tokens room(18 * 5);
  ASSERT_EQ(encoder.Encode(std::span(speech_).first(500), 18, room), 1);
  const auto state = StateOf(encoder);
  EXPECT_EQ(encoder.Encode(speech_, -1, room), -1);
  EXPECT_EQ(encoder.Encode(speech_, 19, room), -1);
  EXPECT_EQ(encoder.Encode(std::span(speech_).first(kFrame), 18, std::span(room).first(17)), -1);
  EXPECT_EQ(encoder.Encode(std::span(speech_).first(kFrame), 1, {}), -1);
  Bytes shorter(state.size() - 1);
  EXPECT_FALSE(encoder.Save(shorter));
  EXPECT_FALSE(encoder.Restore(shorter));
  auto forged = state;
  for (size_t i = 0; i < 4; ++i)  // more pending samples than a frame has
    forged[internal::kStateHeadBytes + i] = std::byte{0xFF};
  internal::PutStateHead(internal::StateOf::kEncoder, model_->identity(), forged);
  EXPECT_FALSE(encoder.Restore(forged));
  EXPECT_EQ(StateOf(encoder), state);
  EXPECT_EQ(encoder.Encode({}, 18, {}), 0);
  EXPECT_EQ(encoder.Encode(std::span(speech_).first(kFrame), 0, {}), 1);
}

TEST_P(CodecTest, DecoderRefusesAndStaysAsItWas) {
  Decoder decoder(model_);
  std::vector<float> sound(2 * kFrame, 5.0f);
  const auto tokens = RandomTokens(36, codes_, 1);
  ASSERT_TRUE(decoder.Decode(tokens, 18, sound));
  const auto state = StateOf(decoder);
  const auto before = sound;
  EXPECT_FALSE(decoder.Decode(tokens, -1, sound));
  EXPECT_FALSE(decoder.Decode(RandomTokens(38, codes_, 1), 19, sound));
  EXPECT_FALSE(decoder.Decode(std::span(tokens).first(35), 18, sound));
  EXPECT_FALSE(decoder.Decode(tokens, 18, std::span(sound).first(kFrame)));
  EXPECT_FALSE(decoder.Decode(tokens, 18, std::span(sound).first(2 * kFrame - 1)));
  auto wrong = tokens;
  wrong.back() = static_cast<uint16_t>(codes_);  // the first that is no code
  EXPECT_FALSE(decoder.Decode(wrong, 18, sound));
  wrong.back() = 0xFFFF;
  EXPECT_FALSE(decoder.Decode(wrong, 18, sound));
  EXPECT_FALSE(decoder.Conceal(sound));
  EXPECT_FALSE(decoder.Conceal({}));
  Bytes longer(state.size() + 1);
  EXPECT_FALSE(decoder.Save(longer));
  EXPECT_FALSE(decoder.Restore(longer));
  EXPECT_EQ(StateOf(decoder), state);
  EXPECT_TRUE(SameBits(sound, before));
  EXPECT_TRUE(decoder.Decode({}, 18, {}));
  wrong.back() = static_cast<uint16_t>(codes_ - 1);
  EXPECT_TRUE(decoder.Decode(wrong, 18, sound));
}

TEST_P(CodecTest, BadSamplesCountAsSilenceOrFullScale) {
  auto bad = speech_;
  auto good = speech_;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float strange[] = {NAN, kInfinity, -kInfinity};
  for (size_t i = 0; i < bad.size(); i += 37) {
    bad[i] = strange[i % 3];
    good[i] = 0.0f;
  }
  bad[1000] = 3e38f;
  good[1000] = 16.0f;
  bad[2000] = -1e6f;
  good[2000] = -16.0f;
  Encoder with_bad(model_);
  Encoder with_good(model_);
  EXPECT_EQ(Encode(with_bad, bad, 18, [] { return 999; }), Encode(with_good, good, 18, [] { return 999; }));
  EXPECT_EQ(StateOf(with_bad), StateOf(with_good));
}

TEST_P(CodecTest, ARestoredStateThatIsNotFiniteDoesNoHarm) {
  for (const float poison : {NAN, std::numeric_limits<float>::infinity(), 3e38f}) {
    Encoder encoder(model_);
    Bytes state = StateOf(encoder);
    const std::vector<float> values(state.size() / sizeof(float), poison);
    const auto poisoned = std::span(state).subspan(internal::kStateHeadBytes + 4);
    std::memcpy(poisoned.data(), values.data(), poisoned.size());
    internal::PutStateHead(internal::StateOf::kEncoder, model_->identity(), state);
    ASSERT_TRUE(encoder.Restore(state));
    for (const uint16_t token : Encode(encoder, speech_, 18, [] { return 3000; })) ASSERT_LT(token, codes_);

    Decoder decoder(model_);
    Bytes decoder_state = StateOf(decoder);
    for (size_t at = internal::kStateHeadBytes; at < decoder_state.size(); at += sizeof(float))
      std::memcpy(&decoder_state[at], &poison, sizeof(float));
    internal::PutStateHead(internal::StateOf::kDecoder, model_->identity(), decoder_state);
    ASSERT_TRUE(decoder.Restore(decoder_state));
    std::vector<float> sound(40 * kFrame);
    ASSERT_TRUE(decoder.Decode(RandomTokens(40 * 18, codes_, 1), 18, sound));
    ASSERT_TRUE(std::ranges::all_of(sound, [](float x) { return std::isfinite(x); }));
    // The memory of the network is finite: the poison is gone by now.
    const auto expected = DecodeAll(model_, RandomTokens(40 * 18, codes_, 1), 18);
    EXPECT_TRUE(SameBits(std::span(sound).last(kFrame), std::span(expected).last(kFrame)));
  }
}

TEST(FspTest, EverySquashingFunctionGivesItsCells) {
  const auto speech = Speech("en-vctk-p228.flac", 40 * kFrame);
  struct Named {
    const char* name;
    double (*cdf)(double);
  };
  const Named kAll[] = {
      {"tanh", [](double a) { return (std::tanh(a) + 1) / 2; }},
      {"sigmoid", [](double a) { return 1 / (1 + std::exp(-a)); }},
      {"normal", [](double a) { return (1 + std::erf(a / std::sqrt(2.0))) / 2; }},
      {"laplace", [](double a) { return a < 0 ? std::exp(a) / 2 : 1 - std::exp(-a) / 2; }},
      {"cauchy", [](double a) { return std::atan(a) / std::numbers::pi + 0.5; }},
  };
  for (const Named& named : kAll) {
    Config config = TinyConfig();
    config.bottleneck.cdf = named.name;
    const auto model = RandomModel(config);
    ASSERT_NE(model, nullptr);
    const auto tokens = EncodeAll(model, speech, 18);
    const auto latents = RunChain(internal::ModelAccess::plan(*model).encoder(), speech);
    const auto stride = static_cast<size_t>(internal::ModelAccess::plan(*model).encoder().out_stride());
    int differing = 0;
    for (size_t i = 0; i < tokens.size(); ++i) {
      const double z = named.cdf(latents[i / 18 * stride + i % 18 * 4]);
      differing += std::min(static_cast<int>(z * 8), 7) != tokens[i] % 8 ? 1 : 0;
    }
    EXPECT_LE(differing, 1) << named.name;
  }
}

// One codebook for all groups, and codebooks of any size that the configuration names.
TEST(VpTest, AnyCodebookThatTheConfigurationNamesWorks) {
  const auto samples = Noise(10 * kFrame, 3);
  for (const int codes : {2, 100, 1024, 4096}) {
    for (const int64_t codebooks : {18, 1}) {
      Config config = TinyVpConfig();
      config.bottleneck.codebook_size = codes;
      Weights weights = VariedWeights(config, 1);
      Tensor& codebook = weights.tensors.at(kCodebook);
      codebook.shape[0] = codebooks;
      codebook.values.resize(static_cast<size_t>(codebooks) * codes * 4);
      const auto model = internal::ModelAccess::FromWeights(weights);
      ASSERT_TRUE(model.ok()) << model.message();
      EXPECT_EQ(model.value()->codes(), codes);
      const auto tokens = EncodeAll(model.value(), samples, 18);
      for (const uint16_t token : tokens) ASSERT_LT(token, codes);
      const Network network = BuildNetwork(config);
      const Signal seen = CentroidSignal(weights, tokens, std::vector<int>(10, 18));
      EXPECT_LT(WorstError(ReferenceNetwork(network.decoder, weights, seen),
                           DecodeAll(model.value(), tokens, 18), 1),
                kTolerance);
    }
  }
}

TEST(ModelTest, ComesBackFromBytes) {
  Weights weights = VariedWeights(TinyConfig(), 1);
  const auto bytes = SerializeWeights(weights);
  ASSERT_TRUE(bytes.ok()) << bytes.message();
  const auto model = Model::FromBytes(bytes.value(), "memory");
  ASSERT_TRUE(model.ok()) << model.message();
  EXPECT_EQ(model.value()->identity(), weights.identity);
  EXPECT_EQ(model.value()->frame(), kFrame);
  EXPECT_EQ(model.value()->groups(), 18);
  EXPECT_EQ(model.value()->delay(), 80);
  EXPECT_EQ(EncodeAll(model.value(), Noise(3 * kFrame, 1), 18).size(), size_t{3 * 18});
}

TEST(ModelTest, RefusesWhatMakesNoNetwork) {
  const auto expect_error = [](const Weights& weights, const std::string& part) {
    const auto model = internal::ModelAccess::FromWeights(weights);
    ASSERT_FALSE(model.ok());
    EXPECT_NE(model.message().find(part), std::string::npos) << model.message();
  };
  Weights missing = RandomWeights(TinyConfig(), 1);
  missing.tensors.erase("encoder.down.weight");
  expect_error(missing, "encoder.down.weight");

  Weights shape = RandomWeights(TinyConfig(), 1);
  shape.tensors["decoder.up.bias"].shape = {1};
  expect_error(shape, "decoder.up.bias");

  Weights shorter = RandomWeights(TinyConfig(), 1);
  shorter.tensors["decoder.up.bias"].values.pop_back();
  expect_error(shorter, "decoder.up.bias");

  Weights config = RandomWeights(TinyConfig(), 1);
  config.config.overlap = config.config.hop + 2;
  expect_error(config, "overlap");

  Weights entropy = RandomWeights(TinyConfig(), 1);
  entropy.frequencies.clear();
  EXPECT_FALSE(internal::ModelAccess::FromWeights(entropy).ok());
}

TEST(ModelTest, ErrorsNameTheFile) {
  const auto missing = Model::Load("/nowhere/speech.safetensors");
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.message().find("/nowhere/speech.safetensors"), std::string::npos);
  const auto folder = Model::Load(QUAVER_SOURCE_DIR);
  ASSERT_FALSE(folder.ok());
  EXPECT_NE(folder.message().find(QUAVER_SOURCE_DIR), std::string::npos);
  const auto other = Model::Load(QUAVER_SOURCE_DIR "/CMakeLists.txt");
  ASSERT_FALSE(other.ok());
  EXPECT_NE(other.message().find("CMakeLists.txt"), std::string::npos);
}

TEST(ModelTest, BuiltInWorksOrSaysThatThereIsNone) {
  const auto model = Model::BuiltIn();
  if (!model.ok()) {
    EXPECT_NE(model.message().find("built-in"), std::string::npos);
    return;
  }
  const auto frame = static_cast<size_t>(model.value()->frame());
  EXPECT_EQ(EncodeAll(model.value(), Noise(2 * frame, 1), 1).size(), size_t{2});
}

}  // namespace
}  // namespace quaver
