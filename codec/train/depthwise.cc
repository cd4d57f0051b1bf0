#include "codec/train/depthwise.h"

#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <algorithm>
#include <cstdint>

// One binary for every x86-64: the compiler writes the loops for each instruction set and the loader picks.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define QUAVER_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define QUAVER_CLONES
#endif

namespace quaver {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

QUAVER_CLONES void MultiplyAdd(float* out, const float* a, const float* b, int64_t n) {
  for (int64_t i = 0; i < n; ++i) out[i] += a[i] * b[i];
}

// y[t] = bias + sum_k x[t - (kernel - 1) + k] * weight[k]
void Forward(const float* x, const float* weight, const float* bias, float* y, int64_t steps,
             int64_t channels, int64_t kernel) {
  for (int64_t t = 0; t < steps; ++t) {
    float* out = y + t * channels;
    std::copy(bias, bias + channels, out);
    for (int64_t k = std::max<int64_t>(0, kernel - 1 - t); k < kernel; ++k) {
      MultiplyAdd(out, x + (t - kernel + 1 + k) * channels, weight + k * channels, channels);
    }
  }
}

// gx[s] = sum_k gy[s + kernel - 1 - k] * weight[k], gw[k] += x[s] * gy[s + kernel - 1 - k]
void Backward(const float* x, const float* weight, const float* gy, float* gx, float* gw, int64_t steps,
              int64_t channels, int64_t kernel) {
  for (int64_t s = 0; s < steps; ++s) {
    float* out = gx + s * channels;
    std::fill(out, out + channels, 0.0f);
    for (int64_t k = std::max<int64_t>(0, kernel - 1 - (steps - 1 - s)); k < kernel; ++k) {
      const float* g = gy + (s + kernel - 1 - k) * channels;
      MultiplyAdd(out, g, weight + k * channels, channels);
      MultiplyAdd(gw + k * channels, g, x + s * channels, channels);
    }
  }
}

struct DepthwiseFunction : torch::autograd::Function<DepthwiseFunction> {
  static Tensor forward(AutogradContext* context, const Tensor& input, const Tensor& weight,
                        const Tensor& bias) {
    const Tensor x = input.contiguous();
    context->save_for_backward({x, weight});
    Tensor y = torch::empty_like(x);
    const int64_t steps = x.size(1);
    const int64_t channels = x.size(2);
    const float* source = x.const_data_ptr<float>();
    float* target = y.data_ptr<float>();
    at::parallel_for(0, x.size(0), 1, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) {
        const int64_t offset = b * steps * channels;
        Forward(source + offset, weight.const_data_ptr<float>(), bias.const_data_ptr<float>(),
                target + offset, steps, channels, weight.size(0));
      }
    });
    return y;
  }

  static tensor_list backward(AutogradContext* context, tensor_list grads) {
    const auto saved = context->get_saved_variables();
    const Tensor& x = saved[0];
    const Tensor& weight = saved[1];
    const Tensor gy = grads[0].contiguous();
    Tensor gx = torch::empty_like(x);
    // One row of partial sums a batch item, added in order afterwards: the result does not depend on the
    // threads.
    Tensor gw = torch::zeros({x.size(0), weight.size(0), weight.size(1)}, weight.options());
    const int64_t steps = x.size(1);
    const int64_t channels = x.size(2);
    const float* source = x.const_data_ptr<float>();
    const float* slope = gy.const_data_ptr<float>();
    float* gx_data = gx.data_ptr<float>();
    float* gw_data = gw.data_ptr<float>();
    at::parallel_for(0, x.size(0), 1, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) {
        const int64_t offset = b * steps * channels;
        Backward(source + offset, weight.const_data_ptr<float>(), slope + offset, gx_data + offset,
                 gw_data + b * weight.numel(), steps, channels, weight.size(0));
      }
    });
    return {gx, gw.sum(0), gy.sum(at::IntArrayRef{0, 1})};
  }
};

}  // namespace

Tensor DepthwiseConv(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  if (x.device().is_cpu() && x.scalar_type() != torch::kDouble)
    return DepthwiseFunction::apply(x.to(torch::kFloat), weight.contiguous(), bias.contiguous());
  const int64_t kernel = weight.size(0);
  const Tensor padded = torch::constant_pad_nd(x.transpose(1, 2), {kernel - 1, 0});
  return torch::convolution(padded, weight.t().unsqueeze(1), bias, /*stride=*/{1}, /*padding=*/{0},
                            /*dilation=*/{1}, /*transposed=*/false, /*output_padding=*/{0},
                            /*groups=*/weight.size(1))
      .transpose(1, 2);
}

}  // namespace quaver
