// Decodes the clips of a source, with several threads.
#ifndef QUAVER_CODEC_TRAIN_DATA_DECODE_H_
#define QUAVER_CODEC_TRAIN_DATA_DECODE_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "codec/status.h"
#include "codec/train/data/source.h"

namespace quaver {

// One clip, mixed down, at the rate of its file.
struct Sound {
  std::vector<float> mono;  // nominally -1 .. 1
  int sample_rate = 0;      // Hz
  int channels = 0;
  std::string format;  // "FLAC, 16 bit"
};

// Runs over source.entries[i] for i in `chosen`. `work` is called from `threads` threads (0: as many as there
// are cores) and may take its time; `take` from the calling thread, in the order of `chosen`, after the work
// on its entry. The parts of a file are decoded in one pass if they stand next to each other. Neither is
// called for entries after one for which `take` returned false (with threads, `work` may have been). Errors
// name the file.
void DecodeEntries(const Source& source, std::span<const size_t> chosen, int threads,
                   const std::function<void(size_t entry, Result<Sound> sound)>& work,
                   const std::function<bool(size_t entry)>& take);

// 16-bit samples at `sample_rate`.
Result<std::vector<int16_t>> ToClip(const Sound& sound, int sample_rate);

// Root mean square relative to full scale.
double Rms(std::span<const int16_t> samples);
// Below this a clip or crop counts as silent (-60 dBFS).
inline constexpr double kSilence = 1e-3;

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DATA_DECODE_H_
