// Ten thousand damaged files through the reader and the packet decoder, from a fixed seed.
#include <gtest/gtest.h>

#include "codec/container/qvr.h"
#include "tests/container/mutate.h"
#include "tests/container/stream_tools.h"

namespace quaver {
namespace {

class QvrFuzzTest : public ::testing::Test {
 protected:
  QvrFuzzTest() {
    for (const PacketDefaults defaults : {PacketDefaults{25, 2}, {3, 1}, {1, 4}}) {
      QvrHeader header;
      header.pre_skip = 80;
      header.original_rate = 44100;
      header.defaults = defaults;
      files_.push_back(MakeStream(static_cast<uint32_t>(files_.size()), header, 3.0 * defaults.frames).file);
    }
  }

  const Bytes& File() { return files_[static_cast<size_t>(Below(random_, static_cast<int>(files_.size())))]; }

  void Check(const Bytes& file) {
    const ReadStream read = ReadAll(file, 1 + static_cast<size_t>(Below(random_, 5000)));
    if (!read.error.empty()) {
      ASSERT_EQ(read.error.substr(0, 9), "test.qvr:");
      return;
    }
    ++opened_;
    const uint64_t delivered = read.Delivered(), lost = read.Lost();
    ASSERT_LE(delivered, file.size() * kMaxFramesPerPacket);
    ASSERT_LE(lost, delivered + kMaxLostFrames);
    ASSERT_LE(read.damage.size(), 20u);
    ASSERT_GE(read.samples, -1);
    ASSERT_LE(static_cast<double>(read.samples), static_cast<double>(delivered + lost + 1) *
                                                     read.header.frame_samples * read.header.original_rate /
                                                     read.header.model_rate);
    for (const QvrEvent& event : read.events) CheckEvent(read, event);
  }

  void CheckEvent(const ReadStream& read, const QvrEvent& event) {
    if (event.kind == QvrEvent::kLost) {
      ASSERT_GE(event.lost_frames, 1);
      ASSERT_LE(event.lost_frames, kMaxLostFrames);
      return;
    }
    ASSERT_GE(event.packet.size(), 1u);
    ASSERT_LE(event.packet.size(), kMaxPacketBytes);
    PacketTokens tokens;
    if (!DecodePacket(model_, read.header.defaults, event.packet, tokens)) return;
    ++packets_;
    ASSERT_EQ(tokens.frames, event.frames);
    for (size_t frame = 0; frame < static_cast<size_t>(tokens.frames); ++frame) {
      ASSERT_LE(tokens.n_q[frame], model_.groups());
      for (size_t group = 0; group < tokens.n_q[frame]; ++group) {
        ASSERT_LT(tokens.token[frame][group], model_.codes());
      }
    }
  }

  Random random_{20240229};
  EntropyModel model_ = RandomModel(random_, BottleneckConfig(), 2.0);
  std::vector<Bytes> files_;
  int opened_ = 0;
  uint64_t packets_ = 0;
};

TEST_F(QvrFuzzTest, MutatedBytes) {
  for (int trial = 0; trial < 5000; ++trial) {
    Bytes file = File();
    for (int i = 1 + Below(random_, 4); i > 0; --i) MutateOnce(random_, file, File());
    if (trial % 2 == 0) FixChecksums(file);
    Check(file);
    if (HasFatalFailure()) FAIL() << "trial " << trial;
  }
  EXPECT_GT(opened_, 2000);
  EXPECT_GT(packets_, 20000u);
}

TEST_F(QvrFuzzTest, MutatedPages) {
  for (int trial = 0; trial < 5000; ++trial) {
    Bytes file = File();
    MutatePages(random_, file);
    if (trial % 4 == 0) {
      MutateOnce(random_, file, File());
      FixChecksums(file);
    }
    Check(file);
    if (HasFatalFailure()) FAIL() << "trial " << trial;
  }
  EXPECT_GT(opened_, 2000);
  EXPECT_GT(packets_, 20000u);
}

}  // namespace
}  // namespace quaver
