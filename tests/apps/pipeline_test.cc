// Sound through pipes that stay open: it comes out as it comes in.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "codec/container/qvr.h"
#include "tests/apps/run_tool.h"
#include "tests/container/stream_tools.h"

namespace quaver {
namespace {

class PipelineTest : public ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    MakeWav("in.wav", kSamples);
    Expect(0, "quaver encode in.wav --model tiny -o t.qvr; quaver decode t.qvr -o - > endless.wav");
  }

  std::vector<RawPage> Pages(const std::string& name) const {
    const std::string bytes = Bytes(name);
    return SplitPages({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  }

  static constexpr size_t kSamples = 16000 * 6;
};

// Nothing here measures time: the pipe is closed when the sound is there, or, for a test that fails, when a
// minute is over.
TEST_F(PipelineTest, SoundComesOutWhileTheInputIsOpen) {
  // What has gone in, less what the reader of the sound file may keep, a page and a packet.
  constexpr size_t kMost = 16000 * 6 - 16384 - 16000;
  const ToolRun run =
      Run("mkfifo pipe; quaver encode - -o - --model tiny < pipe | quaver decode - -o - > out.wav &\n"
          "exec 3> pipe; cat endless.wav >&3\n"
          "n=0; until [ $(wc -c < out.wav) -ge " +
          std::to_string(44 + 2 * kMost) +
          " ] || [ $n -ge 600 ]; do sleep 0.1; n=$((n + 1)); done\n"
          "echo $n; exec 3>&-; wait");
  EXPECT_LT(std::stoi(run.out), 600) << Bytes("out.wav").size() << run.err;
  EXPECT_EQ(run.err, "");
  Expect(0, "quaver encode endless.wav -o e.qvr --model tiny; quaver decode e.qvr -o - > all.wav");
  EXPECT_TRUE(Bytes("out.wav") == Bytes("all.wav"));
}

TEST_F(PipelineTest, MaxDelayShortensPagesAndPackets) {
  struct Case {
    int delay;       // ms
    size_t frames;   // a packet
    size_t packets;  // a page
    const char* more;
  };
  for (const Case& c :
       {Case{0, 1, 1, ""}, Case{19, 1, 1, ""}, Case{40, 2, 1, ""}, Case{250, 12, 1, ""}, Case{500, 25, 1, ""},
        Case{999, 25, 1, ""}, Case{1000, 25, 2, ""}, Case{1000, 1, 50, "--frames-per-packet 1"},
        Case{0, 10, 1, "--frames-per-packet 10"}, Case{5000, 25, 10, ""}}) {
    Expect(0, "quaver encode in.wav -o t.qvr --force --tokens 4 --model tiny --max-delay " +
                  std::to_string(c.delay) + " " + c.more);
    const auto pages = Pages("t.qvr");
    const size_t frames = kSamples / 320 + 1;
    size_t packets = (frames + c.frames - 1) / c.frames;
    for (size_t i = 2; i < pages.size(); ++i) {
      const size_t held = std::min(c.packets, packets);
      ASSERT_EQ(pages[i].lacing.size(), held) << c.delay << " page " << i;
      packets -= held;
    }
    EXPECT_EQ(packets, 0u) << c.delay;
    EXPECT_TRUE(pages.back().last);
    EXPECT_FALSE(pages.back().body.empty()) << "the last packet has the length";
    Expect(0, "quaver decode t.qvr -o t.wav --force");
    Expect(0,
           "quaver encode in.wav -o u.qvr --force --tokens 4 --model tiny; quaver decode u.qvr -o u.wav "
           "--force");
    EXPECT_TRUE(Bytes("t.wav") == Bytes("u.wav")) << c.delay;
  }
}

TEST_F(PipelineTest, MaxDelayIsRefusedWhereItCannotHold) {
  for (const char* options : {"--max-delay -1", "--max-delay 5001", "--max-delay x",
                              "--max-delay 0 --effort 1", "--max-delay 0 --format npy"}) {
    EXPECT_NE(Expect(2, std::string("quaver encode in.wav --model tiny ") + options).err, "") << options;
  }
  EXPECT_NE(
      Expect(2, "quaver encode in.wav --model tiny -o a.npy --max-delay 0").err.find("a.npy: --max-delay"),
      std::string::npos);
}

TEST_F(PipelineTest, NamedDescriptorsAreWrittenLikeStandardOutput) {
  Expect(0, "quaver encode in.wav --model tiny -o - > a.qvr");
  Expect(0, "quaver encode in.wav --model tiny -o /dev/stdout > b.qvr");
  Expect(0, "quaver encode in.wav --model tiny -o /dev/fd/3 3> c.qvr");
  Expect(0,
         "ln -s /dev/fd/3 link.qvr; printf kept > d.qvr; quaver encode in.wav --model tiny -o link.qvr 3>> "
         "d.qvr");
  EXPECT_TRUE(Bytes("b.qvr") == Bytes("a.qvr"));
  EXPECT_TRUE(Bytes("c.qvr") == Bytes("a.qvr"));
  EXPECT_TRUE(Bytes("d.qvr") == "kept" + Bytes("a.qvr"));
  Expect(0, "quaver decode t.qvr -o - > a.wav; quaver decode t.qvr -o /dev/stdout | cat > b.wav");
  EXPECT_TRUE(Bytes("b.wav") == Bytes("a.wav"));
  EXPECT_NE(Expect(1, "quaver decode t.qvr -o /dev/fd/9").err.find("/dev/fd/9: cannot be opened"),
            std::string::npos);
  Expect(2, "quaver encode in.wav endless.wav --model tiny -o /dev/stdout > e.qvr");
  Expect(2, "quaver decode t.qvr -o /dev/stdout --format flac > /dev/null");
}

TEST_F(PipelineTest, ALinkToAMissingFileIsFollowed) {
  Expect(0, "mkdir d; ln -s d/real.qvr link.qvr; quaver encode in.wav --model tiny -o link.qvr");
  EXPECT_EQ(List("d"), std::vector<std::string>{"real.qvr"});
  Expect(0, "test -L link.qvr");
  EXPECT_TRUE(Bytes("d/real.qvr") == Bytes("t.qvr"));
  Expect(1, "quaver encode in.wav --model tiny -o link.qvr");
}

}  // namespace
}  // namespace quaver
