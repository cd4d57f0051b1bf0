// What a frame of a stream is made of: how many tokens, and what values they take.
#ifndef QUAVER_CODEC_QUANTIZE_BOTTLENECK_CONFIG_H_
#define QUAVER_CODEC_QUANTIZE_BOTTLENECK_CONFIG_H_

#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "codec/limits.h"

namespace quaver {

// A token is one group of latents: of scalars with levels each, or a vector with a codebook.
//   fsp               finite scalar perturbation (codec/quantize/fsp.h)
//   vp                vector perturbation: a codebook that is fitted after training
//   fsq, fsq-noise    finite scalar quantisation, to train and compare
//   vq, simvq         vector quantisation with a codebook that is learnt, to train and compare
//   none              latents as they are, to train and compare: there are no tokens
struct BottleneckConfig {
  std::string type = "fsp";
  int groups = kMaxGroups;                 // tokens a frame at full rate
  std::string cdf = "tanh";                // fsp: tanh, sigmoid, normal, laplace, cauchy
  std::vector<int> levels = {8, 5, 5, 5};  // of scalars
  int vector_dims = 4;                     // of vectors
  int codebook_size = 1024;                // of vectors; none has 0

  bool scalar() const { return type == "fsp" || type == "fsq" || type == "fsq-noise"; }
  int dims() const { return scalar() ? static_cast<int>(levels.size()) : vector_dims; }  // latents a token
  int latents() const { return groups * dims(); }                                        // latents a frame
  int codes() const {  // values a token can take
    if (!scalar()) return type == "none" ? 0 : codebook_size;
    return std::accumulate(levels.begin(), levels.end(), 1, std::multiplies<>());
  }
};

}  // namespace quaver

#endif  // QUAVER_CODEC_QUANTIZE_BOTTLENECK_CONFIG_H_
