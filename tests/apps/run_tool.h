// Runs the real program in a folder of its own, with a tiny random model that decode finds by its identity.
#ifndef QUAVER_TESTS_APPS_RUN_TOOL_H_
#define QUAVER_TESTS_APPS_RUN_TOOL_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "codec/io/npy.h"

namespace quaver {

struct ToolRun {
  int code = -1;  // exit code, 128 + signal as the shell says it
  std::string out;
  std::string err;
};

class ToolTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // A line for /bin/sh, run inside the folder; `quaver` is the program. --model tiny is the model's name.
  ToolRun Run(const std::string& line) const;
  // The same, and a failure of the test unless it ends with `code`.
  ToolRun Expect(int code, const std::string& line) const;

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  bool Exists(const std::string& name) const;
  std::vector<std::string> List(const std::string& name = ".") const;  // sorted
  std::string Bytes(const std::string& name) const;
  void Store(const std::string& name, const std::string& bytes) const;

  // `count` samples of real speech as 16-bit WAV at `rate` in `channels` equal channels.
  void MakeWav(const std::string& name, size_t count, int rate = 16000, int channels = 1) const;

  std::string folder_;
};

// A sound file as the library reads it.
struct Sound {
  int rate = 0;
  int channels = 0;
  std::vector<float> mono;
};
Sound ReadSound(const std::string& path);
TokenMatrix ReadTokens(const std::string& path);
// `count` samples of the clips in samples/, one after the other, resampled to `rate`.
std::vector<float> Speech(size_t count, int rate);

}  // namespace quaver

#endif  // QUAVER_TESTS_APPS_RUN_TOOL_H_
