// What the program does when something is wrong.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/apps/run_tool.h"

namespace quaver {
namespace {

using Names = std::vector<std::string>;

void ExpectSays(const ToolRun& run, const std::string& text) {
  EXPECT_NE(run.err.find(text), std::string::npos) << "no \"" << text << "\" in: " << run.err;
}

TEST_F(ToolTest, DoesNotOverwriteUnlessForced) {
  MakeWav("in.wav", 5000);
  Store("in.qvr", "precious");
  ExpectSays(Expect(1, "quaver encode in.wav --model tiny"), "in.qvr");
  EXPECT_EQ(Bytes("in.qvr"), "precious");
  Expect(0, "quaver encode in.wav --model tiny --force");
  EXPECT_NE(Bytes("in.qvr"), "precious");
  const std::string wav = Bytes("in.wav");
  ExpectSays(Expect(1, "quaver decode in.qvr"), "--force");
  EXPECT_EQ(Bytes("in.wav"), wav);
  Store("in.npy", "precious");
  Expect(1, "quaver encode in.wav --model tiny -o in.npy");
  EXPECT_EQ(Bytes("in.npy"), "precious");
  EXPECT_EQ(List(), (Names{"in.npy", "in.qvr", "in.wav"}));
}

TEST_F(ToolTest, OneFailureDoesNotStopTheOthersAndLeavesNothing) {
  MakeWav("a.wav", 5000);
  MakeWav("c.wav", 6000);
  Store("b.wav", "this is no sound");
  const ToolRun run = Expect(1, "quaver encode a.wav b.wav missing.wav c.wav -o out --model tiny --jobs 2");
  ExpectSays(run, "b.wav");
  ExpectSays(run, "missing.wav");
  EXPECT_EQ(run.err.find("a.wav"), std::string::npos) << run.err;
  EXPECT_EQ(List("out"), (Names{"a.qvr", "c.qvr"}));

  Store("out/b.qvr", "this is no stream");
  ExpectSays(Expect(1, "quaver decode out/a.qvr out/b.qvr out/c.qvr -o dec"), "b.qvr");
  EXPECT_EQ(List("dec"), (Names{"a.wav", "c.wav"}));
}

TEST_F(ToolTest, BrokenInputLeavesNoOutput) {
  Store("bad.flac", "fLaC and then no sound");
  ExpectSays(Expect(1, "mkdir out; quaver encode bad.flac -o out/bad.qvr --model tiny"), "bad.flac");
  EXPECT_EQ(List("out"), Names{});

  auto writer = NpyWriter::Create(Path("bad.npy"), 2);
  ASSERT_TRUE(writer.ok());
  std::vector<uint16_t> tokens(2000, 5);
  tokens[1501] = 1000;
  ASSERT_TRUE(writer.value()->Write(tokens).ok() && writer.value()->Commit().ok());
  const ToolRun run = Expect(1, "quaver decode bad.npy -o out/bad.wav --model tiny");
  ExpectSays(run, "bad.npy: row 750, column 1: 1000");
  EXPECT_EQ(List("out"), Names{});
}

TEST_F(ToolTest, AGapInsideARowOfTokensIsRefused) {
  auto writer = NpyWriter::Create(Path("gap.npy"), 3);
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE(writer.value()->Write(std::vector<uint16_t>{1, 65535, 3}).ok() &&
              writer.value()->Commit().ok());
  ExpectSays(Expect(1, "quaver decode gap.npy --model tiny"), "gap.npy: row 0, column 2");
}

TEST_F(ToolTest, DamageIsConcealedNamedAndInTheExitCode) {
  MakeWav("in.wav", 16000 * 20);
  Expect(0, "quaver encode in.wav --model tiny -o t.qvr; quaver decode t.qvr");
  const std::string good = Bytes("t.qvr");
  std::string bad = good;
  bad[good.size() / 2] = static_cast<char>(bad[good.size() / 2] ^ 0x40);
  Store("bad.qvr", bad);
  const ToolRun run = Expect(3, "quaver decode bad.qvr --quiet");
  ExpectSays(run, "bad.qvr");
  ExpectSays(run, "concealed");
  const Sound intact = ReadSound(Path("t.wav"));
  const Sound concealed = ReadSound(Path("bad.wav"));
  EXPECT_EQ(concealed.mono.size(), intact.mono.size());
  EXPECT_NE(concealed.mono, intact.mono);
  EXPECT_EQ(std::vector<float>(intact.mono.begin(), intact.mono.begin() + 16000),
            std::vector<float>(concealed.mono.begin(), concealed.mono.begin() + 16000));
  Expect(3, "quaver info bad.qvr");
  Expect(3, "quaver decode t.qvr bad.qvr -o out --jobs 1");

  bad = good;
  bad[100] = static_cast<char>(bad[100] ^ 1);  // in the comments, which decoding does not need
  Store("comments.qvr", bad);
  ExpectSays(Expect(3, "quaver decode comments.qvr"), "comment header");
  EXPECT_EQ(ReadSound(Path("comments.wav")).mono, intact.mono);

  Store("cut.qvr", good.substr(0, good.size() * 6 / 10));
  ExpectSays(Expect(3, "quaver decode cut.qvr"), "cut");
  const size_t length = ReadSound(Path("cut.wav")).mono.size();
  EXPECT_GT(length, 16000u * 4);
  EXPECT_LT(length, 16000u * 14);

  Store("head.qvr", good.substr(0, 20));
  Expect(1, "quaver decode head.qvr");
  Expect(1, "quaver decode head.qvr bad.qvr -o out2");  // a failure outweighs damage
  EXPECT_FALSE(Exists("head.wav"));
}

TEST_F(ToolTest, RefusesWhenNoModelMatches) {
  MakeWav("in.wav", 5000);
  Expect(0, "quaver encode in.wav --model tiny -o t.qvr");
  const ToolRun run = Expect(1, "QUAVER_MODELS= quaver decode t.qvr");
  ExpectSays(run, "t.qvr: no model has the identity");
  EXPECT_FALSE(Exists("t.wav"));
  ExpectSays(Expect(1, "quaver encode in.wav --model missing -o u.qvr"), "missing");
  Store("broken.safetensors", "nothing");
  ExpectSays(Expect(1, "quaver encode in.wav --model broken.safetensors -o u.qvr"), "broken.safetensors");
  EXPECT_FALSE(Exists("u.qvr"));
}

TEST_F(ToolTest, UsageErrorsDoNothing) {
  MakeWav("in.wav", 5000);
  MakeWav("IN.wav", 5000);
  Expect(0, "mkdir d; cp in.wav d");
  const std::string encode = "quaver encode in.wav --model tiny -o t.qvr ";
  for (const char* options :
       {"--tokens 0", "--tokens 19", "--tokens x", "--bitrate 0", "--bitrate -3k", "--bitrate 3m",
        "--bitrate nan", "--bitrate 100", "--tokens 3 --bitrate 3k", "--frames-per-packet 0",
        "--frames-per-packet 26", "--jobs 0", "--format wav", "--nonsense", "--format npy", "-"}) {
    EXPECT_NE(Expect(2, encode + options).err, "") << options;
  }
  Expect(2, "quaver encode in.wav --model tiny -o t.mp3");
  Expect(2, "quaver encode in.wav --model tiny -o in.wav");
  Expect(2, "quaver encode in.wav d/in.wav --model tiny -o out");  // both would be out/in.qvr
  Expect(2, "quaver encode in.wav d/in.wav --model tiny -o -");
  Expect(2, "quaver decode in.qvr -o t.ogg");
  Expect(2, "quaver decode in.qvr -o /dev/null --format flac");
  Expect(2, "quaver decode in.qvr --rate 800");
  Expect(2, "quaver decode in.qvr --channels 256");
  for (const char* line :
       {"quaver", "quaver frobnicate", "quaver encode", "quaver decode", "quaver info", "quaver selftest a b",
        "quaver verify", "quaver verify t.qvr --structure --model tiny"}) {
    EXPECT_NE(Expect(2, line).err, "");
  }
  Expect(2, "quaver encode in.wav IN.wav --model tiny -o new/ --bitrate 100");  // below what one token takes
  EXPECT_EQ(List(), (Names{"IN.wav", "d", "in.wav"}));
}

TEST_F(ToolTest, AFullOrClosedOutputIsAFailure) {
  MakeWav("in.wav", 16000 * 20);
  ExpectSays(Expect(1, "quaver encode in.wav --model tiny -o - > /dev/full"), "standard output");
  ExpectSays(Expect(1, "quaver --help > /dev/full"), "standard output");
  Expect(0, "quaver encode in.wav --model tiny");
  // A reader that goes away ends the writer with a failure, not with a signal.
  Expect(0, "{ quaver decode in.qvr -o -; echo $? > code; } | head -c 100 > /dev/null");
  EXPECT_EQ(Bytes("code"), "1\n");
}

TEST_F(ToolTest, OfTwoFilesInOneTheSecondIsTold) {
  MakeWav("in.wav", 24000);
  Expect(0, "quaver encode in.wav --model tiny; quaver decode in.qvr -o in.flac");
  for (const std::string name : {"in.wav", "in.flac"}) {
    Expect(0, "cat " + name + " " + name + " > two");
    for (const char* input : {"two -o two.qvr", "- -o two.qvr < two"}) {
      const ToolRun run = Expect(3, std::string("quaver encode --force --model tiny ") + input);
      EXPECT_NE(run.err.find("at 0:01.500"), std::string::npos) << run.err;
      const std::string info = Expect(0, "quaver info --json two.qvr").out;
      EXPECT_NE(info.find("\"seconds\": 1.5"), std::string::npos) << info;
    }
  }
  Expect(0, "cat in.qvr in.qvr > two.qvr");
  for (const char* input : {"two.qvr -o two.wav", "- -o two.wav < two.qvr"}) {
    const ToolRun run = Expect(3, std::string("quaver decode --force ") + input);
    EXPECT_NE(run.err.find("another stream follows this one, at 1.50 s; it is not read\n"), std::string::npos)
        << run.err;
    EXPECT_EQ(run.err.find("concealed"), std::string::npos) << run.err;  // nothing of the first one was
    EXPECT_EQ(ReadSound(Path("two.wav")).mono.size(), 24000u);
  }
}

}  // namespace
}  // namespace quaver
