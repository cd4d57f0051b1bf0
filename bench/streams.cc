#include "bench/streams.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "apps/live/real_time.h"
#include "bench/stream_group.h"
#include "bench/timing.h"

namespace quaver::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;
constexpr std::chrono::milliseconds kTick(20);

double Seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

// Serves `group` from `start` on for `ticks` times 20 ms; the seconds from when each tick should have begun
// to its end. Ticks that should have begun while one was late are left out, so an overload does not pile up.
std::vector<double> Serve(StreamGroup& group, Clock::time_point start, int ticks) {
  RaiseThisThread();  // as a server would: the ticks are its deadlines
  std::vector<double> seconds;
  seconds.reserve(ticks);
  for (auto begin = start; begin < start + ticks * kTick;) {
    std::this_thread::sleep_until(begin);
    group.Tick();
    const auto took = Clock::now() - begin;
    seconds.push_back(Seconds(took));
    begin += (took / kTick + 1) * kTick;
  }
  return seconds;
}

// One run: the ticks of all threads, shortest first.
std::vector<double> Run(const std::shared_ptr<const Model>& model, const Speech& speech,
                        const StreamsTask& task) {
  const int threads = std::min(task.threads, task.streams);
  std::vector<StreamGroup> groups;
  groups.reserve(static_cast<size_t>(threads));
  for (int i = 0; i < threads; ++i) {
    const int share = task.streams * (i + 1) / threads - task.streams * i / threads;
    groups.emplace_back(model, task.n_q, share, speech);
  }
  const auto ticks = std::max(1, static_cast<int>(task.seconds / Seconds(kTick)));
  const auto start = Clock::now() + kTick;
  std::vector<std::vector<double>> seconds(threads);
  std::vector<std::thread> pool;
  for (int i = 0; i < threads; ++i) {
    pool.emplace_back([&, i] { seconds[i] = Serve(groups[i], start, ticks); });
  }
  for (std::thread& thread : pool) thread.join();
  std::vector<double> all;
  for (const auto& part : seconds) all.insert(all.end(), part.begin(), part.end());
  std::sort(all.begin(), all.end());
  return all;
}

int64_t Late(const std::vector<double>& sorted) {
  return sorted.end() - std::upper_bound(sorted.begin(), sorted.end(), Seconds(kTick));
}

bool InTime(const std::vector<double>& sorted) {
  return static_cast<double>(Late(sorted)) <= 0.001 * static_cast<double>(sorted.size());
}

Json RunJson(int streams, const std::vector<double>& sorted) {
  return {{"streams", streams},           {"ticks", sorted.size()},        {"late", Late(sorted)},
          {"p50", Quantile(sorted, 0.5)}, {"p99", Quantile(sorted, 0.99)}, {"worst", sorted.back()}};
}

// Doubles the streams until they are too many, then halves the gap down to 2 %.
int MostStreams(const std::function<bool(int)>& hold) {
  int good = 0;
  int bad = 1;
  while (hold(bad)) {
    good = bad;
    bad *= 2;
  }
  while (bad - good > std::max(1, good / 50)) {
    const int middle = (good + bad) / 2;
    (hold(middle) ? good : bad) = middle;
  }
  return good;
}

}  // namespace

Json MeasureStreams(const std::shared_ptr<const Model>& model, const Speech& speech, const StreamsTask& task,
                    const std::function<void(const std::string&)>& note) {
  const auto run = [&](int streams, double seconds) {
    note(std::to_string(streams) + " streams");
    StreamsTask part = task;
    part.streams = streams;
    part.seconds = seconds;
    return Run(model, speech, part);
  };
  // A second chance: what else runs on the machine must not decide.
  const auto hold = [&](int streams) {
    return InTime(run(streams, task.seconds / 4)) || InTime(run(streams, task.seconds / 4));
  };
  return {{"threads", task.threads},
          {"one", RunJson(1, run(1, task.seconds))},
          {"run", RunJson(task.streams, run(task.streams, task.seconds))},
          {"most", MostStreams(hold)}};
}

}  // namespace quaver::bench
