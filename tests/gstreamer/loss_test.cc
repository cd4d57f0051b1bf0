// quaverdec with packets that are lost, late, there twice, out of order, damaged or hostile.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "codec/metrics/scores.h"
#include "tests/gstreamer/harness.h"

namespace quaver {
namespace {

const char* const kClip = "en-librispeech-3699.flac";

struct Received {
  std::vector<int16_t> samples;
  uint64_t recovered = 0;
  uint64_t concealed = 0;
  uint64_t late = 0;
  uint64_t damaged = 0;
};

class GstLossTest : public testing::Test {
 protected:
  void SetUp() override {
    StartGStreamer();
    speech_ = Speech(kClip, 3 * kRate);
  }

  // Gives the packets to `send`, one after the other, and then ends the stream.
  static Received Receive(const std::string& properties, const Encoded& encoded,
                          const std::function<void(GstHarness*, size_t)>& send) {
    const auto harness = Harness("quaverdec " + properties, "audio/x-quaver, rate=16000, channels=1");
    for (size_t i = 0; i < encoded.buffers.size(); ++i) send(harness.get(), i);
    gst_harness_push_event(harness.get(), gst_event_new_eos());
    const auto stat = [&](const char* name) { return Stat(harness.get(), "quaverdec", name); };
    return {Samples(Pull(harness.get())), stat("recovered"), stat("concealed"), stat("late"),
            stat("damaged")};
  }

  static void Push(GstHarness* harness, const Encoded& encoded, size_t packet) {
    ASSERT_EQ(gst_harness_push(harness, gst_buffer_ref(encoded.buffers[packet].get())), GST_FLOW_OK);
  }
  // As rtpjitterbuffer and the depayloader tell it, which also mark the packet that comes next.
  static void PushGap(GstHarness* harness, const Encoded& encoded, size_t packet) {
    GstBuffer* lost = encoded.buffers[packet].get();
    gst_harness_push_event(harness, gst_event_new_gap(GST_BUFFER_PTS(lost), GST_BUFFER_DURATION(lost)));
  }
  static void PushMarked(GstHarness* harness, const Encoded& encoded, size_t packet) {
    GstBuffer* copy = gst_buffer_copy(encoded.buffers[packet].get());
    GST_BUFFER_FLAG_SET(copy, GST_BUFFER_FLAG_DISCONT);
    ASSERT_EQ(gst_harness_push(harness, copy), GST_FLOW_OK);
  }

  double Distance(const std::vector<int16_t>& decoded) const {
    const auto distance = LogMelDistance(Floats(speech_), Floats(decoded));
    EXPECT_TRUE(distance.ok());
    return distance.value();
  }

  std::vector<int16_t> speech_;
};

TEST_F(GstLossTest, LostPacketsComeBackFromTheNext) {
  const auto encoded = Encode("tokens=6 redundancy=1 redundancy-tokens=3", speech_);
  const auto lost = [](size_t i) { return i % 4 == 2; };
  size_t count = 0;
  for (size_t i = 0; i + 1 < encoded.buffers.size(); ++i) count += lost(i) ? 1 : 0;
  const auto send = [&](GstHarness* harness, size_t i) {
    if (!lost(i) || i + 1 == encoded.buffers.size()) Push(harness, encoded, i);
  };
  const auto told = [&](GstHarness* harness, size_t i) {
    if (lost(i) && i + 1 < encoded.buffers.size()) {
      PushGap(harness, encoded, i);
    } else if (i > 0 && lost(i - 1)) {
      PushMarked(harness, encoded, i);
    } else {
      Push(harness, encoded, i);
    }
  };
  const auto with = Receive("", encoded, send), by_events = Receive("", encoded, told);
  const auto without = Receive("use-redundancy=false", encoded, send);
  const auto without_by_events = Receive("use-redundancy=false", encoded, told);
  EXPECT_EQ(with.recovered, count);
  EXPECT_EQ(with.concealed, 0u);
  EXPECT_EQ(without.recovered, 0u);
  EXPECT_EQ(without.concealed, count);
  EXPECT_EQ(without_by_events.concealed, count);
  EXPECT_TRUE(with.samples == by_events.samples);
  EXPECT_TRUE(without.samples == without_by_events.samples);
  ASSERT_EQ(with.samples.size(), speech_.size());
  ASSERT_EQ(without.samples.size(), speech_.size());
  EXPECT_LT(Distance(with.samples), Distance(without.samples) - 0.2);
}

TEST_F(GstLossTest, BurstsComeBackAsFarAsPacketsRepeatThem) {
  const auto encoded = Encode(kTiny + "tokens=6 redundancy=4 redundancy-tokens=2", speech_);
  for (const size_t burst : {2, 3, 6}) {
    const auto lost = [&](size_t i) {
      return i > 10 && i % 20 < burst && i / 20 * 20 + 10 < encoded.buffers.size();
    };
    size_t count = 0, most = 0;
    for (size_t i = 0; i < encoded.buffers.size(); ++i) {
      count += lost(i) ? 1 : 0;
      most += lost(i) && i % 20 + std::min<size_t>(4, burst) >= burst ? 1 : 0;
    }
    const auto silent = Receive(kTiny, encoded, [&](GstHarness* harness, size_t i) {
      if (!lost(i)) Push(harness, encoded, i);
    });
    EXPECT_EQ(silent.recovered, most) << burst;
    EXPECT_EQ(silent.concealed, count - most) << burst;
    EXPECT_EQ(silent.samples.size(), speech_.size()) << burst;
    // Told of every loss, the decoder waits no longer than it promised.
    for (const int wait : {1, 2, 4}) {
      const auto told = Receive(kTiny + "redundancy-wait=" + std::to_string(wait), encoded,
                                [&](GstHarness* harness, size_t i) {
                                  if (lost(i)) {
                                    PushGap(harness, encoded, i);
                                  } else {
                                    Push(harness, encoded, i);
                                  }
                                });
      const size_t rows = (encoded.buffers.size() - 10 + 19) / 20;
      EXPECT_EQ(told.recovered + told.concealed, count);
      EXPECT_GE(told.recovered + rows, std::min<size_t>(burst, static_cast<size_t>(wait)) * (count / burst));
      EXPECT_EQ(told.samples.size(), speech_.size()) << burst;
    }
  }
}

TEST_F(GstLossTest, ALongLossFadesAndTheSoundComesBack) {
  const auto encoded = Encode(kTiny + "tokens=6", speech_);
  const auto received = Receive(kTiny, encoded, [&](GstHarness* harness, size_t i) {
    if (i < 50 || i >= 120) Push(harness, encoded, i);
  });
  ASSERT_EQ(received.samples.size(), speech_.size());
  for (size_t i = (50 + 20) * kFrame; i < 119 * kFrame; ++i) ASSERT_EQ(received.samples[i], 0) << i;
  EXPECT_EQ(received.concealed, 70u);
  // A minute at most is filled: then the stream goes on where it is.
  auto late = Encode(kTiny + "tokens=6", speech_);
  for (size_t i = 50; i < late.buffers.size(); ++i) {
    late.buffers[i].reset(gst_buffer_copy(late.buffers[i].get()));
    GST_BUFFER_PTS(late.buffers[i].get()) += 3600 * GST_SECOND;
  }
  const auto harness = Harness("quaverdec " + kTiny, "audio/x-quaver, rate=16000, channels=1");
  size_t samples = 0;
  for (size_t i = 0; i < late.buffers.size(); ++i) {
    Push(harness.get(), late, i);
    for (const auto& buffer : Pull(harness.get())) samples += gst_buffer_get_size(buffer.get()) / 2;
  }
  EXPECT_EQ(samples, speech_.size());
}

TEST_F(GstLossTest, TwiceAndOutOfOrderChangeNothing) {
  const auto encoded = Encode(kTiny + "tokens=6 redundancy=2 frames-per-packet=2", speech_);
  const auto clean =
      Receive(kTiny, encoded, [&](GstHarness* harness, size_t i) { Push(harness, encoded, i); });
  const auto twice = Receive(kTiny, encoded, [&](GstHarness* harness, size_t i) {
    Push(harness, encoded, i);
    if (i % 3 == 0) Push(harness, encoded, i);
    if (i % 7 == 6) Push(harness, encoded, i - 3);
  });
  EXPECT_TRUE(twice.samples == clean.samples);
  EXPECT_GT(twice.late, 20u);
  const auto swapped = Receive(kTiny, encoded, [&](GstHarness* harness, size_t i) {
    const bool last = i + 1 == encoded.buffers.size();
    Push(harness, encoded, i % 5 == 1 && !last ? i + 1 : i % 5 == 2 ? i - 1 : i);
  });
  EXPECT_EQ(swapped.samples.size(), speech_.size());
  EXPECT_GT(swapped.recovered, 0u);
}

TEST_F(GstLossTest, DamagedBuffersCountAsLost) {
  const auto encoded = Encode(kTiny + "tokens=6 redundancy=1", speech_);
  std::mt19937 random(1);
  const auto received = Receive(kTiny, encoded, [&](GstHarness* harness, size_t i) {
    if (i == 0 || i % 3 != 1) return Push(harness, encoded, i);
    auto bytes = Bytes(encoded.buffers[i].get());
    switch (random() % 3) {
      case 0:
        bytes.resize(1 + random() % 2);
        break;
      case 1:
        bytes.assign(1 + random() % 40, static_cast<uint8_t>(0xc0 | random() % 64));
        break;
      default:
        bytes[0] = 0x3f;
        bytes.resize(3);
    }
    GstBuffer* buffer = gst_buffer_new_memdup(bytes.data(), bytes.size());
    GST_BUFFER_PTS(buffer) = GST_BUFFER_PTS(encoded.buffers[i].get());
    ASSERT_EQ(gst_harness_push(harness, buffer), GST_FLOW_OK);
  });
  EXPECT_NEAR(static_cast<double>(received.samples.size()), static_cast<double>(speech_.size()), kFrame);
  EXPECT_GT(received.recovered + received.concealed, encoded.buffers.size() / 4);
}

// Random bytes, random times, random flags: always OK, always a bounded sound, and time never runs backward
// unless it is marked.
TEST_F(GstLossTest, HostileBuffersNeverStopIt) {
  const auto encoded = Encode(kTiny + "tokens=6 redundancy=4 frames-per-packet=3", speech_);
  for (unsigned seed = 0; seed < 5; ++seed) {
    std::mt19937 random(seed);
    const auto harness = Harness("quaverdec " + kTiny, "audio/x-quaver, rate=16000, channels=1");
    GstClockTime time = 0;
    for (int step = 0; step < 300; ++step) {
      time += random() % (60 * GST_MSECOND);
      if (random() % 50 == 0) time = random() % 20 * GST_SECOND;
      if (random() % 10 == 0) {
        gst_harness_push_event(
            harness.get(), gst_event_new_gap(random() % 4 == 0 ? 0 : time, random() % 9 * 15 * GST_MSECOND));
        continue;
      }
      auto bytes = Bytes(encoded.buffers[random() % encoded.buffers.size()].get());
      if (random() % 3 == 0) {
        for (auto& byte : bytes) byte = static_cast<uint8_t>(random());
      } else if (random() % 3 == 0) {
        bytes[random() % bytes.size()] ^= static_cast<uint8_t>(1u << random() % 8);
      }
      GstBuffer* buffer = gst_buffer_new_memdup(bytes.data(), bytes.size());
      GST_BUFFER_PTS(buffer) = random() % 15 == 0 ? GST_CLOCK_TIME_NONE : time;
      if (random() % 5 == 0) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
      if (random() % 9 == 0) GST_BUFFER_DURATION(buffer) = random() * GST_MSECOND;
      ASSERT_EQ(gst_harness_push(harness.get(), buffer), GST_FLOW_OK);
    }
    gst_harness_push_event(harness.get(), gst_event_new_eos());
    size_t samples = 0;
    for (const auto& buffer : Pull(harness.get())) samples += gst_buffer_get_size(buffer.get()) / 2;
    EXPECT_GT(samples, 0u);
    EXPECT_LT(samples, 400u * kRate);
  }
}

}  // namespace
}  // namespace quaver
