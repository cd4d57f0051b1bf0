// Properties of every layer kind: agrees with the formulas, causal, indifferent to chunks, reset, instruction
// set.

// As in the sources of the kernels: targets that they are not compiled for are not asked of them.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

#include "codec/runtime/layers.h"

#include <gtest/gtest.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "codec/runtime/arena.h"
#include "codec/runtime/buffer.h"
#include "codec/runtime/kernels.h"
#include "tests/runtime/reference.h"
#include "tests/runtime/signals.h"

namespace quaver {
namespace {

using internal::Arena;
using internal::Buffer;
using internal::Layer;
using internal::MakeLayer;

constexpr int kSteps = 26;
constexpr double kTolerance = 1e-4;

struct Case {
  const char* label;
  Config config;
  LayerSpec spec;
};

Config OddConfig() {
  Config config = TinyConfig();
  config.hop = 80;
  config.window = 250;
  config.overlap = 46;
  return config;
}

LayerSpec Find(const Config& config, const std::string& name) {
  const Network network = BuildNetwork(config);
  for (const auto* layers : {&network.encoder, &network.decoder}) {
    for (const LayerSpec& spec : *layers) {
      if (spec.name == name) return spec;
    }
  }
  return {};
}

std::vector<Case> Cases() {
  std::vector<Case> cases;
  const auto add = [&](const char* label, const Config& config, const char* name) {
    cases.push_back({label, config, Find(config, name)});
  };
  add("Stft", TinyConfig(), "encoder.stft");
  add("OddStft", OddConfig(), "encoder.stft");
  add("Conv", TinyConfig(), "encoder.in");
  add("WideConv", Config{}, "decoder.in");
  add("StridedConv", TinyConfig(), "encoder.down");
  add("Pointwise", TinyConfig(), "encoder.out");
  add("Block", TinyConfig(), "decoder.hops.0");
  add("WideBlock", Config{}, "encoder.hops.0");
  add("Upsample", TinyConfig(), "decoder.up");
  add("Istft", TinyConfig(), "decoder.istft");
  add("OddIstft", OddConfig(), "decoder.istft");
  return cases;
}

class LayerTest : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    weights_ = VariedWeights(GetParam().config, 7);
    const auto bytes = SerializeWeights(weights_);
    ASSERT_TRUE(bytes.ok()) << bytes.message();
    bytes_ = bytes.value();
    layer_ = Make();
    in_ = RandomInput(3);
  }

  std::unique_ptr<const Layer> Make() {
    const auto view = OpenWeights(bytes_, "test", Verify::kTrusted);
    return MakeLayer(spec(), view.value(), arena_);
  }

  const LayerSpec& spec() const { return GetParam().spec; }
  bool samples_in() const { return spec().kind == LayerKind::kStft; }
  bool samples_out() const { return spec().kind == LayerKind::kIstft; }
  int in_channels() const { return samples_in() ? layer_->in_stride() : spec().in; }
  int out_channels() const { return samples_out() ? layer_->out_stride() : spec().out; }

  // [kSteps, in_stride] with zeros in the padding.
  std::vector<float> RandomInput(uint64_t seed) const {
    TestRandom random(seed);
    std::vector<float> in(static_cast<size_t>(kSteps * layer_->in_stride()));
    for (int t = 0; t < kSteps; ++t) {
      for (int c = 0; c < in_channels(); ++c)
        in[static_cast<size_t>(t * layer_->in_stride() + c)] = random.Uniform();
    }
    return in;
  }

  // Runs `in` in calls of the sizes that `next` gives (rounded to the layer's multiple).
  template <typename Next>
  std::vector<float> Run(const std::vector<float>& in, float* state, Next next) const {
    const int all = static_cast<int>(in.size()) / layer_->in_stride();
    std::vector<float> out(static_cast<size_t>(layer_->OutSteps(all) * layer_->out_stride()), NAN);
    Buffer scratch(layer_->ScratchSize(1, all));
    for (int done = 0; done < all;) {
      const int multiple = layer_->step_multiple();
      const int steps = std::min(all - done, (next() + multiple - 1) / multiple * multiple);
      // What is in the scratch must not matter.
      std::fill_n(scratch.data(), scratch.size(), NAN);
      layer_->Forward(in.data() + done * layer_->in_stride(), steps,
                      out.data() + layer_->OutSteps(done) * layer_->out_stride(), {&state, 1},
                      scratch.data());
      done += steps;
    }
    return out;
  }

  // Runs whole calls of `steps` steps of every stream; the rest is left out of both.
  std::vector<std::vector<float>> RunTogether(const std::vector<std::vector<float>>& in, int steps) const {
    const auto streams = static_cast<int>(in.size());
    const auto width = static_cast<size_t>(steps * layer_->in_stride());
    const auto out_width = static_cast<size_t>(layer_->OutSteps(steps) * layer_->out_stride());
    std::vector<Buffer> memory;
    std::vector<float*> states;
    for (int s = 0; s < streams; ++s) memory.emplace_back(static_cast<size_t>(layer_->state_size()));
    for (Buffer& state : memory) states.push_back(state.data());
    Buffer scratch(layer_->ScratchSize(streams, steps));
    std::vector<float> together(width * in.size()), result(out_width * in.size());
    std::vector<std::vector<float>> out(in.size());
    for (size_t at = 0; at + width <= in[0].size(); at += width) {
      for (size_t s = 0; s < in.size(); ++s) std::copy_n(&in[s][at], width, &together[s * width]);
      std::fill_n(scratch.data(), scratch.size(), NAN);
      layer_->Forward(together.data(), steps, result.data(), {states.data(), streams}, scratch.data());
      for (size_t s = 0; s < in.size(); ++s)
        out[s].insert(out[s].end(), &result[s * out_width], &result[s * out_width] + out_width);
    }
    return out;
  }

  std::vector<float> RunFresh(const std::vector<float>& in) const {
    Buffer state(static_cast<size_t>(layer_->state_size()));
    return Run(in, state.data(), [] { return kSteps; });
  }

  Signal ToSignal(const std::vector<float>& rows, int stride, int channels, bool samples) const {
    Signal signal;
    for (size_t row = 0; row < rows.size(); row += static_cast<size_t>(stride)) {
      const float* x = &rows[row];
      if (!samples) signal.emplace_back(x, x + channels);
      for (int c = 0; samples && c < channels; ++c) signal.push_back({x[c]});
    }
    return signal;
  }

  void ExpectReference(const std::vector<float>& out) const {
    const Signal expected =
        ReferenceLayer(spec(), weights_, ToSignal(in_, layer_->in_stride(), in_channels(), samples_in()));
    const Signal actual = ToSignal(out, layer_->out_stride(), out_channels(), samples_out());
    ASSERT_EQ(expected.size(), actual.size());
    double worst = 0;
    for (size_t t = 0; t < expected.size(); ++t) {
      ASSERT_EQ(expected[t].size(), actual[t].size());
      for (size_t c = 0; c < expected[t].size(); ++c) {
        const double error = std::fabs(expected[t][c] - actual[t][c]);
        worst = std::isnan(error) ? INFINITY : std::max(worst, error);
      }
    }
    EXPECT_LT(worst, kTolerance);
  }

  Weights weights_;
  std::vector<uint8_t> bytes_;
  Arena arena_;
  std::unique_ptr<const Layer> layer_;
  std::vector<float> in_;
};

TEST_P(LayerTest, AgreesWithTheFormulas) { ExpectReference(RunFresh(in_)); }

TEST_P(LayerTest, EveryInstructionSetAgreesWithTheFormulas) {
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    ASSERT_STREQ(internal::ChooseTarget(), hwy::TargetName(target));
    ExpectReference(RunFresh(in_));
    hwy::SetSupportedTargetsForTest(0);
  }
}

TEST_P(LayerTest, InstructionSetsWithFmaGiveTheSameBits) {
  const int64_t least = HWY_ARCH_X86 ? HWY_AVX2 : HWY_EMU128 / 2;  // targets are numbered from the best on
  std::vector<float> first;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    if (target > least) continue;
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    ASSERT_STREQ(internal::ChooseTarget(), hwy::TargetName(target));
    const auto out = RunFresh(in_);
    if (first.empty()) first = out;
    EXPECT_TRUE(SameBits(out, first));
    hwy::SetSupportedTargetsForTest(0);
  }
}

TEST_P(LayerTest, EveryInstructionSetIsIndifferentToChunks) {
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    ASSERT_STREQ(internal::ChooseTarget(), hwy::TargetName(target));
    const auto whole = RunFresh(in_);
    for (const int size : {1, 2, 3, 5, 7, 8, 9, 13}) {
      Buffer state(static_cast<size_t>(layer_->state_size()));
      EXPECT_TRUE(SameBits(Run(in_, state.data(), [&] { return size; }), whole)) << "steps a call: " << size;
    }
    TestRandom random(5);
    Buffer state(static_cast<size_t>(layer_->state_size()));
    EXPECT_TRUE(
        SameBits(Run(in_, state.data(), [&] { return 1 + static_cast<int>(random.Below(9)); }), whole));
    hwy::SetSupportedTargetsForTest(0);
  }
}

TEST_P(LayerTest, IsCausal) {
  const auto before = RunFresh(in_);
  const auto other = RandomInput(4);
  for (int cut = layer_->step_multiple(); cut < kSteps; cut += layer_->step_multiple()) {
    auto changed = in_;
    std::copy(other.begin() + cut * layer_->in_stride(), other.end(),
              changed.begin() + cut * layer_->in_stride());
    const auto after = RunFresh(changed);
    const auto same = static_cast<size_t>(layer_->OutSteps(cut) * layer_->out_stride());
    EXPECT_TRUE(SameBits(std::span(before).first(same), std::span(after).first(same))) << "cut at " << cut;
    EXPECT_FALSE(SameBits(before, after)) << "cut at " << cut;
  }
}

TEST_P(LayerTest, ResetEqualsFresh) {
  Buffer state(static_cast<size_t>(layer_->state_size()));
  const auto first = Run(in_, state.data(), [] { return 4; });
  std::fill_n(state.data(), state.size(), 0.0f);
  EXPECT_TRUE(SameBits(Run(in_, state.data(), [] { return 4; }), first));
}

TEST_P(LayerTest, StateIsAllThatIsRemembered) {
  Buffer state(static_cast<size_t>(layer_->state_size()));
  (void)Run(RandomInput(9), state.data(), [] { return 4; });
  Buffer copy(state.size());
  std::copy_n(state.data(), state.size(), copy.data());
  const auto first = Run(in_, state.data(), [] { return kSteps; });
  layer_ = Make();
  EXPECT_TRUE(SameBits(Run(in_, copy.data(), [] { return 2; }), first));
}

// A layer made where no instruction promotes F16 keeps its weights in fp32.
TEST_P(LayerTest, BothTypesOfWeightsGiveTheSameBits) {
  const size_t before = arena_.size();
  hwy::SetSupportedTargetsForTest(hwy::SupportedAndGeneratedTargets().back());
  (void)internal::ChooseTarget();
  const bool promotes = internal::PromotesHalves();
  auto other = Make();
  hwy::SetSupportedTargetsForTest(0);
  (void)internal::ChooseTarget();
  if (promotes == internal::PromotesHalves())
    GTEST_SKIP() << "all instruction sets here promote F16, or none";
  const bool computed = samples_in();  // the DFT is fp32 anyway
  EXPECT_EQ(arena_.size() - before > before, !computed);
  const auto expected = RunFresh(in_);
  layer_ = std::move(other);
  EXPECT_TRUE(SameBits(RunFresh(in_), expected));
}

// As a server runs it: as many steps of each stream, states and scratch of their own.
TEST_P(LayerTest, ManyStreamsInACallGiveTheBitsOfEach) {
  for (const int streams : {2, 3, 7, 16}) {
    for (const int steps : {2, 4}) {
      std::vector<std::vector<float>> in, expected;
      for (int s = 0; s < streams; ++s) {
        in.push_back(RandomInput(100 + static_cast<uint64_t>(s)));
        in.back().resize(static_cast<size_t>(24 * layer_->in_stride()));  // whole calls
        expected.push_back(RunFresh(in.back()));
      }
      EXPECT_TRUE(RunTogether(in, steps) == expected) << streams << " streams, " << steps << " steps a call";
    }
  }
}

TEST_P(LayerTest, PaddingStaysZero) {
  if (samples_out()) return;
  const auto out = RunFresh(in_);
  for (size_t i = 0; i < out.size(); ++i) {
    const bool padding = static_cast<int>(i) % layer_->out_stride() >= out_channels();
    ASSERT_TRUE(!padding || out[i] == 0.0f) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, LayerTest, testing::ValuesIn(Cases()),
                         [](const auto& test) { return std::string(test.param.label); });

}  // namespace
}  // namespace quaver
