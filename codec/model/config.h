// Configuration of a model: everything that decides its layers, its tokens and its stream.
// Training and runtime read the same structure, and the weights file carries it as JSON.
#ifndef QUAVER_CODEC_MODEL_CONFIG_H_
#define QUAVER_CODEC_MODEL_CONFIG_H_

#include <string>
#include <string_view>

#include "codec/quantize/bottleneck_config.h"
#include "codec/status.h"

namespace quaver {

// A run of residual blocks at one width.
struct StageConfig {
  int channels = 0;
  int blocks = 0;
};

// The network is two rates deep: hops (sample_rate / hop, 100 Hz) and frames (two hops, 50 Hz).
struct Config {
  std::string name;
  int sample_rate = 16000;  // Hz, mono
  int hop = 160;            // samples; a frame is two hops
  int window = 320;         // samples of the encoder's analysis window (Hann), at least hop
  int overlap = 80;         // samples by which synthesis windows overlap: the decoder's delay
  int conv_kernel = 3;      // of the convolutions at the entry of encoder and decoder, in steps
  int block_kernel = 7;     // of the depthwise convolutions
  int expansion = 3;        // of the pointwise layers inside a block
  StageConfig encoder_hops{192, 2};
  StageConfig encoder_frames{320, 3};
  StageConfig decoder_frames{320, 2};
  StageConfig decoder_hops{256, 6};
  BottleneckConfig bottleneck;

  int frame() const { return 2 * hop; }                     // samples
  int frame_rate() const { return sample_rate / frame(); }  // frames a second
  int bins() const { return window / 2 + 1; }               // of the analysis
  int synthesis_window() const { return hop + overlap; }    // samples, and length of its inverse DFT
  int synthesis_bins() const { return synthesis_window() / 2 + 1; }
};

// Reads the configuration of a model from JSON text. Unknown keys, missing keys and values out of range are
// errors that name the key.
Result<Config> ParseConfig(std::string_view json);

// Canonical form: one line, keys sorted, no white space. Identical configurations give identical bytes.
std::string CanonicalJson(const Config& config);

}  // namespace quaver

#endif  // QUAVER_CODEC_MODEL_CONFIG_H_
