#include "tests/gstreamer/harness.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "tests/metrics/clips.h"

namespace quaver {
namespace {

void Load(const std::string& path) {
  GError* error = nullptr;
  GstPlugin* plugin = gst_plugin_load_file(path.c_str(), &error);
  ASSERT_NE(plugin, nullptr) << path << ": " << (error == nullptr ? "" : error->message);
  gst_object_unref(plugin);
}

}  // namespace

void StartGStreamer(const std::vector<std::string>& plugins) {
  static bool started = false;
  if (!started) {
    setenv("GST_REGISTRY_DISABLE", "yes", 1);
    setenv("GST_REGISTRY_FORK", "no", 1);
    setenv("GST_PLUGIN_SYSTEM_PATH_1_0", "", 1);
    gst_init(nullptr, nullptr);
    Load(QUAVER_GST_PLUGIN);
    started = true;
  }
  for (const auto& name : plugins) Load(std::string(GSTREAMER_PLUGINS "/libgst") + name + ".so");
}

Held<GstHarness> Harness(const std::string& elements, const std::string& caps) {
  Held<GstHarness> harness(gst_harness_new_parse(elements.c_str()));
  gst_harness_set_src_caps_str(harness.get(), caps.c_str());
  return harness;
}

std::vector<int16_t> Speech(const std::string& name, size_t most) {
  auto floats = Clip(name);
  floats.resize(std::min(floats.size(), most));
  std::vector<int16_t> samples(floats.size());
  std::transform(floats.begin(), floats.end(), samples.begin(), [](float x) {
    return static_cast<int16_t>(std::lrint(std::clamp(x, -1.0f, 0.999f) * 32768));
  });
  return samples;
}

std::vector<float> Floats(const std::vector<int16_t>& samples) {
  std::vector<float> floats(samples.size());
  std::transform(samples.begin(), samples.end(), floats.begin(),
                 [](int16_t s) { return static_cast<float>(s) / 32768; });
  return floats;
}

void PushSpeech(GstHarness* harness, const std::vector<int16_t>& samples, GstClockTime from) {
  constexpr size_t kBlock = 701;
  for (size_t done = 0; done < samples.size(); done += kBlock) {
    const size_t count = std::min(kBlock, samples.size() - done);
    GstBuffer* buffer = gst_buffer_new_memdup(samples.data() + done, count * sizeof(int16_t));
    GST_BUFFER_PTS(buffer) = from + gst_util_uint64_scale(done, GST_SECOND, kRate);
    GST_BUFFER_DURATION(buffer) = gst_util_uint64_scale(count, GST_SECOND, kRate);
    ASSERT_EQ(gst_harness_push(harness, buffer), GST_FLOW_OK);
  }
}

Buffers Pull(GstHarness* harness) {
  Buffers buffers;
  while (GstBuffer* buffer = gst_harness_try_pull(harness)) buffers.emplace_back(buffer);
  return buffers;
}

uint64_t Stat(GstHarness* harness, const char* factory, const char* field) {
  GstElement* element = gst_harness_find_element(harness, factory);
  GstStructure* stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  gst_object_unref(element);
  const Held<GstStructure> held(stats);
  guint64 value = 0;
  EXPECT_TRUE(gst_structure_get_uint64(stats, field, &value)) << field;
  return value;
}

Encoded Encode(const std::string& properties, const std::vector<int16_t>& samples) {
  const auto harness = Harness("quaverenc " + properties, kSpeechCaps);
  PushSpeech(harness.get(), samples);
  EXPECT_TRUE(gst_harness_push_event(harness.get(), gst_event_new_eos()));
  Encoded encoded;
  encoded.buffers = Pull(harness.get());
  encoded.caps.reset(gst_pad_get_current_caps(harness->sinkpad));
  return encoded;
}

std::vector<uint8_t> Bytes(GstBuffer* buffer) {
  std::vector<uint8_t> bytes(gst_buffer_get_size(buffer));
  gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
  return bytes;
}

std::vector<int16_t> Samples(const Buffers& buffers) {
  std::vector<int16_t> samples;
  for (size_t i = 0; i < buffers.size(); ++i) {
    const auto bytes = Bytes(buffers[i].get());
    if (i > 0) {
      const auto expected = GST_BUFFER_PTS(buffers[i - 1].get()) + GST_BUFFER_DURATION(buffers[i - 1].get());
      EXPECT_NEAR(static_cast<double>(GST_BUFFER_PTS(buffers[i].get())), static_cast<double>(expected), 62500)
          << "buffer " << i;
    }
    const size_t before = samples.size();
    samples.resize(before + bytes.size() / sizeof(int16_t));
    std::memcpy(samples.data() + before, bytes.data(), bytes.size());
  }
  return samples;
}

}  // namespace quaver
