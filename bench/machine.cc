#include "bench/machine.h"

#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

namespace quaver::bench {
namespace {

// The value of the first line "name : value" of /proc/cpuinfo; "" if there is none.
std::string CpuInfo(const std::string& name) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (colon != std::string::npos && line.compare(0, name.size(), name) == 0) return line.substr(colon + 2);
  }
  return "";
}

std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

nlohmann::ordered_json Caches() {
  nlohmann::ordered_json caches = nlohmann::ordered_json::object();
  for (int i = 0; i < 8; ++i) {
    const std::string folder = "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(i) + "/";
    const std::string size = FirstLine(folder + "size");
    if (size.empty()) break;
    if (FirstLine(folder + "type") != "Instruction") caches["L" + FirstLine(folder + "level")] = size;
  }
  return caches;
}

}  // namespace

nlohmann::ordered_json DescribeMachine() {
  double load = 0;
  if (getloadavg(&load, 1) != 1) load = 0;
  const std::string family = CpuInfo("cpu family");
  return {{"processor", CpuInfo("model name")},
          {"family", family.empty() ? "" : family + ", model " + CpuInfo("model\t")},
          {"cores", std::thread::hardware_concurrency()},
          {"caches", Caches()},
          {"compiler", QUAVER_BENCH_COMPILER},
          {"load", load}};
}

}  // namespace quaver::bench
