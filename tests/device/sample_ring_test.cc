// The ring between the audio thread and the codec: nothing lost, nothing twice, nothing out of order.
#include "codec/device/sample_ring.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/model/random_weights.h"

namespace quaver {
namespace {

TEST(SampleRing, GivesWhatItTookInOrderAcrossThreads) {
  constexpr int kCount = 200'000;  // counted exactly by a float; some 200 times around
  SampleRing ring(1000);
  std::thread writer([&] {
    TestRandom random(1);
    std::vector<float> block;
    for (int next = 0; next < kCount;) {
      block.resize(std::min<size_t>(1 + random.Below(700), static_cast<size_t>(kCount - next)));
      for (size_t i = 0; i < block.size(); ++i) block[i] = static_cast<float>(next + static_cast<int>(i));
      const size_t taken = ring.Write(block);
      next += static_cast<int>(taken);
      if (taken == 0) std::this_thread::yield();
    }
  });
  TestRandom random(2);
  std::vector<float> block(900);
  int wrong = 0;
  for (int expected = 0; expected < kCount;) {
    const size_t got = ring.Read(std::span(block).first(1 + random.Below(block.size())));
    for (size_t i = 0; i < got; ++i) wrong += block[i] != static_cast<float>(expected++) ? 1 : 0;
    if (got == 0) std::this_thread::yield();
  }
  writer.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(ring.fill(), size_t{0});
}

TEST(SampleRing, TakesWhatFitsAndNoMore) {
  SampleRing ring(100);
  ASSERT_GE(ring.capacity(), size_t{100});
  const std::vector<float> samples(ring.capacity() + 7, 1.0f);
  EXPECT_EQ(ring.Write(samples), ring.capacity());
  EXPECT_EQ(ring.Write(samples), size_t{0});
  EXPECT_EQ(ring.fill(), ring.capacity());
  std::vector<float> out(30);
  EXPECT_EQ(ring.Read(out), size_t{30});
  EXPECT_EQ(ring.Write(samples), size_t{30});
}

}  // namespace
}  // namespace quaver
