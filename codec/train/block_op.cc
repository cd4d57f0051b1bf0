#include "codec/train/block_op.h"

#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <vector>

#include "codec/train/block_kernels.h"
#include "codec/train/depthwise.h"

namespace quaver {
namespace {

using internal::BlockFront;
using internal::BlockFrontSums;
using internal::BlockShape;
using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;
using torch::autograd::Variable;

constexpr double kNormEpsilon = 1e-5;

template <typename T>
struct ElementOf;
template <>
struct ElementOf<float> {
  static constexpr auto kType = torch::kFloat;
  static const float* Read(const Tensor& x) { return x.const_data_ptr<float>(); }
  static float* Write(Tensor& x) { return x.data_ptr<float>(); }
};
template <>
struct ElementOf<uint16_t> {
  static constexpr auto kType = torch::kBFloat16;
  static const uint16_t* Read(const Tensor& x) { return static_cast<const uint16_t*>(x.const_data_ptr()); }
  static uint16_t* Write(Tensor& x) { return static_cast<uint16_t*>(x.data_ptr()); }
};

BlockShape ShapeOf(const Tensor& x, const BlockParameters& p) {
  return {x.size(1), x.size(2), p.up_weight.size(0), p.conv_weight.size(0)};
}

BlockFront FrontOf(const BlockParameters& p) {
  return {p.conv_weight.const_data_ptr<float>(), p.conv_bias.const_data_ptr<float>(),
          p.norm_weight.const_data_ptr<float>(), p.norm_bias.const_data_ptr<float>()};
}

// One call for each item of the batch. The work of an item is the same whoever does it.
template <typename Function>
void ForItems(int64_t batch, const Function& function) {
  at::parallel_for(0, batch, 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) function(b);
  });
}

Tensor Empty(const Tensor& like, torch::IntArrayRef shape, torch::ScalarType type) {
  return torch::empty(shape, like.options().dtype(type));
}

// Rows of each item, added up in order by the reader.
Tensor ItemSums(const Tensor& like, int64_t batch, int64_t size) {
  return torch::zeros({batch, size}, like.options().dtype(torch::kFloat));
}

// What the backward pass needs, rows = batch * steps.
struct Saved {
  Tensor x;       // [batch, steps, channels]
  Tensor stats;   // [rows, 2]
  Tensor normal;  // [rows, channels]
  Tensor wide;    // [rows, hidden], before bias and GELU
  Tensor narrow;  // [rows, channels], after the second product, before its bias
  Tensor up;      // the weights as the products take them
  Tensor down;
};

template <typename T>
Tensor Forward(const Tensor& x, const BlockParameters& p, Saved& saved) {
  using Element = ElementOf<T>;
  const BlockShape shape = ShapeOf(x, p);
  const int64_t batch = x.size(0);
  const int64_t rows = batch * shape.steps;
  const int64_t item = shape.steps * shape.channels;
  saved.x = x;
  saved.stats = Empty(x, {rows, 2}, torch::kFloat);
  saved.normal = Empty(x, {rows, shape.channels}, Element::kType);
  saved.up = p.up_weight.flatten(1).to(Element::kType);
  saved.down = p.down_weight.flatten(1).to(Element::kType);
  const float* in = x.const_data_ptr<float>();
  const BlockFront front = FrontOf(p);
  T* normal = Element::Write(saved.normal);
  float* stats = saved.stats.template data_ptr<float>();
  ForItems(batch, [&](int64_t b) {
    std::vector<float> scratch(static_cast<size_t>(internal::kNormScratchRows * shape.channels));
    internal::ConvNorm<T>(shape, front, in + b * item, scratch.data(), normal + b * item,
                          stats + 2 * b * shape.steps);
  });

  saved.wide = torch::mm(saved.normal, saved.up.t());
  Tensor activation = torch::empty_like(saved.wide);
  const T* wide = Element::Read(saved.wide);
  T* active = Element::Write(activation);
  const float* up_bias = p.up_bias.const_data_ptr<float>();
  const int64_t wide_item = shape.steps * shape.hidden;
  ForItems(batch, [&](int64_t b) {
    internal::Gelu<T>(shape, wide + b * wide_item, up_bias, active + b * wide_item);
  });

  saved.narrow = torch::mm(activation, saved.down.t());
  Tensor y = torch::empty_like(x);
  const T* narrow = Element::Read(saved.narrow);
  const float* down_bias = p.down_bias.const_data_ptr<float>();
  const float* scale = p.scale.const_data_ptr<float>();
  float* out = y.data_ptr<float>();
  ForItems(batch, [&](int64_t b) {
    internal::AddScaled<T>(shape, in + b * item, narrow + b * item, down_bias, scale, out + b * item);
  });
  return y;
}

template <typename T>
tensor_list Backward(const Tensor& gy, const BlockParameters& p, const Saved& saved) {
  using Element = ElementOf<T>;
  const BlockShape shape = ShapeOf(saved.x, p);
  const int64_t batch = saved.x.size(0);
  const int64_t item = shape.steps * shape.channels;
  const int64_t wide_item = shape.steps * shape.hidden;
  const float* slope = gy.const_data_ptr<float>();

  Tensor gnarrow = torch::empty_like(saved.narrow);
  Tensor scale_sums = ItemSums(gy, batch, shape.channels);
  Tensor down_sums = ItemSums(gy, batch, shape.channels);
  ForItems(batch, [&](int64_t b) {
    internal::AddScaledBackward<T>(
        shape, slope + b * item, Element::Read(saved.narrow) + b * item, p.down_bias.const_data_ptr<float>(),
        p.scale.const_data_ptr<float>(), Element::Write(gnarrow) + b * item,
        scale_sums.data_ptr<float>() + b * shape.channels, down_sums.data_ptr<float>() + b * shape.channels);
  });

  Tensor gwide = torch::mm(gnarrow, saved.down);
  Tensor activation = torch::empty_like(saved.wide);
  Tensor up_sums = ItemSums(gy, batch, shape.hidden);
  ForItems(batch, [&](int64_t b) {
    internal::GeluBackward<T>(shape, Element::Read(saved.wide) + b * wide_item,
                              p.up_bias.const_data_ptr<float>(), Element::Write(gwide) + b * wide_item,
                              Element::Write(activation) + b * wide_item,
                              up_sums.data_ptr<float>() + b * shape.hidden);
  });
  const Tensor down_gradient = torch::mm(gnarrow.t(), activation);
  const Tensor up_gradient = torch::mm(gwide.t(), saved.normal);

  const Tensor gnormal = torch::mm(gwide, saved.up);
  Tensor gx = torch::empty_like(saved.x);
  Tensor conv_sums = ItemSums(gy, batch, shape.kernel * shape.channels);
  Tensor conv_bias_sums = ItemSums(gy, batch, shape.channels);
  Tensor norm_sums = ItemSums(gy, batch, shape.channels);
  Tensor norm_bias_sums = ItemSums(gy, batch, shape.channels);
  ForItems(batch, [&](int64_t b) {
    std::vector<float> scratch(
        static_cast<size_t>(internal::NormBackwardScratchRows(shape) * shape.channels));
    const BlockFrontSums sums = {conv_sums.data_ptr<float>() + b * shape.kernel * shape.channels,
                                 conv_bias_sums.data_ptr<float>() + b * shape.channels,
                                 norm_sums.data_ptr<float>() + b * shape.channels,
                                 norm_bias_sums.data_ptr<float>() + b * shape.channels};
    internal::ConvNormBackward<T>(shape, FrontOf(p), saved.x.const_data_ptr<float>() + b * item,
                                  saved.stats.const_data_ptr<float>() + 2 * b * shape.steps,
                                  Element::Read(gnormal) + b * item, slope + b * item, scratch.data(),
                                  gx.data_ptr<float>() + b * item, sums);
  });
  return {gx,
          conv_sums.sum(0).view_as(p.conv_weight),
          conv_bias_sums.sum(0),
          norm_sums.sum(0),
          norm_bias_sums.sum(0),
          up_gradient.to(torch::kFloat).view_as(p.up_weight),
          up_sums.sum(0),
          down_gradient.to(torch::kFloat).view_as(p.down_weight),
          down_sums.sum(0),
          scale_sums.sum(0),
          Variable()};
}

struct BlockFunction : torch::autograd::Function<BlockFunction> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& conv_weight,
                        const Tensor& conv_bias, const Tensor& norm_weight, const Tensor& norm_bias,
                        const Tensor& up_weight, const Tensor& up_bias, const Tensor& down_weight,
                        const Tensor& down_bias, const Tensor& scale, bool bf16) {
    const BlockParameters p = {conv_weight, conv_bias,   norm_weight, norm_bias, up_weight,
                               up_bias,     down_weight, down_bias,   scale};
    Saved saved;
    Tensor y = bf16 ? Forward<uint16_t>(x, p, saved) : Forward<float>(x, p, saved);
    context->saved_data["bf16"] = bf16;
    context->save_for_backward({saved.x, saved.stats, saved.normal, saved.wide, saved.narrow, saved.up,
                                saved.down, conv_weight, conv_bias, norm_weight, norm_bias, up_weight,
                                up_bias, down_weight, down_bias, scale});
    return y;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto v = context->get_saved_variables();
    const Saved saved = {v[0], v[1], v[2], v[3], v[4], v[5], v[6]};
    const BlockParameters p = {v[7], v[8], v[9], v[10], v[11], v[12], v[13], v[14], v[15]};
    const Tensor gy = gradients[0].contiguous();
    return context->saved_data["bf16"].toBool() ? Backward<uint16_t>(gy, p, saved)
                                                : Backward<float>(gy, p, saved);
  }
};

}  // namespace

Tensor FusedBlock(const Tensor& x, const BlockParameters& p, bool bf16) {
  return BlockFunction::apply(x.contiguous(), p.conv_weight, p.conv_bias, p.norm_weight, p.norm_bias,
                              p.up_weight, p.up_bias, p.down_weight, p.down_bias, p.scale, bf16);
}

Tensor ComposedBlock(const Tensor& x, const BlockParameters& p, bool bf16) {
  const auto type = bf16 ? torch::kBFloat16 : x.scalar_type();
  const auto linear = [&](const Tensor& in, const Tensor& weight, const Tensor& bias) {
    return torch::linear(in.to(type), weight.flatten(1).to(type), bias.to(type));
  };
  Tensor h = DepthwiseConv(x, p.conv_weight, p.conv_bias);
  h = torch::layer_norm(h, {x.size(2)}, p.norm_weight, p.norm_bias, kNormEpsilon);
  h = torch::gelu(linear(h, p.up_weight, p.up_bias), "tanh");
  h = linear(h, p.down_weight, p.down_bias);
  return torch::addcmul(x, h.to(x.scalar_type()), p.scale);
}

}  // namespace quaver
