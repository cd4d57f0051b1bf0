// decode --start and --duration: the same part of the whole.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tests/apps/run_tool.h"

namespace quaver {
namespace {

constexpr float kStep = 1.0F / 32768;  // of 16-bit samples

class RangeTest : public ToolTest {
 protected:
  // The largest difference between `part` and `whole` from `start` on.
  static float Difference(const std::vector<float>& whole, size_t start, const std::vector<float>& part) {
    float largest = 0;
    for (size_t i = 0; i < part.size(); ++i)
      largest = std::max(largest, std::abs(whole.at(start + i) - part[i]));
    return largest;
  }
};

TEST_F(RangeTest, IsThatPartOfTheWhole) {
  struct Shape {
    int rate;
    const char* options;
    float bound;  // 0: to the bit
  };
  for (const Shape& shape :
       {Shape{16000, "", 0}, Shape{16000, "--frames-per-packet 1", 0}, Shape{16000, "--vbr --tokens 9", 0},
        Shape{44100, "", kStep}, Shape{8000, "", kStep}, Shape{48000, "", kStep}, Shape{11025, "", kStep},
        Shape{44101, "", kStep}}) {
    SCOPED_TRACE(std::to_string(shape.rate) + " " + shape.options);
    const auto rate = static_cast<size_t>(shape.rate);
    MakeWav("in.wav", 20 * rate + 77, shape.rate);
    Expect(0, std::string("quaver encode in.wav -o t.qvr --force --model tiny ") + shape.options);
    Expect(0, "quaver decode t.qvr -o whole.wav --force");
    const std::vector<float> whole = ReadSound(Path("whole.wav")).mono;
    for (const size_t start : {size_t{1}, rate / 3, 11 * rate + 12345, 20 * rate + 76}) {
      for (const size_t duration : {size_t{1}, 2 * rate + 321}) {
        const ToolRun run =
            Expect(0, "quaver decode t.qvr -o part.wav --force --start " + std::to_string(start) +
                          "s --duration " + std::to_string(duration) + "s");
        const std::vector<float> part = ReadSound(Path("part.wav")).mono;
        ASSERT_EQ(part.size(), std::min(duration, whole.size() - start)) << start;
        EXPECT_EQ(run.err.empty(), part.size() == duration) << run.err;
        EXPECT_LE(Difference(whole, start, part), shape.bound) << start;
      }
    }
  }
}

TEST_F(RangeTest, GoesToTheEndAndTakesTimes) {
  MakeWav("in.wav", 16000 * 70);
  Expect(0, "quaver encode in.wav -o t.qvr --model tiny; quaver decode t.qvr -o whole.wav");
  const std::vector<float> whole = ReadSound(Path("whole.wav")).mono;
  struct Place {
    const char* text;
    size_t sample;
  };
  for (const Place& place : {Place{"0", 0}, Place{"12.5", 200000}, Place{"1:00.25", 964000},
                             Place{"0:01:09", 1104000}, Place{"69.9999375", 1120000 - 1}}) {
    Expect(0, std::string("quaver decode t.qvr -o part.wav --force --start ") + place.text);
    const std::vector<float> part = ReadSound(Path("part.wav")).mono;
    ASSERT_EQ(part.size(), whole.size() - place.sample) << place.text;
    EXPECT_EQ(Difference(whole, place.sample, part), 0) << place.text;
  }
  Expect(0, "quaver decode t.qvr -o first.wav --duration 1.5");
  EXPECT_EQ(ReadSound(Path("first.wav")).mono.size(), 24000u);
}

TEST_F(RangeTest, OfAPipeAndOfTokens) {
  MakeWav("in.wav", 16000 * 9);
  Expect(0, "quaver encode in.wav -o t.qvr --model tiny --tokens 5; quaver decode t.qvr");
  Expect(0, "quaver encode in.wav -o t.npy --model tiny --tokens 5");
  Expect(0, "quaver decode t.qvr -o a.wav --start 4.321 --duration 2");
  Expect(0, "cat t.qvr | quaver decode - -o b.wav --start 4.321 --duration 2");
  Expect(0, "(dd bs=1 count=0 status=none; quaver decode - -o c.wav --start 4.321 --duration 2) < t.qvr");
  Expect(0, "quaver decode t.npy -o d.wav --model tiny --start 4.321 --duration 2");
  for (const char* name : {"b.wav", "c.wav", "d.wav"}) EXPECT_EQ(Bytes(name), Bytes("a.wav")) << name;
  EXPECT_EQ(Difference(ReadSound(Path("t.wav")).mono, 69136, ReadSound(Path("a.wav")).mono), 0);
}

TEST_F(RangeTest, NothingThereIsAnError) {
  MakeWav("in.wav", 16000 * 4);
  Expect(0, "quaver encode in.wav -o t.qvr --model tiny; quaver encode in.wav -o t.npy --model tiny");
  for (const char* in : {"t.qvr", "t.npy"}) {
    const ToolRun run = Expect(1, std::string("quaver decode --model tiny -o a.wav --start 5 ") + in);
    EXPECT_NE(run.err.find("nothing is there from 5.000 s on: the sound is 4.0"), std::string::npos)
        << run.err;
    EXPECT_FALSE(Exists("a.wav"));
  }
  Expect(1, "quaver decode t.qvr -o a.wav --start 64000s");
  for (const char* options :
       {"--start -1", "--start x", "--start 1:60", "--start 1:2:3:4", "--start 12S", "--start ''",
        "--start nan", "--start 1e99", "--duration 0", "--duration 0s", "--start 1 --loss 0.1"}) {
    Expect(2, std::string("quaver decode t.qvr -o a.wav ") + options);
  }
}

// What was lost in the part is told, what was lost elsewhere is not.
TEST_F(RangeTest, DamageElsewhereIsNotMet) {
  MakeWav("in.wav", 16000 * 60);
  Expect(0, "quaver encode in.wav -o t.qvr --model tiny");
  std::string bytes = Bytes("t.qvr");
  for (size_t i = bytes.size() / 2; i < bytes.size() / 2 + 50; ++i) bytes[i] = 'x';
  Store("bad.qvr", bytes);
  Expect(3, "quaver decode bad.qvr");
  Expect(0, "quaver decode bad.qvr -o a.wav --start 50");
  Expect(0, "quaver decode bad.qvr -o b.wav --duration 10");
  Expect(3, "quaver decode bad.qvr -o c.wav --start 15 --duration 30");
  Expect(0, "quaver decode t.qvr");
  EXPECT_EQ(Difference(ReadSound(Path("t.wav")).mono, 800000, ReadSound(Path("a.wav")).mono), 0);
}

}  // namespace
}  // namespace quaver
