// The callbacks that PortAudio gets allocate nothing, lock nothing and enter the system for nothing: traps
// are armed on this thread while they run.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <portaudio.h>
#include <pthread.h>
#include <semaphore.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "codec/device/device_ports.h"
#include "codec/device/portaudio_callbacks.h"

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define QUAVER_TRAPS 1
#else
#define QUAVER_TRAPS 0
#endif

namespace {
thread_local bool armed = false;
thread_local const char* sprung = nullptr;  // the first forbidden call

[[maybe_unused]] void Spring(const char* name) {
  if (armed && sprung == nullptr) sprung = name;
}

// What `run` does that an audio thread must not; "" for nothing.
std::string Forbidden(const std::function<void()>& run) {
  sprung = nullptr;
  armed = true;
  run();
  armed = false;
  return sprung == nullptr ? "" : sprung;
}
}  // namespace

#if QUAVER_TRAPS
namespace {
template <typename Function>
Function* Next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}
}  // namespace

extern "C" {
void* __libc_malloc(size_t size);                      // NOLINT: names of glibc
void* __libc_calloc(size_t count, size_t size);        // NOLINT
void* __libc_realloc(void* data, size_t size);         // NOLINT
void* __libc_memalign(size_t alignment, size_t size);  // NOLINT
void __libc_free(void* data);                          // NOLINT

void* malloc(size_t size) {
  Spring("malloc");
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  Spring("calloc");
  return __libc_calloc(count, size);
}
void* realloc(void* data, size_t size) {
  Spring("realloc");
  return __libc_realloc(data, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  Spring("aligned_alloc");
  return __libc_memalign(alignment, size);
}
void free(void* data) {
  Spring("free");
  __libc_free(data);
}
int pthread_mutex_lock(pthread_mutex_t* mutex) {
  Spring("pthread_mutex_lock");
  static auto* next = Next<int(pthread_mutex_t*)>("pthread_mutex_lock");
  return next(mutex);
}
int pthread_mutex_trylock(pthread_mutex_t* mutex) {
  Spring("pthread_mutex_trylock");
  static auto* next = Next<int(pthread_mutex_t*)>("pthread_mutex_trylock");
  return next(mutex);
}
int pthread_cond_signal(pthread_cond_t* condition) {
  Spring("pthread_cond_signal");
  static auto* next = Next<int(pthread_cond_t*)>("pthread_cond_signal");
  return next(condition);
}
int pthread_cond_broadcast(pthread_cond_t* condition) {
  Spring("pthread_cond_broadcast");
  static auto* next = Next<int(pthread_cond_t*)>("pthread_cond_broadcast");
  return next(condition);
}
int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  Spring("pthread_cond_wait");
  static auto* next = Next<int(pthread_cond_t*, pthread_mutex_t*)>("pthread_cond_wait");
  return next(condition, mutex);
}
int sem_wait(sem_t* semaphore) {
  Spring("sem_wait");
  static auto* next = Next<int(sem_t*)>("sem_wait");
  return next(semaphore);
}
int sem_post(sem_t* semaphore) {
  Spring("sem_post");
  static auto* next = Next<int(sem_t*)>("sem_post");
  return next(semaphore);
}
int nanosleep(const timespec* wanted, timespec* left) {
  Spring("nanosleep");
  static auto* next = Next<int(const timespec*, timespec*)>("nanosleep");
  return next(wanted, left);
}
ssize_t write(int file, const void* bytes, size_t size) {
  Spring("write");
  static auto* next = Next<ssize_t(int, const void*, size_t)>("write");
  return next(file, bytes, size);
}
ssize_t read(int file, void* bytes, size_t size) {
  Spring("read");
  static auto* next = Next<ssize_t(int, void*, size_t)>("read");
  return next(file, bytes, size);
}
}
#endif

namespace quaver {
namespace {

constexpr unsigned long kBlock = 480;

class CallbackTest : public testing::Test {
 protected:
  void SetUp() override {
    if (QUAVER_TRAPS == 0) GTEST_SKIP() << "the traps need glibc, and no sanitizer in their place";
  }
  std::vector<float> block_ = std::vector<float>(kBlock, 0.5f);
  PaStreamCallbackTimeInfo time_{1.0, 1.01, 1.02};
};

TEST_F(CallbackTest, TheTrapsSpring) {
  std::mutex mutex;
  std::vector<int> some;
  EXPECT_EQ(Forbidden([&] { const std::lock_guard lock(mutex); }), "pthread_mutex_lock");
  EXPECT_EQ(Forbidden([&] { some.resize(static_cast<size_t>(getpid()) % 7 + 1000); }), "malloc");
  EXPECT_EQ(Forbidden([] { EXPECT_EQ(write(STDERR_FILENO, "", 0), 0); }), "write");
  EXPECT_EQ(Forbidden([] {}), "");
}

TEST_F(CallbackTest, CaptureOnlyMovesSamples) {
  CapturePort port(48000);
  const auto call = [&](PaStreamCallbackFlags flags) {
    EXPECT_EQ(CaptureCallback(block_.data(), nullptr, kBlock, &time_, flags, &port), paContinue);
  };
  EXPECT_EQ(Forbidden([&] {
              for (int i = 0; i < 300; ++i)
                call(i % 7 == 0 ? paInputOverflow : 0);  // fills the ring and more
            }),
            "");
  EXPECT_GT(port.overruns(), uint64_t{0});
  EXPECT_GT(port.counters().device_xruns.load(), uint64_t{0});
  EXPECT_EQ(Forbidden([&] { (void)CaptureCallback(nullptr, nullptr, kBlock, nullptr, 0, &port); }), "");
}

TEST_F(CallbackTest, PlayoutOnlyMovesSamples) {
  PlayoutPort port(48000, 960);
  const std::vector<float> sound(kBlock * 5 + 100, 0.5f);
  for (int round = 0; round < 3; ++round) {  // starts, plays, runs dry
    ASSERT_EQ(port.ring().Write(sound), sound.size());
    EXPECT_EQ(Forbidden([&] {
                for (int i = 0; i < 10; ++i)
                  (void)PlayoutCallback(nullptr, block_.data(), kBlock, &time_, paOutputUnderflow, &port);
              }),
              "");
  }
  EXPECT_EQ(port.underruns(), uint64_t{3});
  port.Finish();
  EXPECT_EQ(Forbidden([&] { (void)PlayoutCallback(nullptr, block_.data(), kBlock, nullptr, 0, &port); }), "");
}

}  // namespace
}  // namespace quaver
