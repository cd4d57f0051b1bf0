// What a frame of a stream is made of: how many tokens, and what values they take.
#ifndef QUAVER_CODEC_QUANTIZE_BOTTLENECK_CONFIG_H_
#define QUAVER_CODEC_QUANTIZE_BOTTLENECK_CONFIG_H_

#include <functional>
#include <numeric>
#include <string>
#include <vector>

namespace quaver {

inline constexpr int kMaxGroups = 18;  // tokens a frame

// Finite scalar perturbation (codec/quantize/fsp.h): every token is one group of levels.size() scalars.
struct BottleneckConfig {
  std::string type = "fsp";
  std::string cdf = "tanh";  // tanh, sigmoid, normal, laplace, cauchy
  int groups = kMaxGroups;   // tokens a frame at full rate
  std::vector<int> levels = {8, 5, 5, 5};

  int dims() const { return static_cast<int>(levels.size()); }  // latents a token
  int latents() const { return groups * dims(); }               // latents a frame
  int codes() const {                                           // values a token can take
    return std::accumulate(levels.begin(), levels.end(), 1, std::multiplies<>());
  }
};

}  // namespace quaver

#endif  // QUAVER_CODEC_QUANTIZE_BOTTLENECK_CONFIG_H_
