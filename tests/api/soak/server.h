// A server of many calls: each tick of 20 ms runs a packet of every call, in one batch for each model.
#ifndef QUAVER_TESTS_API_SOAK_SERVER_H_
#define QUAVER_TESTS_API_SOAK_SERVER_H_

#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "codec/batch.h"
#include "tests/api/soak/call.h"

namespace quaver::soak {

struct ServerCounts : Counts {
  uint64_t calls = 0, replayed = 0, loads = 0;
};

class Server {
 public:
  // `models`: weights files. Throws std::runtime_error, as Tick and Close do, if anything is not as it should
  // be.
  Server(std::vector<std::string> models, std::span<const float> speech, int most_calls, uint64_t seed);
  ~Server();

  // Calls come and go, models are loaded anew, calls are moved, every call sends a packet. Of the calls that
  // end some are run again on their own, and must sound the same.
  void Tick();
  // The end of every call. Nothing is held after it but the list of models.
  void Close();

  const ServerCounts& counts() const { return counts_; }

 private:
  struct LoadedModel;  // the calls of one model, as it was loaded once
  LoadedModel& Newest(size_t model);
  void Join();
  void RunBatch(LoadedModel& one);
  void End(const Call& call);

  std::vector<std::string> models_;
  std::span<const float> speech_;
  size_t most_calls_;
  TestRandom random_;
  uint64_t next_seed_;
  ServerCounts counts_;
  std::list<LoadedModel> loaded_;
  std::vector<LoadedModel*> newest_;  // of each model: what calls join
};

}  // namespace quaver::soak

#endif  // QUAVER_TESTS_API_SOAK_SERVER_H_
