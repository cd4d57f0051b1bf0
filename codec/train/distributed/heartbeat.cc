#include "codec/train/distributed/heartbeat.h"

#include <algorithm>
#include <cstdint>
#include <exception>

namespace quaver {
namespace {

using std::chrono::milliseconds;

constexpr char kVerdict[] = "verdict";
constexpr char kLeft[] = "left";
constexpr int kSilentBeats = 4;  // a rank that was silent for so long is to blame, once something failed

std::string AliveKey(size_t rank) { return "alive/" + std::to_string(rank); }

std::vector<uint8_t> Bytes(const std::string& text) { return {text.begin(), text.end()}; }
std::string Text(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

std::string Seconds(milliseconds time) {
  const auto tenths = time.count() / 100;
  return tenths % 10 == 0 ? std::to_string(tenths / 10)
                          : std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

}  // namespace

Heartbeat::Heartbeat(c10::intrusive_ptr<c10d::Store> store, HeartbeatOptions options)
    : options_(std::move(options)),
      interval_(std::clamp(options_.timeout / 20, milliseconds(50), milliseconds(2000))),
      store_(std::move(store)),
      counts_(options_.names.size()),
      moved_(options_.names.size(), Clock::now()),
      answered_(Clock::now()),
      asked_(Clock::now()),
      thread_([this] { Run(); }) {}

Heartbeat::~Heartbeat() { End(); }

void Heartbeat::End() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Heartbeat::Leave() {
  {
    const std::lock_guard lock(mutex_);
    leaving_ = true;
  }
  End();
}

bool Heartbeat::Sleep() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, interval_, [this] { return ending_ || !to_announce_.empty(); });
  return !ending_;
}

void Heartbeat::Run() {
  try {
    do {
      Beat();
      LookAround();
      WatchForHang();
    } while (Sleep());
    const std::lock_guard lock(mutex_);
    if (leaving_) store_->set(AliveKey(static_cast<size_t>(options_.rank)), Bytes(kLeft));
  } catch (const std::exception&) {
    {
      const std::lock_guard lock(mutex_);
      store_gone_ = true;
    }
    changed_.notify_all();
    while (Sleep()) WatchForHang();
  }
}

void Heartbeat::Beat() {
  std::string tell;
  {
    const std::lock_guard lock(mutex_);
    tell = to_announce_;
  }
  store_->set(AliveKey(static_cast<size_t>(options_.rank)), Bytes(std::to_string(++beats_)));
  if (tell.empty()) return;
  store_->compareSet(kVerdict, {}, Bytes(tell));  // the first verdict stays
  const std::lock_guard lock(mutex_);
  to_announce_.clear();
}

void Heartbeat::LookAround() {
  std::vector<std::string> keys;
  for (size_t rank = 0; rank < counts_.size(); ++rank) keys.push_back(AliveKey(rank));
  const auto counts = store_->multiGet(keys);
  const std::string verdict = store_->check({kVerdict}) ? Text(store_->get(kVerdict)) : "";
  {
    const std::lock_guard lock(mutex_);
    answered_ = Clock::now();
    if (!verdict.empty()) verdict_ = verdict;
    for (size_t rank = 0; rank < counts_.size(); ++rank) {
      std::string count = Text(counts[rank]);
      if (count != counts_[rank] || count == kLeft) moved_[rank] = answered_;
      counts_[rank] = std::move(count);
    }
  }
  changed_.notify_all();
}

void Heartbeat::WatchForHang() {
  std::string problem;
  {
    const std::lock_guard lock(mutex_);
    if (Clock::now() - asked_ > options_.timeout / 2) problem = Problem();
  }
  if (!problem.empty() && options_.on_lost_unseen) options_.on_lost_unseen(problem);
}

std::string Heartbeat::Silent(milliseconds limit) const {
  std::string silent;
  for (size_t rank = 0; rank < moved_.size(); ++rank) {
    if (static_cast<int>(rank) == options_.rank || answered_ - moved_[rank] <= limit) continue;
    silent += (silent.empty() ? "" : " and ") + options_.names[rank];
  }
  return silent;
}

std::string Heartbeat::Problem() const {
  if (!verdict_.empty()) return verdict_;
  if (store_gone_) return options_.store_name + " is gone";
  if (Clock::now() - answered_ > options_.timeout)
    return options_.store_name + " has not answered for " + Seconds(options_.timeout) + " s";
  const std::string silent = Silent(options_.timeout);
  return silent.empty() ? "" : silent + " has not answered for " + Seconds(options_.timeout) + " s";
}

std::string Heartbeat::Lost() {
  const std::lock_guard lock(mutex_);
  asked_ = Clock::now();
  return Problem();
}

std::string Heartbeat::Blame(const std::string& cause) {
  std::unique_lock lock(mutex_);
  const auto begin = Clock::now();
  const auto limit = kSilentBeats * interval_;
  std::string verdict;
  while (verdict.empty()) {
    asked_ = Clock::now();
    verdict = Problem();
    if (verdict.empty()) {
      verdict = Silent(limit);
      if (!verdict.empty()) verdict += " is gone";
    }
    if (verdict.empty() && Clock::now() - begin > limit + 3 * interval_)
      verdict = options_.names[static_cast<size_t>(options_.rank)] + ": " + cause;
    if (verdict.empty()) changed_.wait_for(lock, interval_);
  }
  Announce(lock, verdict);
  return verdict_;
}

void Heartbeat::GiveUp(const std::string& why) {
  std::unique_lock lock(mutex_);
  if (verdict_.empty()) Announce(lock, options_.names[static_cast<size_t>(options_.rank)] + " ended: " + why);
}

void Heartbeat::Announce(std::unique_lock<std::mutex>& lock, const std::string& verdict) {
  if (verdict_.empty()) to_announce_ = verdict_ = verdict;
  changed_.notify_all();
  changed_.wait_for(lock, std::chrono::seconds(2), [this] { return to_announce_.empty() || store_gone_; });
  if (!options_.holds_store || store_gone_) return;
  lock.unlock();
  std::this_thread::sleep_for(3 * interval_);  // the others read it before the store ends with this process
  lock.lock();
}

}  // namespace quaver
