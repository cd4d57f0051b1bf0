// The critical bands of the ear, and what is heard in quiet: 49 bands that are equally wide on the Bark scale
// (Wang et al., IEEE JSAC 10(5), 1992) and Terhardt's threshold (Hearing Research 1, 1979).
#ifndef QUAVER_CODEC_METRICS_LOUDNESS_H_
#define QUAVER_CODEC_METRICS_LOUDNESS_H_

#include <vector>

namespace quaver {

inline constexpr int kBarkBands = 49;
inline constexpr double kBarkWidth = 0.47;  // Bark

// Level to which a reference is brought: power of full bands, as the thresholds count it.
inline constexpr double kListeningPower = 79432823.47;  // 79 dB

// Edges of the bands in Hz, kBarkBands + 1 of them, from 0 to half of the rate.
std::vector<double> BarkEdges(int sample_rate);
// Threshold in quiet of each band between such edges, as power.
std::vector<double> HearingThresholds(const std::vector<double>& edges);
// share[bin][band]: what part of a bin of a transform of `size` belongs to a band between such edges; bins
// 0 .. size / 2. A bin between two bands belongs to both in part, so that no band is empty.
std::vector<std::vector<double>> BandShares(const std::vector<double>& edges, int size, int sample_rate);

}  // namespace quaver

#endif  // QUAVER_CODEC_METRICS_LOUDNESS_H_
