// Memory of the runtime: fp32 arrays that start at a cache line.
#ifndef QUAVER_CODEC_RUNTIME_BUFFER_H_
#define QUAVER_CODEC_RUNTIME_BUFFER_H_

#include <cstddef>
#include <memory>
#include <new>

namespace quaver::internal {

// Rows of activations are padded to a multiple of this many floats, so that every vector width up to 16 lanes
// works on whole vectors only. The padding holds zeros.
inline constexpr int kPad = 32;
constexpr int Padded(int channels) { return (channels + kPad - 1) / kPad * kPad; }

// Zeroed at construction.
class Buffer {
 public:
  explicit Buffer(size_t size) : size_(size), data_(new (kAlign) float[size]()) {}
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  size_t size() const { return size_; }
  float& operator[](size_t i) { return data_[i]; }

 private:
  static constexpr std::align_val_t kAlign{64};
  struct Free {
    void operator()(float* data) const { ::operator delete[](data, kAlign); }
  };
  size_t size_;
  std::unique_ptr<float[], Free> data_;
};

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_RUNTIME_BUFFER_H_
