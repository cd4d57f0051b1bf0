// Changes crops of speech as rooms, devices and lines do. The codec must reproduce what it hears: an
// augmented crop is input and target alike.
#ifndef QUAVER_CODEC_TRAIN_DATA_AUGMENT_H_
#define QUAVER_CODEC_TRAIN_DATA_AUGMENT_H_

#include <random>
#include <span>
#include <vector>

namespace quaver {

// The probability of each, 0 .. 1, drawn for each crop by itself. Applied in this order.
struct AugmentOptions {
  double speed = 0;   // faster or slower by up to 10 %, pitch too
  double reverb = 0;  // a room: noise that decays by 60 dB in 0.1 .. 0.6 s, 0 .. 12 dB below the direct sound
  double mix = 0;     // a second crop of the data, 5 .. 20 dB below
  double noise = 0;   // white or pink, 5 .. 30 dB below
  double clip = 0;    // overdriven: limited, hard or softly, at 1.5 .. 4 times the rms
  double band = 0;    // high-pass at 50 .. 400 Hz and low-pass at 2500 .. 7500 Hz, 24 dB an octave
  double telephone = 0;  // 300 .. 3400 Hz at 8 kHz, G.711 mu-law
  bool any() const {
    return speed > 0 || reverb > 0 || mix > 0 || noise > 0 || clip > 0 || band > 0 || telephone > 0;
  }
};

// What follows works in place on samples in -1 .. 1 at `sample_rate` Hz; nothing is limited to that range
// afterwards.

inline constexpr double kMaxSpeed = 1.1;
// Plays `in` `speed` times as fast (0.9 .. 1.1): in.size() / speed samples.
std::vector<float> ChangeSpeed(std::span<const float> in, double speed);

// Convolves with 1 at 0 and noise after 5 ms that decays by 60 dB in `rt60` seconds, of `level_db` of energy
// relative to the 1.
void Reverberate(std::span<float> samples, double sample_rate, double rt60, double level_db,
                 std::mt19937_64& random);

// Adds `other` (the end filled with zeros), scaled so that samples are `snr_db` above it in power. Silence
// stays.
void Mix(std::span<float> samples, std::span<const float> other, double snr_db);

std::vector<float> WhiteNoise(size_t count, std::mt19937_64& random);
std::vector<float> PinkNoise(size_t count, std::mt19937_64& random);  // -3 dB an octave above 40 Hz at 16 kHz

// Limits at `threshold` times the rms; softly: threshold * tanh(x / threshold).
void Overdrive(std::span<float> samples, double threshold, bool soft);

// Butterworth filters of 4th order.
void HighPass(std::span<float> samples, double sample_rate, double cutoff);
void LowPass(std::span<float> samples, double sample_rate, double cutoff);

// `level_db` is that at which speech arrives at the mu-law coder (dBFS, rms); the level at the end is as
// before.
void Telephone(std::span<float> samples, double sample_rate, double level_db);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DATA_AUGMENT_H_
