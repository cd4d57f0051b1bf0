// The layers of codec/model/layers.h for streaming: stateless objects, memory passed in.
#ifndef QUAVER_CODEC_RUNTIME_LAYERS_H_
#define QUAVER_CODEC_RUNTIME_LAYERS_H_

#include <algorithm>
#include <memory>

#include "codec/model/config.h"
#include "codec/model/layers.h"
#include "codec/model/weights.h"
#include "codec/status.h"

namespace quaver::internal {

// A step is a hop or a frame; for kStft an input step is a hop of samples, for kIstft an output step is one.
// Rows of channels are padded (codec/runtime/buffer.h) and their padding holds zeros; rows of samples are
// not.
class Layer {
 public:
  virtual ~Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  int in_stride() const { return in_stride_; }    // floats an input step
  int out_stride() const { return out_stride_; }  // floats an output step
  int state_size() const { return state_size_; }  // floats
  // Output steps of `steps` input steps; `steps` is a multiple of step_multiple().
  int OutSteps(int steps) const { return steps * up_ / down_; }
  int step_multiple() const { return down_; }
  virtual size_t ScratchSize(int steps) const = 0;  // floats

  // in [steps, in_stride] -> out [OutSteps(steps), out_stride]; no two of the arrays overlap. The state is
  // that of the stream after the steps before; however steps are grouped into calls, the bits are the same.
  virtual void Forward(const float* in, int steps, float* out, float* state, float* scratch) const = 0;
  void Reset(float* state) const { std::fill_n(state, state_size_, 0.0f); }

 protected:
  Layer(int in_stride, int out_stride, int state_size, int up = 1, int down = 1)
      : in_stride_(in_stride), out_stride_(out_stride), state_size_(state_size), up_(up), down_(down) {}

 private:
  int in_stride_;
  int out_stride_;
  int state_size_;
  int up_;
  int down_;
};

// Every tensor of ListTensors(weights.config) must be there in its shape: see CheckTensors.
std::unique_ptr<const Layer> MakeLayer(const LayerSpec& spec, const Weights& weights);

// An error that names the tensor if one is missing or has another shape than the configuration asks for.
Status CheckTensors(const Weights& weights);

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_RUNTIME_LAYERS_H_
