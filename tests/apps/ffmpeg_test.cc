// Formats that libsndfile does not know: through a stand-in for ffmpeg, and through the real one where it is.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/apps/run_tool.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

void ExpectSays(const ToolRun& run, const std::string& text) {
  EXPECT_NE(run.err.find(text), std::string::npos) << "no \"" << text << "\" in: " << run.err;
}

constexpr size_t kSamples = 40000;

class FfmpegTest : public ToolTest {
 protected:
  // talk.m4a, which only a program can read that gives the sound of sound/in.wav.
  void SetUp() override {
    ToolTest::SetUp();
    fs::create_directories(Path("sound"));
    fs::create_directories(Path("bin"));
    MakeWav("sound/in.wav", kSamples, 22050, 2);
    Store("talk.m4a", std::string("\0\0\0\x20"
                                  "ftypM4A and so on",
                                  20));
  }

  // A script in place of ffmpeg; $in is the name of its input, the arguments go to the file args.
  void StandIn(const std::string& script) const {
    Store("bin/ffmpeg", R"sh(#!/bin/sh
printf '%s\n' "$@" > args
while [ "$1" != -i ]; do shift; done
in=$2
)sh" + script + "\n");
    fs::permissions(Path("bin/ffmpeg"), fs::perms::owner_all);
  }

  ToolRun With(int code, const std::string& line) const {
    return Expect(code, "PATH=\"$PWD/bin:$PATH\"\n" + line);
  }

  // The tokens of sound/in.wav itself.
  std::vector<uint16_t> Tokens() const {
    Expect(0, "quaver encode sound/in.wav -o sound/in.npy --model tiny --force");
    return ReadTokens(Path("sound/in.npy")).values;
  }
};

TEST_F(FfmpegTest, ReadsWhatLibsndfileCannot) {
  StandIn("cat sound/in.wav");
  const ToolRun run =
      With(0, "quaver encode talk.m4a -o t.npy --model tiny; quaver encode talk.m4a --model tiny");
  ExpectSays(run, "talk.m4a: read by " + Path("bin/ffmpeg"));
  EXPECT_EQ(ReadTokens(Path("t.npy")).values, Tokens());
  Expect(0, "quaver decode talk.qvr");
  EXPECT_EQ(ReadSound(Path("talk.wav")).mono.size(), kSamples);
  EXPECT_EQ(With(0, "quaver encode talk.m4a --model tiny --force --quiet").err, "");
  // What libsndfile reads is left to it.
  StandIn("exit 1");
  With(0, "quaver encode sound/in.wav -o direct.qvr --model tiny");
}

TEST_F(FfmpegTest, NamesAreThoseOfLocalFiles) {
  StandIn("cat sound/in.wav");
  const Names names = {"-i.m4a",   "http:talk.m4a", "concat:a|b.m4a",
                       "%03d.m4a", "pipe:0",        "$(touch hacked).m4a"};
  for (const std::string& name : names) {
    fs::copy_file(Path("talk.m4a"), Path(name));
    Store("list", name + "\n");
    With(0, "quaver encode --files-from list -o out --model tiny");
    EXPECT_NE(Bytes("args").find("\n-i\nfile:" + name + "\n"), std::string::npos) << Bytes("args");
    EXPECT_NE(Bytes("args").find("-protocol_whitelist\nfile,pipe\n"), std::string::npos);
    EXPECT_NE(Bytes("args").find("-format_whitelist\n"), std::string::npos);
  }
  EXPECT_EQ(List("out").size(), names.size());
  EXPECT_FALSE(Exists("hacked"));
}

TEST_F(FfmpegTest, ReadsFromPipesAndFolders) {
  StandIn(R"(cmp "${in#file:}" talk.m4a && cat sound/in.wav)");
  With(0,
       "cat talk.m4a | quaver encode - -o pipe.npy --model tiny; quaver encode - < talk.m4a -o file.npy "
       "--model tiny");
  EXPECT_EQ(ReadTokens(Path("pipe.npy")).values, Tokens());
  EXPECT_EQ(ReadTokens(Path("file.npy")).values, Tokens());
  Expect(0, "mkdir tree; cp talk.m4a tree; cp talk.m4a tree/2024.05.01");
  With(0, "quaver encode tree -o out --model tiny");
  EXPECT_EQ(List("out"), (Names{"2024.05.01.qvr", "talk.qvr"}));
}

TEST_F(FfmpegTest, WithoutItTheErrorNamesIt) {
  const ToolRun run =
      Expect(1, "PATH=\"$(dirname \"$(command -v quaver)\")\"; quaver encode talk.m4a --model tiny");
  ExpectSays(run, "talk.m4a: ");
  ExpectSays(run, "apt install ffmpeg");
  // Not one from the folder that the user happens to be in.
  StandIn("cat ../sound/in.wav");
  Expect(1,
         "cd bin; PATH=\".::$(dirname \"$(command -v quaver)\")\"; quaver encode ../talk.m4a --model tiny");
  EXPECT_FALSE(Exists("talk.qvr"));
}

TEST_F(FfmpegTest, WhatItCannotReadEitherIsAnError) {
  for (const char* script :
       {"echo '[mov,mp4 @ 0x5581] moov atom not found' >&2; echo \"$in: Invalid data\" >&2; exit 1",
        "echo moov atom not found >&2; head -c 44 sound/in.wav; exit 1",
        "echo moov atom not found >&2; exit 0"}) {
    StandIn(script);
    const ToolRun run = With(1, "quaver encode talk.m4a --model tiny");
    ExpectSays(run, "moov atom not found");
    EXPECT_EQ(run.err.find("0x5581"), std::string::npos) << run.err;
    EXPECT_FALSE(Exists("talk.qvr"));
  }
  StandIn("echo this is no sound");
  ExpectSays(With(1, "quaver encode talk.m4a --model tiny"), "talk.m4a: ");
  StandIn("kill -9 $$");
  ExpectSays(With(1, "quaver encode talk.m4a --model tiny"), "signal 9");
}

TEST_F(FfmpegTest, AFailureInTheMiddleIsToldAndWhatWasThereIsKept) {
  for (const char* script :
       {"head -c 80000 sound/in.wav; echo partial file >&2; exit 1", "head -c 80000 sound/in.wav; kill -9 $$",
        "cat sound/in.wav; echo partial file >&2"}) {
    StandIn(script);
    ExpectSays(With(3, "quaver encode talk.m4a --model tiny --force --quiet"), "talk.m4a: is ");
    Expect(0, "quaver decode talk.qvr --force");
    EXPECT_GE(ReadSound(Path("talk.wav")).mono.size(), 19900u);
  }
}

TEST_F(FfmpegTest, ManyMessagesDoNotStopIt) {
  StandIn("seq 100000 >&2; cat sound/in.wav; seq 100000 >&2");
  const ToolRun run = With(3, "quaver encode talk.m4a --model tiny");
  EXPECT_LT(run.err.size(), 1000u);
  EXPECT_EQ(run.err.find("100000"), std::string::npos);
}

constexpr const char* kGone = R"sh(
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  kill -0 -$(cat group) 2> /dev/null || exit 0
  sleep 0.2
done
exit 77)sh";

// SIGTERM ends the input, and what came before it is kept; SIGHUP ends the program.
TEST_F(FfmpegTest, ACancelledRunLeavesNoChild) {
  StandIn("cat sound/in.wav; echo $$ > new; mv new group; sleep 1000; true");
  for (const char* signal : {"TERM", "HUP"}) {
    fs::remove(Path("group"));
    const std::string run =
        std::string(
            "env --default-signal=TERM,HUP quaver encode talk.m4a --model tiny & program=$!\n"
            "until [ -e group ] || ! kill -0 $program; do sleep 0.05; done\n"
            "kill -") +
        signal + " $program; wait $program; echo $? > code";
    With(0, run + kGone);
    EXPECT_EQ(Exists("talk.qvr"), std::string(signal) == "TERM");
    fs::remove(Path("talk.qvr"));
  }
}

TEST_F(FfmpegTest, NoChildOutlivesAFailure) {
  StandIn("echo $$ > group; cat sound/in.wav /dev/zero");  // has no end
  With(0, std::string("quaver encode talk.m4a --model tiny -o - > /dev/full; [ $? = 1 ] || exit 1") + kGone);
  With(0, std::string(
              "quaver encode talk.m4a --model tiny & until [ -e group ]; do sleep 0.05; done; sleep 0.2\n"
              "kill -KILL $!; wait $!") +
              kGone);
}

class RealFfmpegTest : public FfmpegTest {
 protected:
  void SetUp() override {
    FfmpegTest::SetUp();
    if (std::system("ffmpeg -version > /dev/null 2>&1") != 0) GTEST_SKIP() << "ffmpeg is not installed";
  }
};

TEST_F(RealFfmpegTest, ReadsM4aWebmAndWma) {
  Expect(0, R"sh(cd sound; set -e
for kind in m4a webm wma; do ffmpeg -v error -i in.wav ../speech.$kind; done)sh");
  for (const std::string kind : {"m4a", "webm", "wma"}) {
    Expect(0, "quaver encode speech." + kind + " -o - --model tiny | quaver decode - -o " + kind + ".wav");
    const Sound sound = ReadSound(Path(kind + ".wav"));
    EXPECT_EQ(sound.channels, 1);
    EXPECT_NEAR(static_cast<double>(sound.mono.size()) / sound.rate, kSamples / 22050.0, 0.15) << kind;
  }
  Expect(0,
         "cp speech.m4a ./-x.m4a; cp speech.m4a http:x.m4a; cp speech.m4a 'concat:a|b.m4a'; cat speech.m4a | "
         "quaver encode - -o pipe.qvr --model tiny; quaver encode -o out --model tiny -- -x.m4a http:x.m4a "
         "'concat:a|b.m4a'");
  EXPECT_EQ(List("out").size(), 3u);
}

TEST_F(RealFfmpegTest, ACutOffFileIsNoSuccess) {
  Expect(0,
         "ffmpeg -v error -i sound/in.wav -movflags +faststart whole.m4a; "
         "head -c $(($(wc -c < whole.m4a) / 2)) whole.m4a > cut.m4a");
  ExpectSays(Expect(3, "quaver encode cut.m4a --model tiny"), "cut.m4a: is ");
}

TEST_F(RealFfmpegTest, OpensNoOtherFiles) {
  Expect(0, "ffmpeg -v error -i sound/in.wav part.ts");
  Store("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:2,\npart.ts\n#EXT-X-ENDLIST\n");
  Store("list.ffconcat", "ffconcat version 1.0\nfile part.ts\n");
  Expect(1, "quaver encode list.m3u8 list.ffconcat -o out --model tiny");
  EXPECT_EQ(List("out"), Names{});
}

}  // namespace
}  // namespace quaver
