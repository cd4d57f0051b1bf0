// rtpquaverpay and rtpquaverdepay.
#include <gst/rtp/rtp.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/gstreamer/harness.h"

namespace quaver {
namespace {

class GstRtpTest : public testing::Test {
 protected:
  void SetUp() override { StartGStreamer(); }
};

std::vector<int16_t> SpeechWithAPause() {
  auto speech = Speech("en-vctk-p243.flac", 20000);
  const auto clip = speech;
  speech.resize(speech.size() + 24000);
  speech.insert(speech.end(), clip.begin(), clip.end());
  return speech;
}

TEST_F(GstRtpTest, PayloadsTimesAndMarkersSurvive) {
  const auto encoded = Encode(kTiny + "dtx=true redundancy=1 frames-per-packet=2", SpeechWithAPause());
  Held<GstHarness> pay(gst_harness_new_parse("rtpquaverpay timestamp-offset=1000 seqnum-offset=7"));
  gst_harness_set_src_caps(pay.get(), gst_caps_copy(encoded.caps.get()));
  for (const auto& buffer : encoded.buffers)
    ASSERT_EQ(gst_harness_push(pay.get(), gst_buffer_ref(buffer.get())), GST_FLOW_OK);
  auto packets = Pull(pay.get());
  ASSERT_EQ(packets.size(), encoded.buffers.size());

  const Held<GstCaps> caps(gst_pad_get_current_caps(pay->sinkpad));
  const GstStructure* fields = gst_caps_get_structure(caps.get(), 0);
  EXPECT_STREQ(gst_structure_get_string(fields, "encoding-name"), "QUAVER");
  EXPECT_STREQ(gst_structure_get_string(fields, "media"), "audio");
  int rate = 0;
  gst_structure_get_int(fields, "clock-rate", &rate);
  EXPECT_EQ(rate, kRate);
  EXPECT_STREQ(gst_structure_get_string(fields, "model"),
               gst_structure_get_string(gst_caps_get_structure(encoded.caps.get(), 0), "model"));

  size_t markers = 0;
  for (size_t i = 0; i < packets.size(); ++i) {
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    ASSERT_TRUE(gst_rtp_buffer_map(packets[i].get(), GST_MAP_READ, &rtp));
    const bool first = i == 0 || GST_BUFFER_FLAG_IS_SET(encoded.buffers[i].get(), GST_BUFFER_FLAG_RESYNC);
    EXPECT_EQ(gst_rtp_buffer_get_marker(&rtp) != FALSE, first) << i;
    markers += first ? 1 : 0;
    EXPECT_EQ(gst_rtp_buffer_get_seq(&rtp), 7 + i);
    EXPECT_EQ(
        gst_rtp_buffer_get_timestamp(&rtp),
        1000 + gst_util_uint64_scale_round(GST_BUFFER_PTS(encoded.buffers[i].get()), kRate, GST_SECOND));
    gst_rtp_buffer_unmap(&rtp);
  }
  EXPECT_GE(markers, 2u);

  Held<GstHarness> depay(gst_harness_new("rtpquaverdepay"));
  gst_harness_set_src_caps(depay.get(), gst_caps_copy(caps.get()));
  for (const auto& packet : packets)
    ASSERT_EQ(gst_harness_push(depay.get(), gst_buffer_ref(packet.get())), GST_FLOW_OK);
  const auto again = Pull(depay.get());
  ASSERT_EQ(again.size(), encoded.buffers.size());
  for (size_t i = 0; i < again.size(); ++i) {
    EXPECT_EQ(Bytes(again[i].get()), Bytes(encoded.buffers[i].get()));
    EXPECT_EQ(GST_BUFFER_PTS(again[i].get()), GST_BUFFER_PTS(encoded.buffers[i].get()));
    EXPECT_EQ(GST_BUFFER_FLAG_IS_SET(again[i].get(), GST_BUFFER_FLAG_RESYNC),
              i == 0 || GST_BUFFER_FLAG_IS_SET(encoded.buffers[i].get(), GST_BUFFER_FLAG_RESYNC))
        << i;
  }
  const Held<GstCaps> last(gst_pad_get_current_caps(depay->sinkpad));
  EXPECT_TRUE(gst_caps_is_equal(last.get(), encoded.caps.get()));
}

TEST_F(GstRtpTest, LossesThatTheJitterBufferReportsAreRepaired) {
  const auto speech = Speech("en-vctk-p243.flac", 48000);
  const auto encoded = Encode(kTiny + "tokens=6 redundancy=1", speech);
  const auto harness =
      Harness("rtpquaverdepay ! quaverdec " + kTiny,
              "application/x-rtp, media=audio, encoding-name=QUAVER, clock-rate=16000, payload=96");
  size_t lost = 0;
  for (size_t i = 0; i < encoded.buffers.size(); ++i) {
    GstBuffer* payload = encoded.buffers[i].get();
    if (i % 10 == 5) {
      ++lost;
      gst_harness_push_event(
          harness.get(),
          gst_event_new_custom(
              GST_EVENT_CUSTOM_DOWNSTREAM,
              gst_structure_new("GstRTPPacketLost", "seqnum", G_TYPE_UINT, static_cast<guint>(i), "timestamp",
                                G_TYPE_UINT64, GST_BUFFER_PTS(payload), "duration", G_TYPE_UINT64, kFrameTime,
                                "retry", G_TYPE_UINT, 0u, nullptr)));
      continue;
    }
    GstBuffer* packet = gst_rtp_buffer_new_allocate(0, 0, 0);
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    gst_rtp_buffer_map(packet, GST_MAP_WRITE, &rtp);
    gst_rtp_buffer_set_seq(&rtp, static_cast<guint16>(i));
    gst_rtp_buffer_set_payload_type(&rtp, 96);
    gst_rtp_buffer_set_timestamp(&rtp, static_cast<guint32>(i * kFrame));
    gst_rtp_buffer_unmap(&rtp);
    packet = gst_buffer_append(packet, gst_buffer_copy(payload));
    GST_BUFFER_PTS(packet) = GST_BUFFER_PTS(payload);
    ASSERT_EQ(gst_harness_push(harness.get(), packet), GST_FLOW_OK);
  }
  gst_harness_push_event(harness.get(), gst_event_new_eos());
  const auto samples = Samples(Pull(harness.get()));
  EXPECT_EQ(samples.size(), encoded.buffers.size() * kFrame);
  EXPECT_EQ(Stat(harness.get(), "quaverdec", "recovered"), lost);
  EXPECT_EQ(Stat(harness.get(), "quaverdec", "concealed"), 0u);
}

TEST_F(GstRtpTest, PacketsWithoutPayloadAreLeftOut) {
  const auto harness = Harness(
      "rtpquaverdepay", "application/x-rtp, media=audio, encoding-name=QUAVER, clock-rate=16000, payload=96");
  for (const unsigned size : {0u, 1u, 5000u}) {
    GstBuffer* packet = gst_rtp_buffer_new_allocate(size, 0, 0);
    EXPECT_EQ(gst_harness_push(harness.get(), packet), GST_FLOW_OK);
  }
  EXPECT_EQ(gst_harness_push(harness.get(), gst_buffer_new_memdup("no RTP", 6)), GST_FLOW_OK);
}

}  // namespace
}  // namespace quaver
