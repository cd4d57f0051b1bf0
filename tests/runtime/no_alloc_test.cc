// Encoder and Decoder allocate nothing after construction: this program counts every allocation.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "codec/batch.h"
#include "codec/codec.h"
#include "codec/quaver_handles.h"
#include "codec/rtp/rtp.h"
#include "tests/runtime/signals.h"

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define QUAVER_COUNT_MALLOC 1
#else
#define QUAVER_COUNT_MALLOC 0
#endif

namespace {
std::atomic<int> allocations = 0;
}

#if QUAVER_COUNT_MALLOC
// operator new of libstdc++ ends in one of these too.
extern "C" {
void* __libc_malloc(size_t size);                      // NOLINT: names of glibc
void* __libc_calloc(size_t count, size_t size);        // NOLINT
void* __libc_realloc(void* data, size_t size);         // NOLINT
void* __libc_memalign(size_t alignment, size_t size);  // NOLINT
void* malloc(size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* data, size_t size) {
  ++allocations;
  return __libc_realloc(data, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  ++allocations;
  return __libc_memalign(alignment, size);
}
}
#else
void* operator new(size_t size) {
  ++allocations;
  if (void* data = std::malloc(size)) return data;
  std::abort();
}
void* operator new(size_t size, const std::nothrow_t&) noexcept {  // std::stable_sort takes it
  ++allocations;
  return std::malloc(size);
}
void* operator new(size_t size, std::align_val_t alignment) {
  ++allocations;
  const size_t unit = static_cast<size_t>(alignment);
  if (void* data = std::aligned_alloc(unit, (size + unit - 1) / unit * unit)) return data;
  std::abort();
}
void operator delete(void* data) noexcept { std::free(data); }
void operator delete(void* data, size_t) noexcept { std::free(data); }
void operator delete(void* data, std::align_val_t) noexcept { std::free(data); }
void operator delete(void* data, size_t, std::align_val_t) noexcept { std::free(data); }
#endif

namespace quaver {
namespace {

class NoAllocTest : public testing::TestWithParam<std::string> {
 protected:
  // Not const: the compiler may otherwise see that nobody needs the memory.
  static int CountOf(auto action) {
    const int before = allocations;
    action();
    return allocations - before;
  }
  std::shared_ptr<const Model> model_ = RandomModel(GetParam() == "vp" ? TinyVpConfig() : TinyConfig());
  std::vector<float> samples_ = Noise(100 * 320 + 17, 1);
  std::vector<uint16_t> tokens_ = std::vector<uint16_t>(100 * 18);
  std::vector<int16_t> pcm_ = std::vector<int16_t>(100 * 320);
  std::vector<float> sound_ = std::vector<float>(100 * 320);
};
INSTANTIATE_TEST_SUITE_P(Types, NoAllocTest, testing::Values("fsp", "vp"));

TEST_P(NoAllocTest, TheCounterCounts) {
  EXPECT_GT(CountOf([] { Encoder encoder(RandomModel(TinyConfig())); }), 10);
  EXPECT_GE(CountOf([] { std::vector<float> v(testing::UnitTest::GetInstance()->total_test_count()); }), 1);
}

TEST_P(NoAllocTest, EncoderAllocatesNothing) {
  Encoder encoder(model_);
  std::vector<std::byte> state(encoder.state_size());
  int frames = 0;
  bool ok = true;
  const int count = CountOf([&] {
    frames += encoder.Encode(samples_, 18, tokens_);
    encoder.Reset();
    for (const float& sample : samples_) frames += encoder.Encode({&sample, 1}, 4, tokens_);
    frames += encoder.Encode(std::span(samples_).first(3 * 320), 0, {});
    frames += encoder.EncodePcm16(pcm_, 18, tokens_);
    ok = encoder.Encode(samples_, 19, tokens_) == -1 && encoder.Save(state) && encoder.Restore(state);
  });
  EXPECT_EQ(count, 0);
  EXPECT_EQ(frames, 303);
  EXPECT_TRUE(ok);
}

TEST_P(NoAllocTest, BatchAllocatesNothing) {
  Batch batch(model_);
  Encoder encoder(model_, 1);
  Encoder* const encoders[] = {&encoder};
  Decoder decoder(model_, 1);
  Decoder* const decoders[] = {&decoder};
  const int n_q[] = {6};
  bool ok = true;
  const int count = CountOf([&] {
    const auto tokens = std::span(tokens_).first(18);
    for (size_t at = 0; at < 20; ++at) {
      ok = ok && batch.Encode(encoders, std::span(samples_).subspan(at * 320, 320), n_q, tokens);
      ok = ok && batch.Decode(decoders, tokens, n_q, std::span(sound_).first(320));
    }
  });
  EXPECT_EQ(count, 0);
  EXPECT_TRUE(ok);
}

TEST_P(NoAllocTest, DecoderAllocatesNothing) {
  Decoder decoder(model_);
  std::vector<std::byte> state(decoder.state_size());
  bool ok = true;
  const int count = CountOf([&] {
    ok = ok && decoder.Decode(tokens_, 18, sound_);
    decoder.Reset();
    for (int n_q = 0; n_q <= 18; ++n_q) {
      ok = ok && decoder.Decode(std::span(tokens_).first(static_cast<size_t>(n_q)), n_q,
                                std::span(sound_).first(320));
    }
    ok = ok && decoder.Conceal(std::span(sound_).first(320));
    ok = ok && decoder.DecodePcm16(tokens_, 18, pcm_) && decoder.ConcealPcm16(std::span(pcm_).first(320));
    ok = ok && !decoder.Decode(tokens_, 17, sound_) && decoder.Save(state) && decoder.Restore(state);
  });
  EXPECT_EQ(count, 0);
  EXPECT_TRUE(ok);
}

TEST_P(NoAllocTest, PayloadsAllocateNothing) {
  const quaver_model model{model_};
  const quaver_rtp_payload header = {10, 4, 4, 18, 0};
  const std::vector<uint8_t> sent(QUAVER_RTP_MAX_ALL_FRAMES, 18);
  std::vector<uint8_t> payload(QUAVER_RTP_MAX_BYTES), n_q(sent.size());
  quaver_rtp_payload received;
  char parameter[QUAVER_RTP_MODEL_PARAMETER];
  int frames = 0;
  const int count = CountOf([&] {
    const int bytes =
        quaver_rtp_pack(&model, &header, tokens_.data(), sent.data(), payload.data(), payload.size());
    frames = quaver_rtp_unpack(&model, payload.data(), static_cast<size_t>(bytes), &received, tokens_.data(),
                               n_q.data());
    frames += quaver_rtp_header(payload.data(), payload.size(), &received);
    frames += quaver_rtp_model_parameter(&model, parameter);
  });
  EXPECT_EQ(count, 0);
  EXPECT_EQ(frames, 14);
}

}  // namespace
}  // namespace quaver
