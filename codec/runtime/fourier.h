// Windowed DFTs as matrices, computed in double precision.
#ifndef QUAVER_CODEC_RUNTIME_FOURIER_H_
#define QUAVER_CODEC_RUNTIME_FOURIER_H_

#include "codec/model/config.h"
#include "codec/runtime/arena.h"
#include "codec/runtime/matrix.h"

namespace quaver::internal {

// [window] samples -> Re X [bins], Im X [bins], each padded: periodic Hann window, plain DFT sum.
Matrix AnalysisMatrix(Arena& arena, const Config& config);

// Re S, Im S [synthesis_bins], each padded -> [synthesis_window] samples: the real inverse DFT (Im of the
// first and the last bin counts for nothing) times the synthesis window, whose slopes are sin^2(pi/2 (n +
// 1/2) / overlap).
Matrix SynthesisMatrix(Arena& arena, const Config& config);

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_RUNTIME_FOURIER_H_
