// Where training in bfloat16 pays.
#ifndef QUAVER_CODEC_TRAIN_BF16_H_
#define QUAVER_CODEC_TRAIN_BF16_H_

#include <torch/types.h>

namespace quaver {

// Whether `device` has instructions for products of bfloat16. LibTorch emulates them on an x86 CPU that has not
// (before AVX512-BF16: Zen 3, Ice Lake), which takes nine times as long as fp32.
bool MultipliesBf16(torch::Device device);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_BF16_H_
