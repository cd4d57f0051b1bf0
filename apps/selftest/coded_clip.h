// Something coded, with all that comes of it: what every build must agree on.
#ifndef QUAVER_APPS_SELFTEST_CODED_CLIP_H_
#define QUAVER_APPS_SELFTEST_CODED_CLIP_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "codec/bitstream/packet.h"
#include "codec/codec.h"
#include "codec/io/npy.h"
#include "codec/status.h"

namespace quaver {

struct CodedClip {
  std::string name;
  std::vector<float> input;  // at the model's rate
  TokenMatrix tokens;        // of the input; kNoToken where none is sent
  PacketDefaults defaults;
  std::vector<std::vector<uint8_t>> packets;  // of the tokens
  std::vector<float> sound;                   // of the tokens, without the delay
  double max_sample_error = 0;                // full scale being 1
  double min_equal_tokens = 1;                // share of those that are sent
};

// The clips of the conformance vectors in `folder`, and their model (tests/conformance/README.md).
struct ConformanceVectors {
  std::string model;  // path of the weights
  std::vector<CodedClip> clips;
};
Result<ConformanceVectors> ReadConformanceVectors(const std::string& folder);

// A clip of a made-up voice, coded with `model` as this build does it now.
CodedClip CodedVoice(const std::shared_ptr<const Model>& model);

struct ClipCheck {
  double equal_tokens = 0;  // share of those that are sent
  double worst_sample = 0;
  std::vector<std::string> failures;  // for people; empty: all is as it must be
};
ClipCheck CheckClip(const std::shared_ptr<const Model>& model, const CodedClip& clip);

}  // namespace quaver

#endif  // QUAVER_APPS_SELFTEST_CODED_CLIP_H_
