#include "codec/train/distributed/launch.h"

#include <charconv>
#include <cstdlib>
#include <string_view>
#include <system_error>

namespace quaver {
namespace {

constexpr int kDefaultPort = 29500;  // torchrun's
constexpr int kMaxRanks = 1 << 20;

class Reader {
 public:
  explicit Reader(const Environment& get) : get_(get) {}

  bool Has(const char* name) const { return get_(name) != nullptr; }
  std::string Text(const char* name) const {
    const char* value = get_(name);
    return value == nullptr ? "" : value;
  }
  // A whole number in low .. high; the first that is not makes error().
  int Number(const char* name, int low, int high) {
    const std::string text = Text(name);
    int value = low;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool good =
        failure == std::errc() && end == text.data() + text.size() && value >= low && value <= high;
    if (!good && error_.empty()) {
      error_ = Has(name) ? std::string(name) + " is \"" + text + "\", not a whole number from " +
                               std::to_string(low) + " to " + std::to_string(high)
                         : std::string(name) + " is not set";
    }
    return good ? value : low;
  }
  int NumberOr(const char* name, int low, int high, int otherwise) {
    return Has(name) ? Number(name, low, high) : otherwise;
  }
  void Fail(const std::string& error) {
    if (error_.empty()) error_ = error;
  }
  const std::string& error() const { return error_; }

 private:
  const Environment& get_;
  std::string error_;
};

void Place(Reader& read, Launch& out, const char* rank, const char* size, const char* local) {
  out.size = read.Number(size, 1, kMaxRanks);
  out.rank = read.Number(rank, 0, out.size - 1);
  out.local_rank = read.NumberOr(local, 0, kMaxRanks, 0);
}

Launch Torchrun(Reader& read) {
  Launch out;
  out.launcher = "torchrun";
  Place(read, out, "RANK", "WORLD_SIZE", "LOCAL_RANK");
  out.address = read.Text("MASTER_ADDR");
  out.port = out.size > 1 ? read.Number("MASTER_PORT", 1, 65535) : 0;
  out.store_is_there = read.Text("TORCHELASTIC_USE_AGENT_STORE") == "True";
  if (read.Has("TORCHELASTIC_RESTART_COUNT")) out.attempt = read.Text("TORCHELASTIC_RESTART_COUNT");
  return out;
}

Launch Slurm(Reader& read) {
  Launch out;
  out.launcher = "Slurm";
  if (!read.Has("SLURM_STEP_NUM_TASKS")) {  // the batch script itself
    if (read.NumberOr("SLURM_NTASKS", 1, kMaxRanks, 1) > 1)
      read.Fail("SLURM_NTASKS is above 1, but this is not a job step; start it with srun");
    return out;
  }
  Place(read, out, "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID");
  out.address = read.Text("MASTER_ADDR");
  if (out.address.empty()) {
    out.address =
        FirstHost(read.Text(read.Has("SLURM_STEP_NODELIST") ? "SLURM_STEP_NODELIST" : "SLURM_JOB_NODELIST"));
  }
  const int job = read.NumberOr("SLURM_JOB_ID", 0, 2147483647, 0);
  out.port = read.NumberOr("MASTER_PORT", 1, 65535, 20000 + job % 10000);
  if (read.Has("SLURM_RESTART_COUNT")) out.attempt = read.Text("SLURM_RESTART_COUNT");
  return out;
}

Launch OpenMpi(Reader& read) {
  Launch out;
  out.launcher = "Open MPI";
  Place(read, out, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK");
  out.address = read.Text("MASTER_ADDR");
  if (out.address.empty() &&
      read.NumberOr("OMPI_COMM_WORLD_LOCAL_SIZE", 1, kMaxRanks, out.size + 1) == out.size)
    out.address = "127.0.0.1";
  out.port = read.NumberOr("MASTER_PORT", 1, 65535, kDefaultPort);
  return out;
}

}  // namespace

std::string FirstHost(const std::string& list) {
  const size_t open = list.find_first_of(",[");
  std::string host = list.substr(0, open);
  if (open == std::string::npos || list[open] == ',') return host;
  host += list.substr(open + 1, list.find_first_of(",-]", open + 1) - open - 1);
  const size_t close = list.find(']', open);
  if (close == std::string::npos) return host;
  return host + list.substr(close + 1, list.find(',', close) - close - 1);
}

Result<Launch> ReadLaunch(const Environment& get) {
  Reader read(get);
  Launch launch;
  if (read.Has("RANK") && read.Has("WORLD_SIZE")) {
    launch = Torchrun(read);
  } else if (read.Has("SLURM_PROCID")) {
    launch = Slurm(read);
  } else if (read.Has("OMPI_COMM_WORLD_RANK")) {
    launch = OpenMpi(read);
  }
  if (launch.size > 1 && launch.address.empty())
    read.Fail("MASTER_ADDR is not set: it names the host of rank 0");
  if (!read.error().empty()) return Error{"start with " + launch.launcher + ": " + read.error()};
  return launch;
}

Result<Launch> ReadLaunch() {
  return ReadLaunch([](const char* name) -> const char* { return std::getenv(name); });
}

}  // namespace quaver
