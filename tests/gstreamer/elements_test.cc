// quaverenc and quaverdec: formats, rates, pauses, time.
#include <gtest/gtest.h>
#include <quaver/quaver.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "tests/gstreamer/harness.h"

namespace quaver {
namespace {

const char* const kClip = "en-vctk-p228.flac";

class GstElementsTest : public testing::Test {
 protected:
  void SetUp() override { StartGStreamer(); }
};

std::vector<int16_t> Decode(const Encoded& encoded, const std::string& properties = kTiny) {
  Held<GstCaps> caps(gst_caps_copy(encoded.caps.get()));
  Held<GstHarness> harness(gst_harness_new_parse(("quaverdec " + properties).c_str()));
  gst_harness_set_src_caps(harness.get(), caps.release());
  for (const auto& buffer : encoded.buffers)
    EXPECT_EQ(gst_harness_push(harness.get(), gst_buffer_ref(buffer.get())), GST_FLOW_OK);
  gst_harness_push_event(harness.get(), gst_event_new_eos());
  return Samples(Pull(harness.get()));
}

// What the C API makes of it: aligned, of the same length.
std::vector<int16_t> DecodedByTheLibrary(std::vector<int16_t> samples, int n_q) {
  const auto model = std::unique_ptr<quaver_model, void (*)(quaver_model*)>(
      quaver_model_open(kTinyFile.c_str(), nullptr, 0), quaver_model_close);
  quaver_encoder* encoder = quaver_encoder_create(model.get());
  quaver_decoder* decoder = quaver_decoder_create(model.get());
  const size_t length = samples.size(), delay = static_cast<size_t>(quaver_delay(model.get()));
  const size_t frames = (length + delay + kFrame - 1) / kFrame;
  samples.resize(frames * kFrame);
  std::vector<uint16_t> tokens(frames * static_cast<size_t>(n_q));
  std::vector<int16_t> decoded(samples.size());
  quaver_encode_i16(encoder, samples.data(), samples.size(), n_q, tokens.data(), tokens.size());
  quaver_decode_i16(decoder, tokens.data(), static_cast<int>(frames), n_q, decoded.data(), decoded.size());
  quaver_encoder_close(encoder);
  quaver_decoder_close(decoder);
  return {decoded.begin() + static_cast<ptrdiff_t>(delay),
          decoded.begin() + static_cast<ptrdiff_t>(delay + length)};
}

double LevelDb(const std::vector<int16_t>& samples, double from_s, double to_s) {
  double energy = 1e-9;
  const auto from = static_cast<size_t>(from_s * kRate), to = static_cast<size_t>(to_s * kRate);
  for (size_t i = from; i < to; ++i) energy += std::pow(samples[i] / 32768.0, 2);
  return 10 * std::log10(energy / static_cast<double>(to - from));
}

TEST_F(GstElementsTest, CapsNameTheModel) {
  const auto encoded = Encode(kTiny, Speech(kClip, 4000));
  const GstStructure* caps = gst_caps_get_structure(encoded.caps.get(), 0);
  EXPECT_TRUE(gst_structure_has_name(caps, "audio/x-quaver"));
  const char* model = gst_structure_get_string(caps, "model");
  ASSERT_NE(model, nullptr);
  EXPECT_EQ(std::string(model).size(), 22u);
}

TEST_F(GstElementsTest, AnotherModelIsRefusedWithTheReason) {
  Held<GstHarness> harness(gst_harness_new("quaverdec"));
  GstBus* bus = gst_bus_new();
  gst_element_set_bus(harness->element, bus);
  gst_harness_set_src_caps_str(
      harness.get(), "audio/x-quaver, rate=16000, channels=1, model=(string)AAAAAAAAAAAAAAAAAAAAAA");
  GstMessage* message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
  ASSERT_NE(message, nullptr);
  GError* error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  EXPECT_NE(std::string(error->message).find("AAAAAAAAAAAAAAAAAAAAAA"), std::string::npos) << error->message;
  g_error_free(error);
  gst_message_unref(message);
  gst_element_set_bus(harness->element, nullptr);
  gst_object_unref(bus);
}

TEST_F(GstElementsTest, WithoutLossTheSoundIsThatOfTheLibrary) {
  auto speech = Speech(kClip, 16000);
  for (const size_t cut : {0, 100, 320 - 80, 319}) {
    speech.resize(40 * kFrame + cut);
    const auto expected = DecodedByTheLibrary(speech, 4);
    for (const char* packets : {"1", "3", "10"}) {
      const auto decoded =
          Decode(Encode(kTiny + "tokens=4 redundancy=2 frames-per-packet=" + packets, speech));
      EXPECT_EQ(decoded.size(), speech.size()) << packets << ' ' << cut;
      EXPECT_TRUE(decoded == expected) << packets << ' ' << cut;
    }
  }
}

TEST_F(GstElementsTest, FloatsAreDecodedToo) {
  const auto speech = Speech(kClip, 16000);
  const auto floats = Floats(speech);
  const auto harness = Harness("quaverenc tokens=4 " + kTiny + "! quaverdec " + kTiny,
                               "audio/x-raw, format=F32LE, layout=interleaved, rate=16000, channels=1");
  gst_harness_set_sink_caps_str(harness.get(), "audio/x-raw, format=F32LE");
  gst_harness_push(harness.get(), gst_buffer_new_memdup(floats.data(), floats.size() * sizeof(float)));
  gst_harness_push_event(harness.get(), gst_event_new_eos());
  const auto expected = DecodedByTheLibrary(speech, 4);
  size_t at = 0;
  for (const auto& buffer : Pull(harness.get())) {
    const auto bytes = Bytes(buffer.get());
    const auto* samples = reinterpret_cast<const float*>(bytes.data());
    for (size_t i = 0; i < bytes.size() / sizeof(float) && at < expected.size(); ++i, ++at)
      ASSERT_NEAR(samples[i] * 32768, expected[at], 0.51) << at;
  }
  EXPECT_EQ(at, expected.size());
}

TEST_F(GstElementsTest, TheRateChangesWhilePlaying) {
  const auto speech = Speech(kClip, 32000);
  const auto harness = Harness("quaverenc bitrate=6000", kSpeechCaps);
  PushSpeech(harness.get(), speech);
  size_t before = 0, after = 0;
  for (const auto& buffer : Pull(harness.get())) before += gst_buffer_get_size(buffer.get());
  gst_harness_set(harness.get(), "quaverenc", "bitrate", 1500, nullptr);
  PushSpeech(harness.get(), speech, 2 * GST_SECOND);
  for (const auto& buffer : Pull(harness.get())) after += gst_buffer_get_size(buffer.get());
  EXPECT_LT(after, before / 2);
  EXPECT_EQ(Stat(harness.get(), "quaverenc", "bytes"), before + after);
  EXPECT_LT(before * 8 / 2, 6000 * 1.15 + 800);  // the payload's header is 2 bytes of 50 packets a second
  gst_harness_set(harness.get(), "quaverenc", "tokens", 2, "redundancy", 4, nullptr);
  PushSpeech(harness.get(), speech, 4 * GST_SECOND);
  EXPECT_EQ(Pull(harness.get()).size(), 100u);
}

TEST_F(GstElementsTest, PausesSendLittleAndLastAsLong) {
  auto speech = Speech(kClip, 24000);
  const auto clip = speech;
  uint32_t noise = 1;  // between the talk spurts 2 s of a quiet room, at about -67 dBFS
  for (int i = 0; i < 2 * kRate; ++i) {
    noise = noise * 1664525 + 1013904223;
    speech.push_back(static_cast<int16_t>(static_cast<int>(noise >> 16) % 49 - 24));
  }
  speech.insert(speech.end(), clip.begin() + 4000, clip.end());
  for (const char* options :
       {"", " redundancy=4", " frames-per-packet=4", " frames-per-packet=4 redundancy=2"}) {
    const std::string properties = std::string("tokens=6") + options;
    const auto all = Encode(properties, speech), paused = Encode(properties + " dtx=true", speech);
    const size_t in_packet = std::string(options).find("packet") == std::string::npos ? 1 : 4;
    EXPECT_LT(paused.buffers.size() + 60 / in_packet, all.buffers.size()) << options;
    const auto decoded = Decode(paused, "");
    ASSERT_EQ(decoded.size(), speech.size()) << options;
    EXPECT_LT(LevelDb(decoded, 2.0, 3.4), -50) << options;
    EXPECT_GT(LevelDb(decoded, 2.0, 3.4), -80) << options << ": silence instead of the room";
    size_t spurts = 0;
    for (const auto& buffer : paused.buffers)
      spurts += GST_BUFFER_FLAG_IS_SET(buffer.get(), GST_BUFFER_FLAG_RESYNC) ? 1 : 0;
    EXPECT_GE(spurts, 1u) << options;
    EXPECT_LE(spurts, 3u) << options;
    // A comfort frame comes every 400 ms at least.
    for (size_t i = 1; i < paused.buffers.size(); ++i) {
      EXPECT_LE(GST_BUFFER_PTS(paused.buffers[i].get()) - GST_BUFFER_PTS(paused.buffers[i - 1].get()),
                20 * kFrameTime);
    }
  }
}

TEST_F(GstElementsTest, SilenceToTheEndKeepsTheLength) {
  auto speech = Speech(kClip, 16000);
  speech.resize(speech.size() + 40001);
  EXPECT_EQ(Decode(Encode(kTiny + "dtx=true", speech)).size(), speech.size());
  EXPECT_EQ(Decode(Encode(kTiny + "dtx=true frames-per-packet=7", std::vector<int16_t>(50000))).size(),
            50000u);
}

TEST_F(GstElementsTest, ASeekBeginsAnew) {
  const auto speech = Speech(kClip, 16000);
  const auto expected = DecodedByTheLibrary(speech, 4);
  const auto harness = Harness("quaverenc tokens=4 " + kTiny + "! quaverdec " + kTiny, kSpeechCaps);
  PushSpeech(harness.get(), speech);
  Pull(harness.get());
  gst_harness_push_event(harness.get(), gst_event_new_flush_start());
  gst_harness_push_event(harness.get(), gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = segment.time = segment.position = 3 * GST_SECOND;
  gst_harness_push_event(harness.get(), gst_event_new_segment(&segment));
  PushSpeech(harness.get(), speech, 3 * GST_SECOND);
  gst_harness_push_event(harness.get(), gst_event_new_eos());
  const auto buffers = Pull(harness.get());
  ASSERT_FALSE(buffers.empty());
  EXPECT_EQ(GST_BUFFER_PTS(buffers.front().get()), 3 * GST_SECOND);
  EXPECT_TRUE(Samples(buffers) == expected);
}

// As `concat` does it: the next file begins at 0 again.
TEST_F(GstElementsTest, AnotherSegmentBeginsAnew) {
  const auto encoded = Encode(kTiny + "tokens=4", Speech(kClip, 20000));
  Held<GstHarness> harness(gst_harness_new_parse(("quaverdec " + kTiny).c_str()));
  gst_harness_set_src_caps(harness.get(), gst_caps_copy(encoded.caps.get()));
  size_t samples = 0;
  for (int file = 0; file < 2; ++file) {
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    segment.base = static_cast<guint64>(file) * 2 * GST_SECOND;
    gst_harness_push_event(harness.get(), gst_event_new_segment(&segment));
    for (const auto& buffer : encoded.buffers) gst_harness_push(harness.get(), gst_buffer_ref(buffer.get()));
    for (const auto& buffer : Pull(harness.get())) samples += gst_buffer_get_size(buffer.get()) / 2;
  }
  EXPECT_EQ(samples, 40000u);
}

TEST_F(GstElementsTest, LatencyIsReported) {
  const auto latency = [](const std::string& elements, const std::string& caps) {
    const auto harness = Harness(elements, caps);
    gst_harness_push(harness.get(), gst_buffer_new_memdup(std::vector<int16_t>(700).data(), 1400));
    return gst_harness_query_latency(harness.get());
  };
  EXPECT_EQ(latency("quaverenc", kSpeechCaps), 25 * GST_MSECOND);
  EXPECT_EQ(latency("quaverenc frames-per-packet=3", kSpeechCaps), 65 * GST_MSECOND);
  const std::string caps = "audio/x-quaver, rate=16000, channels=1";
  EXPECT_EQ(latency("quaverdec", caps), 20 * GST_MSECOND);
  EXPECT_EQ(latency("quaverdec redundancy-wait=3", caps), 60 * GST_MSECOND);
  EXPECT_EQ(latency("quaverdec use-redundancy=false", caps), 0u);
}

TEST_F(GstElementsTest, AMissingModelIsAnErrorThatNamesIt) {
  for (const char* factory : {"quaverenc", "quaverdec"}) {
    GstElement* element = gst_element_factory_make(factory, nullptr);
    GstBus* bus = gst_bus_new();
    gst_element_set_bus(element, bus);
    g_object_set(element, "model", "no/such.safetensors", nullptr);
    EXPECT_EQ(gst_element_set_state(element, GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE) << factory;
    GstMessage* message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    ASSERT_NE(message, nullptr);
    GError* error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    EXPECT_NE(std::string(error->message).find("no/such.safetensors"), std::string::npos) << error->message;
    g_error_free(error);
    gst_message_unref(message);
    gst_element_set_state(element, GST_STATE_NULL);
    gst_element_set_bus(element, nullptr);
    gst_object_unref(bus);
    gst_object_unref(element);
  }
}

}  // namespace
}  // namespace quaver
