#include "codec/train/data/in_order.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace quaver {
namespace {

TEST(InOrder, EverythingOnceAndInOrderWithoutRunningAhead) {
  for (const int threads : {1, 3, 8}) {
    std::vector<std::atomic<int>> worked(200);
    std::atomic<size_t> taken = 0;
    std::atomic<bool> ahead = false;
    std::vector<size_t> order;
    InOrder(
        worked.size(), threads,
        [&](size_t i) {
          if (i >= taken + 4 * static_cast<size_t>(threads) + 1) ahead = true;
          ++worked[i];
          if (i % 7 == 0) std::this_thread::yield();
        },
        [&](size_t i) {
          EXPECT_EQ(worked[i], 1);
          order.push_back(i);
          ++taken;
          return true;
        });
    ASSERT_EQ(order.size(), worked.size());
    for (size_t i = 0; i < order.size(); ++i) EXPECT_EQ(order[i], i);
    EXPECT_FALSE(ahead);
  }
}

TEST(InOrder, EndsEarlyAndPassesExceptionsOn) {
  size_t taken = 0;
  InOrder(
      1000, 4, [](size_t) {}, [&](size_t) { return ++taken < 10; });
  EXPECT_EQ(taken, 10u);
  const auto fail = [](size_t i) {
    if (i == 5) throw std::runtime_error("five");
  };
  taken = 0;
  EXPECT_THROW(InOrder(1000, 4, fail,
                       [&](size_t) {
                         ++taken;
                         return true;
                       }),
               std::runtime_error);
  EXPECT_EQ(taken, 5u);
  InOrder(
      0, 4, [](size_t) { FAIL(); }, [](size_t) { return true; });
}

}  // namespace
}  // namespace quaver
