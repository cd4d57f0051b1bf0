// Matrices in 8 bits: half the size of F16, which halves a model's file.
//
// A row of a matrix (the weights of one output) is stored as integers q of -127 .. 127 and one scale s; its
// weights are the halves nearest to q * s. A row has a scale of its own because the weights of different
// outputs differ by more than an order of magnitude, and one large row would leave the others few steps.
// When a model is loaded the halves are computed once, so that at run time both kinds of file are the same.
#ifndef QUAVER_CODEC_MODEL_EIGHT_BIT_H_
#define QUAVER_CODEC_MODEL_EIGHT_BIT_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "codec/model/weights.h"
#include "codec/status.h"

namespace quaver {

// The largest scale of which every integer gives a finite half.
inline constexpr float kMaxRowScale = 65504.0f / 128.0f;

// Chooses a scale for every row of every matrix of `weights` (that of the least squared error, by a search
// below max |w| / 127), and rounds the values to what a reader of the file will see. SerializeWeights() then
// writes these matrices as I8. An error if a value is not finite or beyond what a scale can reach.
Status StoreMatricesAsEightBit(Weights& weights);

// The integer that stands for `value` in a row of this scale, -127 .. 127.
int8_t EightBitOf(float value, float scale);

// I8 [rows, row] and scales [rows] -> the bits of the halves, little-endian, [rows, row].
std::vector<uint8_t> PromoteRows(std::span<const uint8_t> integers, std::span<const float> scales);

}  // namespace quaver

#endif  // QUAVER_CODEC_MODEL_EIGHT_BIT_H_
