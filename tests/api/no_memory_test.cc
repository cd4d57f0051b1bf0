// Running out of memory is an error and never the end of the program; what promises to leave a stream as it
// was does so. From the n-th allocation on there is no memory, for every n.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
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
// Used by std::stable_sort.
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  try {
    return Allocate(size, alignof(std::max_align_t));
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
[[gnu::noinline]] void operator delete(void* data) noexcept { std::free(data); }
[[gnu::noinline]] void operator delete(void* data, size_t) noexcept { std::free(data); }
[[gnu::noinline]] void operator delete(void* data, std::align_val_t) noexcept { std::free(data); }
[[gnu::noinline]] void operator delete(void* data, size_t, std::align_val_t) noexcept { std::free(data); }

namespace quaver {
namespace {

// Calls action() with 0, 1, 2 ... allocations until it needs no more, each time between prepare() and
// after(thrown).
template <typename Prepare, typename Action, typename After>
void WithTooLittleMemory(const Prepare& prepare, const Action& action, const After& after) {
  for (size_t allocations = 0; allocations < 100000; ++allocations) {
    prepare();
    bool thrown = false;
    left = allocations;
    refused = false;
    limited = true;
    try {
      action();
    } catch (const std::bad_alloc&) {
      thrown = true;
    }
    limited = false;
    after(thrown);
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
  WithTooLittleMemory([] {}, [&] { tokens = quaver_tokens_for_bitrate(model_.get(), 3100, 25); },
                      [&](bool thrown) {
                        EXPECT_FALSE(thrown);
                        EXPECT_EQ(tokens, refused ? QUAVER_ERROR_MEMORY : 10);
                      });
  WithTooLittleMemory([] {}, [&] { tokens = quaver_tokens_for_bitrate(model_.get(), 10, 25); },
                      [&](bool thrown) {
                        EXPECT_FALSE(thrown);
                        EXPECT_EQ(tokens, refused ? QUAVER_ERROR_MEMORY : QUAVER_ERROR_ARGUMENT);
                      });
  WithTooLittleMemory([] {}, [&] { rate = quaver_expected_bitrate(model_.get(), 10, 25); },
                      [&](bool thrown) {
                        EXPECT_FALSE(thrown);
                        EXPECT_EQ(rate, refused ? QUAVER_ERROR_MEMORY : 3005);
                      });
}

// Two streams in step: the rate of one is changed with too little memory. They differ only if the change
// was made, and then the change is whole.
TEST_F(NoMemoryTest, AChangeOfTheRateIsMadeOrLeavesTheStreamAsItWas) {
  struct Step {
    double bits_per_second;
    int tokens;
    int result;
  };
  const std::array<Step, 4> steps = {
      {{1500, 0, 0}, {10, 0, QUAVER_ERROR_ARGUMENT}, {0, 9, 0}, {0, 99, QUAVER_ERROR_ARGUMENT}}};
  const auto set = [](quaver_stream_encoder* stream, const Step& step) {
    return step.tokens == 0 ? quaver_stream_encoder_set_bitrate(stream, step.bits_per_second)
                            : quaver_stream_encoder_set_tokens(stream, step.tokens);
  };
  const auto create = [&](bool variable) {
    const quaver_options options = {4000, 0, 10, variable, 0};
    return Owned<quaver_stream_encoder>(quaver_stream_encoder_create(model_.get(), &options, nullptr, 0));
  };
  const auto send = [&](quaver_stream_encoder* stream) {
    std::vector<uint8_t> sent, packet(QUAVER_MAX_PACKET_BYTES);
    EXPECT_GT(quaver_stream_encoder_write(stream, speech_.data(), 20 * kFrame), 0);
    for (int bytes; (bytes = quaver_stream_encoder_read(stream, packet.data(), packet.size())) > 0;)
      sent.insert(sent.end(), packet.begin(), packet.begin() + bytes);
    return sent;
  };
  for (const bool variable : {false, true}) {
    for (const Step& step : steps) {
      const auto untouched = create(variable), changed = create(variable);
      ASSERT_EQ(send(untouched.get()), send(changed.get()));
      ASSERT_EQ(set(changed.get(), step), step.result);
      const auto before = send(untouched.get()), after = send(changed.get());
      ASSERT_EQ(before == after, step.result != 0);
      Owned<quaver_stream_encoder> stream;
      int result = 0;
      WithTooLittleMemory(
          [&] {
            stream = create(variable);
            send(stream.get());
          },
          [&] { result = set(stream.get(), step); },
          [&](bool thrown) {
            EXPECT_FALSE(thrown);
            EXPECT_EQ(result, refused ? QUAVER_ERROR_MEMORY : step.result);
            EXPECT_EQ(send(stream.get()), result == 0 ? after : before);
          });
    }
  }
}

TEST_F(NoMemoryTest, AModelIsOpenedOrAnError) {
  quaver_model* model = nullptr;
  WithTooLittleMemory([] {},
                      [&] { model = quaver_model_from_memory(bytes_.data(), bytes_.size(), nullptr, 0); },
                      [&](bool thrown) {
                        EXPECT_FALSE(thrown);
                        EXPECT_EQ(model == nullptr, refused);
                        quaver_model_close(model);
                      });
}

TEST_F(NoMemoryTest, MetadataAreWholeOrAnError) {
  std::vector<char> expected(10000), json(10000);
  const int size = quaver_model_metadata(model_.get(), expected.data(), expected.size());
  ASSERT_GT(size, 100);
  int result = 0;
  WithTooLittleMemory([] {}, [&] { result = quaver_model_metadata(model_.get(), json.data(), json.size()); },
                      [&](bool thrown) {
                        EXPECT_FALSE(thrown);
                        EXPECT_EQ(result, refused ? QUAVER_ERROR_MEMORY : size);
                      });
  EXPECT_EQ(json, expected);
}

}  // namespace
}  // namespace quaver
