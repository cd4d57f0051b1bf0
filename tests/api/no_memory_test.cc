// Running out of memory is an error and never the end of the program; what promises to leave a stream as it
// was does so. From the n-th allocation on there is no memory, for every n.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <new>
#include <span>
#include <string>
#include <vector>

#include "codec/stream_encoder.h"
#include "tests/api/c_api.h"

namespace {
bool limited = false;
size_t left = 0;  // allocations
bool refused = false;

void* Allocate(size_t size, size_t alignment) {
  if (limited && left == 0) {
    refused = true;
    throw std::bad_alloc();
  }
  if (limited) --left;
  void* data = nullptr;
  if (posix_memalign(&data, std::max(alignment, sizeof(void*)), size) != 0) throw std::bad_alloc();
  return data;
}
}  // namespace

void* operator new(size_t size) { return Allocate(size, alignof(std::max_align_t)); }
void* operator new(size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* data) noexcept { std::free(data); }
[[gnu::noinline]] void operator delete(void* data, size_t) noexcept { std::free(data); }
[[gnu::noinline]] void operator delete(void* data, std::align_val_t) noexcept { std::free(data); }
[[gnu::noinline]] void operator delete(void* data, size_t, std::align_val_t) noexcept { std::free(data); }

namespace quaver {
namespace {

// Calls action() with 0, 1, 2 ... allocations until it needs no more, and `after(failed)` each time.
template <typename Action, typename After>
void WithTooLittleMemory(const Action& action, const After& after) {
  for (size_t allocations = 0; allocations < 100000; ++allocations) {
    bool failed = false;
    left = allocations;
    refused = false;
    limited = true;
    try {
      action();
    } catch (const std::bad_alloc&) {
      failed = true;
    }
    limited = false;
    after(failed);
    if (testing::Test::HasFatalFailure() || !refused) return;
  }
  FAIL() << "memory is never enough";
}

class NoMemoryTest : public CApiTest {
 protected:
  // The small model with measured rates, which it reads from text.
  void SetUp() override {
    CApiTest::SetUp();
    Weights weights = VariedWeights(TinyConfig(), 1);
    std::string rates = "[";
    for (int i = 1; i <= 18; ++i) rates += std::to_string(300.5 * i) + (i < 18 ? ", " : "]");
    weights.metadata["payload_bps"] = rates;
    weights.metadata["licence"] = "a text that is too long to need no memory of its own";
    bytes_ = SerializeWeights(weights).value();
    model_.reset(quaver_model_from_memory(bytes_.data(), bytes_.size(), nullptr, 0));
    cxx_ = Model::FromBytes(bytes_, "test").value();
  }
};

TEST_F(NoMemoryTest, BitRatesOfAModelAreAnsweredOrAnError) {
  int tokens = 0, rate = 0;
  WithTooLittleMemory([&] { tokens = quaver_tokens_for_bitrate(model_.get(), 3100, 25); },
                      [&](bool thrown) {
                        EXPECT_FALSE(thrown);
                        EXPECT_EQ(tokens, refused ? QUAVER_ERROR_MEMORY : 10);
                      });
  WithTooLittleMemory([&] { tokens = quaver_tokens_for_bitrate(model_.get(), 10, 25); },
                      [&](bool thrown) {
                        EXPECT_FALSE(thrown);
                        EXPECT_EQ(tokens, refused ? QUAVER_ERROR_MEMORY : QUAVER_ERROR_ARGUMENT);
                      });
  WithTooLittleMemory([&] { rate = quaver_expected_bitrate(model_.get(), 10, 25); },
                      [&](bool thrown) {
                        EXPECT_FALSE(thrown);
                        EXPECT_EQ(rate, refused ? QUAVER_ERROR_MEMORY : 3005);
                      });
}

TEST_F(NoMemoryTest, MetadataAreWholeOrAnError) {
  std::vector<char> expected(10000), json(10000);
  const int size = quaver_model_metadata(model_.get(), expected.data(), expected.size());
  ASSERT_GT(size, 100);
  int result = 0;
  WithTooLittleMemory([&] { result = quaver_model_metadata(model_.get(), json.data(), json.size()); },
                      [&](bool thrown) {
                        EXPECT_FALSE(thrown);
                        EXPECT_EQ(result, refused ? QUAVER_ERROR_MEMORY : size);
                      });
  EXPECT_EQ(json, expected);
}

}  // namespace
}  // namespace quaver
