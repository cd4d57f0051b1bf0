// Clips of samples/.
#ifndef QUAVER_TESTS_METRICS_CLIPS_H_
#define QUAVER_TESTS_METRICS_CLIPS_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "codec/io/sound_file.h"

namespace quaver {

inline std::vector<float> Clip(const std::string& name) {
  auto reader = SoundReader::Open(QUAVER_SOURCE_DIR "/samples/" + name);
  if (!reader.ok()) {
    ADD_FAILURE() << reader.message();
    return {};
  }
  std::vector<float> samples(static_cast<size_t>(reader.value()->frames()));
  const auto read = reader.value()->ReadMono(samples);
  EXPECT_TRUE(read.ok());
  return samples;
}

}  // namespace quaver

#endif  // QUAVER_TESTS_METRICS_CLIPS_H_
