// Where a process stands among those that a launcher started: read from the environment. There is no launcher
// of our own.
#ifndef QUAVER_CODEC_TRAIN_DISTRIBUTED_LAUNCH_H_
#define QUAVER_CODEC_TRAIN_DISTRIBUTED_LAUNCH_H_

#include <functional>
#include <string>

#include "codec/status.h"

namespace quaver {

struct Launch {
  std::string launcher;  // "torchrun", "Slurm", "Open MPI"; empty: started alone
  int rank = 0;
  int size = 1;
  int local_rank = 0;           // among those on the same machine: the number of its GPU
  std::string address;          // host of the store through which the processes find each other
  int port = 0;                 // and its port
  bool store_is_there = false;  // torchrun holds the store itself; otherwise rank 0 opens it
  std::string attempt = "0";    // restarts so far: keeps apart what two attempts write to one store
};

// The value of a variable of the environment, or null.
using Environment = std::function<const char*(const char* name)>;

// The first of these that is there:
//   torchrun  RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT (all four), LOCAL_RANK
//   Slurm     SLURM_PROCID, SLURM_STEP_NUM_TASKS, SLURM_LOCALID. MASTER_ADDR, if unset, is the step's first
//             host; MASTER_PORT, if unset, comes from SLURM_JOB_ID.
//   Open MPI  OMPI_COMM_WORLD_RANK, _SIZE, _LOCAL_RANK. MASTER_ADDR, if unset, is 127.0.0.1 where all ranks
//             are on one machine; MASTER_PORT, if unset, is 29500.
// Errors name the variable that is missing or invalid.
Result<Launch> ReadLaunch(const Environment& get);
Result<Launch> ReadLaunch();  // of this process

// First host of a list as Slurm writes them: "gpu[007-009,12],login" -> "gpu007".
std::string FirstHost(const std::string& list);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DISTRIBUTED_LAUNCH_H_
