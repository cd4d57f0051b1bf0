// What the launchers' environments mean.
#include "codec/train/distributed/launch.h"

#include <gtest/gtest.h>

#include "tests/train/distributed/processes.h"

namespace quaver {
namespace {

Result<Launch> Read(const Variables& variables) {
  return ReadLaunch([&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

TEST(Launch, NothingMeansAlone) {
  const auto launch = Read({{"PATH", "/bin"}, {"MASTER_ADDR", "a"}});
  ASSERT_TRUE(launch.ok());
  EXPECT_EQ(launch.value().size, 1);
  EXPECT_EQ(launch.value().launcher, "");
}

TEST(Launch, Torchrun) {
  Variables variables = RankOf(3, 8, 29501);
  variables["LOCAL_RANK"] = "1";
  const auto launch = Read(variables);
  ASSERT_TRUE(launch.ok()) << launch.message();
  EXPECT_EQ(launch.value().rank, 3);
  EXPECT_EQ(launch.value().size, 8);
  EXPECT_EQ(launch.value().local_rank, 1);
  EXPECT_EQ(launch.value().address, "127.0.0.1");
  EXPECT_EQ(launch.value().port, 29501);
  EXPECT_FALSE(launch.value().store_is_there);

  variables["TORCHELASTIC_USE_AGENT_STORE"] = "True";
  variables["TORCHELASTIC_RESTART_COUNT"] = "2";
  const auto again = Read(variables);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again.value().store_is_there);
  EXPECT_EQ(again.value().attempt, "2");
}

TEST(Launch, Slurm) {
  const Variables variables = {{"SLURM_PROCID", "5"},
                               {"SLURM_STEP_NUM_TASKS", "16"},
                               {"SLURM_LOCALID", "1"},
                               {"SLURM_STEP_NODELIST", "gpu[017-019,30]-ib"},
                               {"SLURM_JOB_ID", "1234567"}};
  const auto launch = Read(variables);
  ASSERT_TRUE(launch.ok()) << launch.message();
  EXPECT_EQ(launch.value().rank, 5);
  EXPECT_EQ(launch.value().size, 16);
  EXPECT_EQ(launch.value().local_rank, 1);
  EXPECT_EQ(launch.value().address, "gpu017-ib");
  EXPECT_EQ(launch.value().port, 24567);

  // A batch script that forgot srun would train alone, and say nothing.
  const auto script = Read({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "16"}});
  ASSERT_FALSE(script.ok());
  EXPECT_NE(script.message().find("srun"), std::string::npos) << script.message();
  EXPECT_TRUE(Read({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "1"}}).ok());
}

TEST(Launch, FirstHostOfASlurmList) {
  EXPECT_EQ(FirstHost("login"), "login");
  EXPECT_EQ(FirstHost("a1,b[2-3]"), "a1");
  EXPECT_EQ(FirstHost("node[7,9-11]"), "node7");
  EXPECT_EQ(FirstHost("node[007-009],other"), "node007");
  EXPECT_EQ(FirstHost("n[1-2].example.org,m"), "n1.example.org");
  EXPECT_EQ(FirstHost("n["), "n");
  EXPECT_EQ(FirstHost(""), "");
}

TEST(Launch, OpenMpi) {
  Variables variables = {{"OMPI_COMM_WORLD_RANK", "1"},
                         {"OMPI_COMM_WORLD_SIZE", "2"},
                         {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                         {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}};
  const auto launch = Read(variables);
  ASSERT_TRUE(launch.ok()) << launch.message();
  EXPECT_EQ(launch.value().rank, 1);
  EXPECT_EQ(launch.value().address, "127.0.0.1");
  variables["OMPI_COMM_WORLD_LOCAL_SIZE"] = "1";  // two machines: somebody has to say where rank 0 is
  ASSERT_FALSE(Read(variables).ok());
  EXPECT_NE(Read(variables).message().find("MASTER_ADDR"), std::string::npos);
  variables["MASTER_ADDR"] = "first";
  EXPECT_TRUE(Read(variables).ok());
}

TEST(Launch, ErrorsNameTheVariable) {
  for (const auto& [name, value] : Variables{{"RANK", "8"},
                                             {"RANK", "-1"},
                                             {"WORLD_SIZE", "many"},
                                             {"WORLD_SIZE", "0"},
                                             {"LOCAL_RANK", "1x"},
                                             {"MASTER_PORT", "99999"},
                                             {"MASTER_ADDR", ""}}) {
    Variables variables = RankOf(0, 8, 29501);
    variables[name] = value;
    const auto launch = Read(variables);
    ASSERT_FALSE(launch.ok()) << name << "=" << value;
    EXPECT_NE(launch.message().find(name), std::string::npos) << launch.message();
  }
  Variables variables = RankOf(0, 8, 29501);
  variables.erase("MASTER_PORT");
  EXPECT_FALSE(Read(variables).ok());
}

}  // namespace
}  // namespace quaver
