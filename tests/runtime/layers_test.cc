// Properties of every layer kind: agrees with the formulas, causal, indifferent to chunks, reset, instruction
// set.
#include "codec/runtime/layers.h"

#include <gtest/gtest.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>

#include "codec/runtime/buffer.h"
#include "codec/runtime/kernels.h"
#include "tests/runtime/reference.h"
#include "tests/runtime/signals.h"

namespace quaver {
namespace {

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
  LayerTest() : weights_(VariedWeights(GetParam().config, 7)), layer_(MakeLayer(spec(), weights_)) {
    in_ = RandomInput(3);
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
    Buffer scratch(layer_->ScratchSize(all));
    for (int done = 0; done < all;) {
      const int multiple = layer_->step_multiple();
      const int steps = std::min(all - done, (next() + multiple - 1) / multiple * multiple);
      // What is in the scratch must not matter.
      std::fill_n(scratch.data(), scratch.size(), NAN);
      layer_->Forward(in.data() + done * layer_->in_stride(), steps,
                      out.data() + layer_->OutSteps(done) * layer_->out_stride(), state, scratch.data());
      done += steps;
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
  layer_->Reset(state.data());
  EXPECT_TRUE(SameBits(Run(in_, state.data(), [] { return 4; }), first));
}

TEST_P(LayerTest, StateIsAllThatIsRemembered) {
  Buffer state(static_cast<size_t>(layer_->state_size()));
  (void)Run(RandomInput(9), state.data(), [] { return 4; });
  Buffer copy(state.size());
  std::copy_n(state.data(), state.size(), copy.data());
  const auto first = Run(in_, state.data(), [] { return kSteps; });
  layer_ = MakeLayer(spec(), weights_);
  EXPECT_TRUE(SameBits(Run(in_, copy.data(), [] { return 2; }), first));
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
