#include "codec/train/fit_entropy_network.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "codec/train/optimizer.h"

namespace quaver {
namespace {

constexpr double kWeightOne = 1 << kEntropyWeightBits;
constexpr double kInputOne = 1 << kEntropyInputBits;
constexpr double kLargestUnit = kMaxEntropyUnit / kInputOne;
// Of the frames that are drawn: how many are the first of their packet, and how many the second.
constexpr double kFirst = 0.1;
constexpr double kSecond = 0.06;

// All frames of all clips.
struct Frames {
  torch::Tensor tokens;  // int64 [frames, groups]
  torch::Tensor since;   // int64 [frames]: frames of the clip before this one
};

Frames Collect(const std::vector<ClipTokens>& clips, int groups) {
  std::vector<int64_t> tokens;
  std::vector<int64_t> since;
  for (const ClipTokens& clip : clips) {
    tokens.insert(tokens.end(), clip.tokens.begin(), clip.tokens.end());
    for (int64_t t = 0; t < clip.frames; ++t) since.push_back(t);
  }
  const auto count = static_cast<int64_t>(since.size());
  return {torch::tensor(tokens, torch::kInt64).view({count, groups}), torch::tensor(since, torch::kInt64)};
}

// What a batch is made of: frames, how many of their tokens are sent, how many frames of the packet precede.
struct Batch {
  torch::Tensor tokens[3];  // int64 [batch, groups]: of this frame, the one before, the one before that
  torch::Tensor there[3];   // float [batch, 1]: whether it is in the packet
  torch::Tensor sent;       // float [batch, groups]
};

class EntropyNetworkTrainer {
 public:
  EntropyNetworkTrainer(const BottleneckConfig& bottleneck, std::span<const float> codebook,
                        const EntropyModel& tables, Frames frames, const FitEntropyNetworkOptions& options)
      : bottleneck_(bottleneck),
        layout_(DigitsOf(bottleneck), 0, tables.contexts()),
        options_(options),
        frames_(std::move(frames)),
        random_(at::make_generator<at::CPUGeneratorImpl>(options.seed)) {
    const int64_t groups = bottleneck.groups;
    const int64_t inputs = EntropyNetworkWeights::Inputs(bottleneck);
    const int64_t columns = groups * options.units;
    const auto plain = torch::TensorOptions().dtype(torch::kFloat32);
    hidden_ = torch::randn({inputs, columns}, random_, plain) / std::sqrt(static_cast<double>(inputs));
    symbols_ = torch::zeros({groups, options.units, EntropyNetworkWeights::Symbols(bottleneck)}, plain);
    hidden_.set_requires_grad(true);
    symbols_.set_requires_grad(true);
    visible_ = Visible(plain);
    values_ = Values(codebook, plain);
    logarithms_ = Logarithms(tables);
  }

  EntropyNetworkWeights Fit(const std::function<void(int64_t, int64_t)>& progress) {
    AdamW optimizer({hidden_, symbols_}, {}, {});
    for (int64_t step = 0; step < options_.steps; ++step) {
      optimizer.ZeroGrad();
      Loss(Draw()).backward();
      optimizer.Step(options_.learning_rate * Schedule(step));
      if (progress) progress(step + 1, options_.steps);
    }
    return Rounded();
  }

 private:
  // A warm-up, and a straight decay over the second half.
  double Schedule(int64_t step) const {
    const auto at = static_cast<double>(step);
    const auto all = static_cast<double>(options_.steps);
    return std::min({1.0, (at + 1) / 50, 2 * (all - at) / all});
  }

  // 1 where an input reaches a unit: of this frame's values, those of groups before its own.
  torch::Tensor Visible(const torch::TensorOptions& plain) const {
    const int64_t groups = bottleneck_.groups;
    const int64_t dims = bottleneck_.dims();
    torch::Tensor visible =
        torch::ones({EntropyNetworkWeights::Inputs(bottleneck_), groups, options_.units}, plain);
    const int64_t now = 2 * bottleneck_.latents() + 3;
    for (int64_t group = 0; group < groups; ++group)
      visible.narrow(0, now + group * dims, dims).narrow(1, 0, group + 1).zero_();
    return visible.view({EntropyNetworkWeights::Inputs(bottleneck_), groups * options_.units});
  }

  // [groups * codes, dims], repeated if all groups share theirs.
  torch::Tensor Values(std::span<const float> codebook, const torch::TensorOptions& plain) const {
    const std::vector<int16_t> values = TokenValues(bottleneck_, codebook);
    const int64_t dims = bottleneck_.dims();
    const std::vector<float> real(values.begin(), values.end());
    const torch::Tensor all = torch::tensor(real, plain) / kInputOne;
    const int64_t repeat = all.numel() == bottleneck_.codes() * dims ? bottleneck_.groups : 1;
    return all.view({-1, dims}).repeat({repeat, 1});
  }

  // Of the frequencies of all tables, in bits, rounded down as at run time.
  torch::Tensor Logarithms(const EntropyModel& tables) const {
    std::vector<float> logarithms;
    for (const uint16_t frequency : tables.frequencies())
      logarithms.push_back(static_cast<float>(std::floor(256 * std::log2(frequency) + 1e-6) / 256));
    return torch::tensor(logarithms, torch::kFloat32);
  }

  Batch Draw() {
    const int64_t count = options_.batch;
    const torch::Tensor at = torch::randint(frames_.since.size(0), {count}, random_, torch::kInt64);
    const torch::Tensor n_q = torch::randint(1, bottleneck_.groups + 1, {count, 1}, random_, torch::kInt64);
    const torch::Tensor chance = torch::rand({count}, random_, torch::kFloat32);
    Batch batch;
    batch.sent = (torch::arange(bottleneck_.groups).unsqueeze(0) < n_q).to(torch::kFloat32);
    const double left_out[] = {0, kFirst, kFirst + kSecond};
    for (int64_t back = 0; back < 3; ++back) {
      batch.tokens[back] = frames_.tokens.index_select(0, (at - back).clamp_min(0));
      batch.there[back] = (frames_.since.index_select(0, at) >= back)
                              .logical_and(chance >= left_out[back])
                              .to(torch::kFloat32)
                              .unsqueeze(1);
    }
    return batch;
  }

  // Values [batch, latents] of what was sent of a frame.
  torch::Tensor Seen(const Batch& batch, int back) const {
    const torch::Tensor offset = torch::arange(bottleneck_.groups) * bottleneck_.codes();
    const torch::Tensor rows = (batch.tokens[back] + offset).flatten();
    const torch::Tensor values = values_.index_select(0, rows).view({options_.batch, bottleneck_.groups, -1});
    return (values * (batch.sent * batch.there[back]).unsqueeze(2)).flatten(1);
  }

  // Bits a token.
  torch::Tensor Loss(const Batch& batch) const {
    const torch::Tensor one = torch::ones({options_.batch, 1}, torch::kFloat32);
    const torch::Tensor inputs =
        torch::cat({one, Seen(batch, 1), batch.there[1], Seen(batch, 2), batch.there[2], Seen(batch, 0)}, 1);
    const torch::Tensor units = torch::matmul(inputs, hidden_ * visible_).clamp(0, kLargestUnit);
    const torch::Tensor by_group = units.view({options_.batch, bottleneck_.groups, options_.units});
    const torch::Tensor scores = torch::bmm(by_group.transpose(0, 1), symbols_).transpose(0, 1);
    torch::Tensor bits = torch::zeros_like(batch.sent);
    torch::Tensor rest = batch.tokens[0];
    torch::Tensor rest_before = batch.tokens[1];
    torch::Tensor lower = torch::zeros_like(rest);
    // Of a batch, a frame and the one before send the same groups.
    const torch::Tensor met = batch.there[1].to(torch::kInt64);
    int64_t first = 0;
    for (int digit = 0; digit < layout_.digits(); ++digit) {
      const int64_t radix = layout_.radix[static_cast<size_t>(digit)];
      const torch::Tensor value = rest.remainder(radix);
      const torch::Tensor before = (rest_before.remainder(radix) + 1) * met * (layout_.frame_before ? 1 : 0);
      const torch::Tensor context = before * layout_.lower_values[static_cast<size_t>(digit)] + lower;
      const torch::Tensor table = TableLogarithms(digit, context);
      const torch::Tensor sums = scores.narrow(2, first, radix) + table;
      bits = bits - sums.mul(M_LN2).log_softmax(2).gather(2, value.unsqueeze(2)).squeeze(2) / M_LN2;
      lower = lower + value * layout_.lower_values[static_cast<size_t>(digit)];
      rest = rest.floor_divide(radix);
      rest_before = rest_before.floor_divide(radix);
      first += radix;
    }
    return (bits * batch.sent).sum() / batch.sent.sum();
  }

  // [batch, groups, radix] of these contexts.
  torch::Tensor TableLogarithms(int digit, const torch::Tensor& context) const {
    const int64_t radix = layout_.radix[static_cast<size_t>(digit)];
    const auto stride = static_cast<int64_t>(layout_.group_stride);
    const auto offset = static_cast<int64_t>(layout_.offset[static_cast<size_t>(digit)]);
    const torch::Tensor start = torch::arange(bottleneck_.groups) * stride + offset + context * radix;
    const torch::Tensor at = start.unsqueeze(2) + torch::arange(radix);
    return logarithms_.index_select(0, at.flatten()).view(at.sizes());
  }

  EntropyNetworkWeights Rounded() const {
    const torch::NoGradGuard no_grad;
    const auto rounded = [](const torch::Tensor& weights) {
      const torch::Tensor whole =
          (weights * kWeightOne).round().clamp(-32768, 32767).to(torch::kInt16).contiguous();
      const int16_t* values = whole.const_data_ptr<int16_t>();
      return std::vector<int16_t>(values, values + whole.numel());
    };
    return {options_.units, rounded(hidden_ * visible_), rounded(symbols_)};
  }

  const BottleneckConfig& bottleneck_;
  DigitLayout layout_;
  FitEntropyNetworkOptions options_;
  Frames frames_;
  at::Generator random_;
  torch::Tensor hidden_;      // [inputs, groups * units]
  torch::Tensor symbols_;     // [groups, units, symbols], bits
  torch::Tensor visible_;     // as hidden_
  torch::Tensor values_;      // [groups * codes, dims]
  torch::Tensor logarithms_;  // as the file's frequencies
};

}  // namespace

EntropyNetworkWeights FitEntropyNetwork(const BottleneckConfig& bottleneck, std::span<const float> codebook,
                                        const EntropyModel& tables, const std::vector<ClipTokens>& clips,
                                        const FitEntropyNetworkOptions& options,
                                        const std::function<void(int64_t done, int64_t total)>& progress) {
  Frames frames = Collect(clips, bottleneck.groups);
  if (options.steps < 1 || frames.since.numel() == 0) return {};
  return EntropyNetworkTrainer(bottleneck, codebook, tables, std::move(frames), options).Fit(progress);
}

}  // namespace quaver
