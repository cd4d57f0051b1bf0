// What `quaver verify` finds out about a .qvr file, without decoding it to sound.
#ifndef QUAVER_APPS_VERIFY_VERIFY_STREAM_H_
#define QUAVER_APPS_VERIFY_VERIFY_STREAM_H_

#include <cstdint>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "codec/container/qvr.h"
#include "codec/status.h"

namespace quaver {

struct StreamCheck {
  uint64_t frames = 0;  // lost ones too
  uint64_t lost_frames = 0;
  uint64_t packets = 0;
  uint64_t refused_packets = 0;  // that the model cannot decode
  double seconds = 0;
  std::vector<std::string> damage;  // for people, a line each; empty: the stream is whole
};

// Reads all of the stream. `model` decodes every packet to tokens; without one (null) they are only counted.
// Error: the source failed.
Result<StreamCheck> VerifyStream(QvrReader& reader, const Model* model);

}  // namespace quaver

#endif  // QUAVER_APPS_VERIFY_VERIFY_STREAM_H_
