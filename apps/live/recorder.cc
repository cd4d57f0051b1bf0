#include "apps/live/recorder.h"

#include <chrono>
#include <utility>

namespace quaver {
namespace {

constexpr int kSeconds = 10;  // that the disk may stall
constexpr auto kPause = std::chrono::milliseconds(50);

}  // namespace

Recorder::Recorder(std::unique_ptr<SoundWriter> writer, int rate)
    : writer_(std::move(writer)),
      ring_(static_cast<size_t>(2 * kSeconds * rate)),
      block_(static_cast<size_t>(rate)),
      thread_([this] { Run(); }) {}

Result<std::unique_ptr<Recorder>> Recorder::Open(const std::string& path, int rate, Existing existing) {
  auto writer = SoundWriter::Create(path, rate, 2, existing);
  if (!writer.ok()) return writer.error();
  return std::unique_ptr<Recorder>(new Recorder(std::move(writer).value(), rate));
}

void Recorder::Add(std::span<const float> left, std::span<const float> right) noexcept {
  if (ring_.capacity() - ring_.fill() < 2 * left.size()) {  // whole pairs or nothing
    lost_.fetch_add(left.size(), std::memory_order_relaxed);
    return;
  }
  pairs_.resize(2 * left.size());
  for (size_t i = 0; i < left.size(); ++i) {
    pairs_[2 * i] = left[i];
    pairs_[2 * i + 1] = right[i];
  }
  ring_.Write(pairs_);
}

void Recorder::Drain() {
  while (const size_t count = ring_.Read(block_)) {
    if (status_.ok()) status_ = writer_->WriteInterleaved(std::span(block_).first(count));
  }
}

void Recorder::Run() {
  while (!stop_.load(std::memory_order_acquire)) {
    Drain();
    std::this_thread::sleep_for(kPause);
  }
  Drain();
}

void Recorder::Stop() {
  stop_.store(true, std::memory_order_release);
  if (thread_.joinable()) thread_.join();
}

Status Recorder::Finish() {
  Stop();
  return status_.ok() ? writer_->Commit() : status_;
}

Recorder::~Recorder() { Stop(); }

}  // namespace quaver
