// Sound files that are not what they should be, and channels.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/apps/run_tool.h"

namespace quaver {
namespace {

using Names = std::vector<std::string>;

void ExpectSays(const ToolRun& run, const std::string& text) {
  EXPECT_NE(run.err.find(text), std::string::npos) << "no \"" << text << "\" in: " << run.err;
}

// Bytes of speech as 16-bit PCM after the 44 of a WAV header.
TEST_F(ToolTest, ACutSoundIsEncodedNamedAndInTheExitCode) {
  MakeWav("in.wav", 32000);
  Store("cut.wav", Bytes("in.wav").substr(0, 44 + 2 * 24000));
  ExpectSays(
      Expect(3,
             "quaver encode cut.wav --model tiny --quiet; R=$?; quaver decode cut.qvr -o cut.o.wav; exit $R"),
      "cut.wav: is cut off at 0:01.500; its header promises 0:02.000");
  EXPECT_EQ(ReadSound(Path("cut.o.wav")).mono.size(), 24000U);
  ExpectSays(Expect(3, "cat cut.wav | quaver encode - -o p.qvr --model tiny"),
             "standard input: is cut off at 0:01.500");
  EXPECT_EQ(Bytes("p.qvr"), Bytes("cut.qvr"));
  ExpectSays(Expect(1, "quaver evaluate in.wav cut.wav"), "cut.wav: is cut off");
}

TEST_F(ToolTest, ADamagedFlacIsEncodedAsFarAsItGoes) {
  MakeWav("in.wav", 200000);
  Expect(0, "quaver encode in.wav -o in.qvr --model tiny; quaver decode in.qvr -o in.flac");
  std::string flac = Bytes("in.flac");
  for (size_t i = flac.size() / 2; i < flac.size(); ++i) flac[i] = '\x55';
  Store("bad.flac", flac);
  const ToolRun run = Expect(3, "quaver encode bad.flac --model tiny; R=$?; quaver decode bad.qvr; exit $R");
  ExpectSays(run, "bad.flac: is damaged at 0:0");
  ExpectSays(run, "of the 0:12.500 that its header promises");
  EXPECT_GT(ReadSound(Path("bad.wav")).mono.size(), 60000U);
}

// The left speaker speaks first, the right one after that.
TEST_F(ToolTest, ChannelsGoToOutputsOfTheirOwn) {
  MakeWav("left.wav", 16000);
  const std::string speech = Bytes("left.wav").substr(44);
  std::string call;
  for (const bool left : {true, false}) {
    for (size_t i = 0; i < speech.size(); i += 2) {
      const std::string x = speech.substr(i, 2);
      const std::string none(2, '\0');
      call += left ? x + none : none + x;
    }
  }
  std::string wav = Bytes("left.wav").substr(0, 44) + call;
  wav[22] = 2;
  wav[32] = 4;
  const auto put = [&wav](size_t at, size_t value) {
    for (size_t i = 0; i < 4; ++i) wav[at + i] = static_cast<char>(value >> 8 * i);
  };
  put(28, 16000 * 4);
  put(4, 36 + call.size());
  put(40, call.size());
  Store("call.wav", wav);
  Expect(0,
         "quaver encode call.wav --split-channels --model tiny; quaver encode call.wav --channel 2 -o "
         "two.qvr --model tiny");
  EXPECT_EQ(List(), (Names{"call.1.qvr", "call.2.qvr", "call.wav", "left.wav", "two.qvr"}));
  EXPECT_EQ(Bytes("call.2.qvr"), Bytes("two.qvr"));
  EXPECT_NE(Bytes("call.1.qvr"), Bytes("two.qvr"));
  ExpectSays(Expect(1, "quaver encode call.wav --channel 3 -o three.qvr --model tiny"),
             "call.wav: has no channel 3, only 2");
  Expect(2, "quaver encode call.wav --channel 0 --model tiny");
  Expect(2, "quaver encode call.wav --channel 1 --split-channels --model tiny");
  MakeWav("mono.wav", 16000);
  ExpectSays(Expect(0, "quaver encode mono.wav --split-channels --model tiny"),
             "mono.wav: has one channel only");
  EXPECT_TRUE(Exists("mono.1.qvr"));
  Expect(2, "quaver encode - --split-channels -o x.qvr --model tiny < call.wav");
  EXPECT_FALSE(Exists("three.qvr"));
  Expect(2, "quaver encode call.wav --split-channels -o /dev/null --model tiny");
  // All or nothing: one of the outputs is there already.
  Store("out.2.qvr", "something else");
  ExpectSays(Expect(1, "quaver encode call.wav --split-channels -o out.qvr --model tiny"),
             "out.2.qvr: exists");
  EXPECT_FALSE(Exists("out.1.qvr"));
  // Names that look like those of channels do not collide.
  Expect(0, "mkdir d; cp call.wav d/a.wav; cp call.wav d/a.1.wav; cp call.wav d/a.2.1.wav");
  Expect(0, "quaver encode d --split-channels -o e --model tiny");
  EXPECT_EQ(List("e"), (Names{"a.1.1.qvr", "a.1.2.qvr", "a.1.qvr", "a.2.1.1.qvr", "a.2.1.2.qvr", "a.2.qvr"}));
}

}  // namespace
}  // namespace quaver
