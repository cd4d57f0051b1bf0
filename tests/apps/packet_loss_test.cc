// Packets lost on purpose: by chance, by a list, in the program.
#include "apps/cli/packet_loss.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "codec/io/npy.h"
#include "tests/apps/run_tool.h"

namespace quaver {
namespace {

struct Losses {
  double share;
  double burst;
};

Losses Measure(LossModel model, int packets) {
  int lost = 0;
  int bursts = 0;
  bool before = false;
  for (int i = 0; i < packets; ++i) {
    const bool now = model.NextIsLost();
    lost += now ? 1 : 0;
    bursts += now && !before ? 1 : 0;
    before = now;
  }
  return {static_cast<double>(lost) / packets, bursts > 0 ? static_cast<double>(lost) / bursts : 0};
}

TEST(LossModel, LosesTheShareInTheBurstsThatItIsTold) {
  for (const double loss : {0.01, 0.1, 0.3, 0.5}) {
    for (const double burst : {1.0, 2.0, 5.0, 20.0}) {
      if (burst < loss / (1 - loss)) continue;
      constexpr int kPackets = 2'000'000;
      const Losses measured = Measure(LossModel(loss, burst, 3), kPackets);
      const double spread =
          1 / std::sqrt(kPackets * loss / burst);  // of a mean over so many bursts, relative
      EXPECT_NEAR(measured.share, loss, 6 * spread * loss) << loss << " in bursts of " << burst;
      EXPECT_NEAR(measured.burst, burst, 4 * spread * burst) << loss << " in bursts of " << burst;
    }
  }
}

TEST(LossModel, WithoutBurstsEachPacketIsLostForItself) {
  for (const double loss : {0.05, 0.4, 0.9}) {
    const Losses measured = Measure(LossModel(loss, 0, 4), 500'000);
    EXPECT_NEAR(measured.share, loss, 0.01);
    EXPECT_NEAR(measured.burst, 1 / (1 - loss), 0.03 / (1 - loss));  // runs of independent losses
  }
}

TEST(LossModel, NoneAndAllAreExact) {
  EXPECT_EQ(Measure(LossModel(0, 3, 1), 10'000).share, 0);
  EXPECT_EQ(Measure(LossModel(1, 0, 1), 10'000).share, 1);
}

TEST(LossModel, ASeedDecidesWhatIsLost) {
  LossModel a(0.3, 2, 7), b(0.3, 2, 7), c(0.3, 2, 8);
  int differ = 0;
  for (int i = 0; i < 1000; ++i) {
    const bool lost = a.NextIsLost();
    ASSERT_EQ(lost, b.NextIsLost());
    differ += lost != c.NextIsLost() ? 1 : 0;
  }
  EXPECT_GT(differ, 100);
}

TEST(PacketLoss, CountsAndBeginsATraceAgain) {
  PacketLoss loss(std::vector<bool>{false, true, true});
  for (int i = 0; i < 9; ++i) ASSERT_EQ(loss.NextIsLost(), i % 3 > 0) << i;
  EXPECT_EQ(loss.packets(), uint64_t{9});
  EXPECT_EQ(loss.lost(), uint64_t{6});
}

TEST(PacketLoss, LosesNothingUnlessTold) {
  PacketLoss loss;
  for (int i = 0; i < 1000; ++i) ASSERT_FALSE(loss.NextIsLost());
}

class LossyDecode : public ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    MakeWav("in.wav", 40'000);
    Expect(0, "quaver encode in.wav --model tiny --tokens 3 -o t.npy");
    Expect(0, "quaver encode in.wav --model tiny --tokens 3 --frames-per-packet 1 -o t.qvr");
  }

  // What the arguments of `quaver decode` give.
  std::vector<float> Decoded(const std::string& arguments) const {
    Expect(0, "quaver decode --force -o out.wav " + arguments);
    return ReadSound(Path("out.wav")).mono;
  }

  // t.npy, with the tokens of the rows that `trace` names gone.
  void TakeAway(const std::vector<bool>& trace) const {
    TokenMatrix tokens = ReadTokens(Path("t.npy"));
    for (size_t i = 0; i < tokens.values.size(); ++i) {
      if (trace[i / tokens.columns % trace.size()]) tokens.values[i] = 65535;
    }
    auto writer = NpyWriter::Create(Path("less.npy"), tokens.columns);
    ASSERT_TRUE(writer.ok() && writer.value()->Write(tokens.values).ok() && writer.value()->Commit().ok());
  }
};

TEST_F(LossyDecode, IsThatOfTokensThatAreNotThere) {
  Store("trace.txt", "00110 1\n0");
  TakeAway({false, false, true, true, false, true, false});
  const auto expected = Decoded("less.npy --model tiny");
  ASSERT_NE(Decoded("t.npy --model tiny"), expected);
  EXPECT_EQ(Decoded("t.npy --model tiny --loss-file trace.txt"), expected);
  // A packet holds a frame, as a row does; the .qvr ends where the sound did.
  const auto packets = Decoded("t.qvr --loss-file trace.txt");
  ASSERT_EQ(packets.size(), size_t{40'000});
  ASSERT_GE(expected.size(), packets.size());
  EXPECT_TRUE(std::equal(packets.begin(), packets.end(), expected.begin()));
}

TEST_F(LossyDecode, ASeedDecidesAndEveryInputHasItsOwn) {
  const auto one = Decoded("t.qvr --loss 0.3 --burst 2");
  EXPECT_EQ(Decoded("t.qvr --loss 0.3 --burst 2 --seed 1"), one);
  const auto two = Decoded("t.qvr --loss 0.3 --burst 2 --seed 2");
  EXPECT_NE(two, one);
  Expect(0, "cp t.qvr again.qvr; mkdir heard; quaver decode t.qvr again.qvr --loss 0.3 --burst 2 -o heard/");
  EXPECT_EQ(ReadSound(Path("heard/t.wav")).mono, one);
  EXPECT_EQ(ReadSound(Path("heard/again.wav")).mono, two);
}

TEST_F(LossyDecode, NoneAndAll) {
  EXPECT_EQ(Decoded("t.qvr --loss 0"), Decoded("t.qvr"));
  TakeAway({true});
  const auto nothing = Decoded("less.npy --model tiny");
  const auto lost = Decoded("t.qvr --loss 1");
  ASSERT_EQ(lost.size(), size_t{40'000});
  EXPECT_TRUE(std::equal(lost.begin(), lost.end(), nothing.begin()));
}

TEST_F(LossyDecode, ErrorsNameTheOptionAndThePlace) {
  Store("bad.txt", "01\n2");
  Store("empty.txt", "\n");
  const auto said = [&](const std::string& arguments) {
    return Expect(2, "quaver decode t.qvr -o new/ " + arguments).err;
  };
  EXPECT_NE(said("--loss-file bad.txt").find("bad.txt: byte 3: "), std::string::npos);
  EXPECT_NE(said("--loss-file empty.txt").find("empty.txt: contains no 0 "), std::string::npos);
  EXPECT_NE(said("--loss-file none.txt").find("none.txt: "), std::string::npos);
  EXPECT_NE(said("--loss 1.5").find("--loss must be"), std::string::npos);
  EXPECT_NE(said("--loss 0.1 --burst 0.5").find("--burst must be"), std::string::npos);
  EXPECT_NE(said("--burst 3").find("need --loss"), std::string::npos);
  EXPECT_NE(said("--loss 0.1 --loss-file bad.txt").find("not both"), std::string::npos);
  EXPECT_FALSE(Exists("new"));
}

}  // namespace
}  // namespace quaver
