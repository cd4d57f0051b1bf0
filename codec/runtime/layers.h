// The layers of codec/model/layers.h for streaming: stateless objects, memory passed in. One call runs one
// stream or many; their rows go through the matrices together.
#ifndef QUAVER_CODEC_RUNTIME_LAYERS_H_
#define QUAVER_CODEC_RUNTIME_LAYERS_H_

#include <cstddef>
#include <memory>

#include "codec/model/config.h"
#include "codec/model/layers.h"
#include "codec/model/weights.h"
#include "codec/runtime/arena.h"

namespace quaver::internal {

// The state of one layer in every stream of a call: a piece of each stream's memory.
class States {
 public:
  States(float* const* streams, int count, size_t offset = 0)
      : streams_(streams), count_(count), offset_(offset) {}
  int count() const { return count_; }
  float* operator[](int stream) const { return streams_[stream] + offset_; }
  States After(int floats) const { return {streams_, count_, offset_ + static_cast<size_t>(floats)}; }

 private:
  float* const* streams_;
  int count_;
  size_t offset_;
};

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
  virtual size_t ScratchSize(int streams, int steps) const = 0;  // floats

  // in [streams, steps, in_stride] -> out [streams, OutSteps(steps), out_stride]; no two of the arrays
  // overlap. Each state is that of its stream after the steps before; however steps and streams are grouped
  // into calls, the bits are the same.
  virtual void Forward(const float* in, int steps, float* out, States states, float* scratch) const = 0;

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

// The packed weights live in `arena`.
std::unique_ptr<const Layer> MakeLayer(const LayerSpec& spec, const WeightsView& weights, Arena& arena);

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_RUNTIME_LAYERS_H_
