// Two processes against one: the operations of a group, and what happens when a process of it is lost.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "tests/train/distributed/processes.h"
#include "tests/train/folder.h"

namespace quaver {
namespace {

constexpr char kWorker[] = QUAVER_DISTRIBUTED_WORKER;

struct Line {
  std::string name;
  std::vector<double> values;
};

std::vector<Line> ReadLines(const std::string& path) {
  std::vector<Line> lines;
  std::ifstream in(path);
  for (std::string text; std::getline(in, text);) {
    std::istringstream words(text);
    Line line;
    words >> line.name;
    for (double value = 0; words >> value;) line.values.push_back(value);
    lines.push_back(std::move(line));
  }
  return lines;
}

// The case with `size` processes gives what it gives with one.
void ExpectAsAlone(const std::string& name, int size, double tolerance) {
  const TemporaryFolder folder("quaver_group_test");
  const auto alone = RunRanks(1, {kWorker, name, folder / "alone"});
  ASSERT_EQ(alone[0].code, 0) << alone[0].text;
  for (const Ended& rank : RunRanks(size, {kWorker, name, folder / "together"}))
    ASSERT_EQ(rank.code, 0) << rank.text;
  const auto expected = ReadLines(folder / "alone");
  const auto got = ReadLines(folder / "together");
  ASSERT_GT(expected.size(), 0u);
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i].name, expected[i].name);
    ASSERT_EQ(got[i].values.size(), expected[i].values.size());
    for (size_t k = 0; k < got[i].values.size(); ++k)
      EXPECT_NEAR(got[i].values[k], expected[i].values[k], tolerance) << got[i].name << ' ' << k;
  }
}

TEST(Group, SumsAndTheirGradientsAreThoseOfOneProcess) {
  ExpectAsAlone("sums", 2, 1e-12);
  ExpectAsAlone("sums", 4, 1e-12);
}

TEST(Group, GradientsAreThoseOfTheWholeBatch) {
  ExpectAsAlone("gradients", 2, 1e-6);
  ExpectAsAlone("gradients", 4, 1e-6);
}

TEST(Group, CodebooksAreThoseOfTheWholeBatch) {
  ExpectAsAlone("codebook", 2, 1e-5);
  ExpectAsAlone("codebook", 4, 1e-5);
}

// The network, its losses, the discriminators, the balancer, moments and validation: one step of 2 x B is one
// of 1 x 2B. The second step shows that the first updated the weights alike.
TEST(Group, StepsOnRealSpeechAreThoseOfOneProcess) { ExpectAsAlone("steps", 2, 1e-5); }

// Which latents enter the queue, and in which order.
TEST(Group, QueuesOfVectorPerturbationAreThoseOfOneProcess) {
  ExpectAsAlone("perturbation", 2, 1e-12);
  ExpectAsAlone("perturbation", 4, 1e-12);
}

// One line, "rank 0 of 2: rank 1 (...) ...".
void ExpectBlamed(const Ended& rank, const std::string& blamed) {
  EXPECT_EQ(rank.code, 1) << rank.text;
  EXPECT_EQ(rank.text.find(blamed), 0u) << rank.text;
  EXPECT_EQ(std::count(rank.text.begin(), rank.text.end(), '\n'), 1) << rank.text;
}

TEST(Group, AKilledProcessEndsTheOthersWithItsName) {
  const auto ended = RunRanks(3, {kWorker, "misbehave", "kill"});
  EXPECT_EQ(ended[2].code, 128 + SIGKILL);
  ExpectBlamed(ended[0], "rank 0 of 3: rank 2 (");
  ExpectBlamed(ended[1], "rank 1 of 3: rank 2 (");
}

TEST(Group, SoDoesTheOneThatHoldsTheStore) {
  const auto ended = RunRanks(2, {kWorker, "misbehave", "kill the first"});
  EXPECT_EQ(ended[0].code, 128 + SIGKILL);
  ExpectBlamed(ended[1], "rank 1 of 2: rank 0 (");
}

TEST(Group, AFrozenProcessIsLostAfterTheTimeOut) {
  const int port = FreePort();
  const std::vector<std::string> command = {kWorker, "misbehave", "stop"};
  Process first(command, RankOf(0, 2, port));
  Process second(command, RankOf(1, 2, port));  // killed at the end of its scope
  const Ended ended = first.Wait();
  ExpectBlamed(ended, "rank 0 of 2: rank 1 (");
  EXPECT_NE(ended.text.find("has not answered for 4 s"), std::string::npos) << ended.text;
}

TEST(Group, AProcessThatGivesUpIsQuoted) {
  const auto ended = RunRanks(2, {kWorker, "misbehave", "give up"});
  EXPECT_EQ(ended[1].code, 3);
  ExpectBlamed(ended[0], "rank 0 of 2: rank 1 (");
  EXPECT_NE(ended[0].text.find("ended: the disk is full"), std::string::npos) << ended[0].text;
}

TEST(Group, DifferentConfigurationsAreNamedOnAllRanks) {
  for (const Ended& rank : RunRanks(2, {kWorker, "disagree"})) {
    EXPECT_EQ(rank.code, 0) << rank.text;
    EXPECT_NE(rank.text.find("rank 0 and rank 1 do not have the same configuration: /batch is 4 and 5"),
              std::string::npos)
        << rank.text;
  }
}

TEST(Group, AProcessThatNeverStartsIsNamed) {
  const int port = FreePort();
  const Ended first = Process({kWorker, "nothing"}, RankOf(0, 2, port)).Wait();
  EXPECT_EQ(first.code, 1) << first.text;
  EXPECT_NE(first.text.find("rank 1 did not join within"), std::string::npos) << first.text;
  const Ended second = Process({kWorker, "nothing"}, RankOf(1, 2, port)).Wait();
  EXPECT_EQ(second.code, 1) << second.text;
  EXPECT_NE(second.text.find("127.0.0.1:" + std::to_string(port)), std::string::npos) << second.text;
}

TEST(Group, OneProcessNeedsNoLauncher) {
  const Ended alone = Process({kWorker, "nothing"}, {}).Wait();
  EXPECT_EQ(alone.code, 0) << alone.text;
  EXPECT_NE(alone.text.find("one process"), std::string::npos) << alone.text;
}

}  // namespace
}  // namespace quaver
