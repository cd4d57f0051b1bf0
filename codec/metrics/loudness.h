// How loud a sound is in bands of the ear, and how much of a difference is heard: the parts of ITU-T P.862
// (PESQ; P.862.2 for wide band) that the trainer's loss and the encoder's choice of tokens share. The bands
// are 49 equal ones of the Bark scale (Wang et al., IEEE JSAC 10(5), 1992), the threshold is Terhardt's
// (Hearing Research 1, 1979).
#ifndef QUAVER_CODEC_METRICS_LOUDNESS_H_
#define QUAVER_CODEC_METRICS_LOUDNESS_H_

#include <vector>

namespace quaver {

inline constexpr int kBarkBands = 49;
inline constexpr double kBarkWidth = 0.47;  // Bark: what P.862 counts a band for

// Level to which a reference is brought: power of full bands, as the thresholds count it.
inline constexpr double kListeningPower = 79432823.47;  // 79 dB

// Loudness of a band, Zwicker's law, in sone: scale * ((0.5 + 0.5 power / threshold)^kLoudnessPower - 1) with
// scale = kLoudnessScale * (threshold / 0.5)^kLoudnessPower, not below 0.
inline constexpr double kLoudnessPower = 0.23;
inline constexpr double kLoudnessScale = 0.1866;

// A difference of loudness counts for what it is above this part of the softer of the two.
inline constexpr double kMasked = 0.25;
// What was added counts by ((heard + kAsymmetryOffset) / (clean + kAsymmetryOffset))^kAsymmetryPower: not at
// all below the lowest, no more than the highest.
inline constexpr double kAsymmetryOffset = 50;
inline constexpr double kAsymmetryPower = 1.2;
inline constexpr double kAsymmetryLowest = 3;
inline constexpr double kAsymmetryHighest = 12;
// Disturbances of a frame are divided by ((power + kFrameOffset) / kFramePower)^kFrameExponent.
inline constexpr double kFrameOffset = 1e5;
inline constexpr double kFramePower = 1e7;
inline constexpr double kFrameExponent = 0.04;
inline constexpr double kMostDisturbance = 45;
// What symmetric and asymmetric disturbance take off the best score.
inline constexpr double kSymmetricWeight = 0.1;
inline constexpr double kAsymmetricWeight = 0.0309;

// Edges of the bands in Hz, kBarkBands + 1 of them, from 0 to half of the rate.
std::vector<double> BarkEdges(int sample_rate);
// Threshold in quiet of each band between such edges, as power.
std::vector<double> HearingThresholds(const std::vector<double>& edges);
// share[bin][band]: what part of a bin of a transform of `size` belongs to a band between such edges; bins
// 0 .. size / 2. A bin between two bands belongs to both in part, so that no band is empty.
std::vector<std::vector<double>> BandShares(const std::vector<double>& edges, int size, int sample_rate);

}  // namespace quaver

#endif  // QUAVER_CODEC_METRICS_LOUDNESS_H_
