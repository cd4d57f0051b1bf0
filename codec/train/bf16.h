// Where training in bfloat16 pays.
#ifndef QUAVER_CODEC_TRAIN_BF16_H_
#define QUAVER_CODEC_TRAIN_BF16_H_

#include <torch/types.h>

namespace quaver {

// False on an x86 CPU without AVX512-BF16 (Zen 3, Ice Lake): LibTorch emulates products of bfloat16 there,
// which takes nine times as long as fp32 (docs/research/training.md). Of other CPUs and of GPUs it is taken
// for granted.
bool MultipliesBf16(torch::Device device);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_BF16_H_
