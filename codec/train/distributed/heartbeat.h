// Who of a group is still there: each rank counts up in the store of the group, and looks at the others'
// counts.
#ifndef QUAVER_CODEC_TRAIN_DISTRIBUTED_HEARTBEAT_H_
#define QUAVER_CODEC_TRAIN_DISTRIBUTED_HEARTBEAT_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <vector>

namespace quaver {

struct HeartbeatOptions {
  int rank = 0;
  std::vector<std::string> names;  // of all ranks, for messages: "rank 1 (host, process 4711)"
  std::string store_name;          // "the store of rank 0 at host:29500"
  bool holds_store = false;        // the store ends with this process
  std::chrono::milliseconds timeout{45000};
  // Called on the heartbeat's thread when somebody is lost and nobody has asked Lost() for half the time-out:
  // the process hangs in a call that does not return.
  std::function<void(const std::string&)> on_lost_unseen;
};

class Heartbeat {
 public:
  // `store` is used by the heartbeat's thread alone: a connection of its own. Begins to beat at once.
  Heartbeat(c10::intrusive_ptr<c10d::Store> store, HeartbeatOptions options);
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  // "" while everybody answers, otherwise who does not, or why a rank gave up. Cheap; any thread.
  std::string Lost();
  // An operation between the ranks failed with `cause`: finds out who is silent, which takes a few beats,
  // tells the others, and gives back what all of them will say.
  std::string Blame(const std::string& cause);
  // This rank ends for a reason of its own: the others will say so instead of calling it gone.
  void GiveUp(const std::string& why);
  // This rank has finished: its silence means nothing from now on. Ends the thread.
  void Leave();

 private:
  using Clock = std::chrono::steady_clock;

  void Run();
  void Beat();
  void LookAround();
  void WatchForHang();
  bool Sleep();  // false: the thread is to end
  void End();
  // With mutex_ held:
  std::string Silent(std::chrono::milliseconds limit) const;  // names of the ranks that are, or ""
  std::string Problem() const;
  void Announce(std::unique_lock<std::mutex>& lock, const std::string& verdict);

  const HeartbeatOptions options_;
  const std::chrono::milliseconds interval_;
  c10::intrusive_ptr<c10d::Store> store_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool ending_ = false;
  bool leaving_ = false;
  std::string to_announce_;  // goes into the store with the next beat
  std::string verdict_;      // what all ranks are to say
  bool store_gone_ = false;
  int64_t beats_ = 0;
  std::vector<std::string> counts_;       // last seen, by rank
  std::vector<Clock::time_point> moved_;  // when they last changed
  Clock::time_point answered_;            // last answer of the store
  Clock::time_point asked_;               // last call of Lost()
  std::thread thread_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DISTRIBUTED_HEARTBEAT_H_
