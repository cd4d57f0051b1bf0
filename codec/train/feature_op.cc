#include "codec/train/feature_op.h"

#include <torch/autograd.h>
#include <torch/utils.h>

#include <vector>

#include "codec/train/feature_kernels.h"

namespace quaver {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;
using torch::autograd::Variable;

// Calls function(T()) with the type of the kernels for x.
template <typename Function>
void ForType(const Tensor& x, const Function& function) {
  if (x.scalar_type() == torch::kBFloat16) {
    function(uint16_t{});
  } else {
    function(float{});
  }
}

template <typename T>
const T* Values(const Tensor& x) {
  return static_cast<const T*>(x.const_data_ptr());
}
template <typename T>
T* Values(Tensor& x) {
  return static_cast<T*>(x.data_ptr());
}

// A gradient in the order of y's values. Null if it is not defined.
Tensor InOrderOf(const Tensor& y, const Tensor& gradient) {
  if (!gradient.defined() || gradient.strides() == y.strides()) return gradient;
  return torch::empty_like(y).copy_(gradient);
}

struct LeakyFunction : torch::autograd::Function<LeakyFunction> {
  static tensor_list forward(AutogradContext* context, Tensor x, double slope) {
    ForType(x, [&](auto type) {
      internal::LeakyRelu(x.numel(), static_cast<float>(slope), Values<decltype(type)>(x));
    });
    const Tensor next = x.detach();
    context->saved_data["slope"] = slope;
    context->save_for_backward({next});
    context->set_materialize_grads(false);
    return {next, x.detach()};
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const Tensor y = context->get_saved_variables()[0];
    if (!gradients[0].defined() && !gradients[1].defined()) return {Variable(), Variable()};
    const Tensor g = InOrderOf(y, gradients[0]);
    const Tensor h = InOrderOf(y, gradients[1]);
    Tensor gx = torch::empty_like(y);
    ForType(y, [&](auto type) {
      using T = decltype(type);
      internal::LeakyReluBackward(y.numel(), static_cast<float>(context->saved_data["slope"].toDouble()),
                                  Values<T>(y), g.defined() ? Values<T>(g) : nullptr,
                                  h.defined() ? Values<T>(h) : nullptr, Values<T>(gx));
    });
    return {gx, Variable()};
  }
};

struct DistanceFunction : torch::autograd::Function<DistanceFunction> {
  static Tensor forward(AutogradContext* context, const Tensor& decoded, const Tensor& recorded,
                        double floor) {
    const int64_t batch = decoded.size(0);
    const int64_t count = decoded.numel() / batch;
    std::vector<double> weights;  // of the sign of a sample's differences, in the gradient
    double mean = 0;
    ForType(decoded, [&](auto type) {
      using T = decltype(type);
      for (int64_t b = 0; b < batch; ++b) {
        const auto sums =
            internal::SumDistance(count, Values<T>(recorded) + b * count, Values<T>(decoded) + b * count);
        // Not std::max, which would swallow what is not a number.
        const double size = sums.size / static_cast<double>(count);
        const double weight =
            1 / ((size < floor ? floor : size) * static_cast<double>(count) * static_cast<double>(batch));
        weights.push_back(weight);
        mean += sums.distance * weight;
      }
    });
    context->saved_data["weights"] = weights;
    context->save_for_backward({recorded, decoded});
    return torch::scalar_tensor(mean, decoded.options().dtype(torch::kFloat));
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor& recorded = saved[0];
    const Tensor& decoded = saved[1];
    const auto weights = context->saved_data["weights"].toDoubleVector();
    const int64_t count = decoded.numel() / decoded.size(0);
    const double scale = gradients[0].item<double>();
    Tensor gradient = torch::empty_like(decoded);
    ForType(decoded, [&](auto type) {
      using T = decltype(type);
      for (int64_t b = 0; b < decoded.size(0); ++b) {
        internal::DistanceBackward(count, static_cast<float>(scale * weights[static_cast<size_t>(b)]),
                                   Values<T>(recorded) + b * count, Values<T>(decoded) + b * count,
                                   Values<T>(gradient) + b * count);
      }
    });
    return {gradient, Variable(), Variable()};
  }
};

}  // namespace

bool IsFeature(const Tensor& x) {
  const bool type = x.scalar_type() == torch::kFloat || x.scalar_type() == torch::kBFloat16;
  return x.device().is_cpu() && type && x.numel() > 0 && x.is_non_overlapping_and_dense() &&
         (x.size(0) == 1 || x.stride(0) == x.numel() / x.size(0));
}

Activation LeakyActivation(const Tensor& x, double slope) {
  const auto out = LeakyFunction::apply(x, slope);
  return {out[0], out[1]};
}

Tensor RelativeDistance(const Tensor& recorded, const Tensor& decoded, double floor) {
  return DistanceFunction::apply(decoded, recorded, floor);
}

}  // namespace quaver
