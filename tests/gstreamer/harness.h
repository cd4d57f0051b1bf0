// Elements under test: what goes in, what comes out, without a clock or threads.
#ifndef QUAVER_TESTS_GSTREAMER_HARNESS_H_
#define QUAVER_TESTS_GSTREAMER_HARNESS_H_

#include <gst/check/gstharness.h>
#include <gst/gst.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace quaver {

inline constexpr int kRate = 16000;
inline constexpr int kFrame = 320;
inline constexpr GstClockTime kFrameTime = 20 * GST_MSECOND;

// A property of both elements: a small model, for what does not depend on how it sounds. It has 4 tokens a
// frame.
inline const std::string kTinyFile = QUAVER_SOURCE_DIR "/tests/conformance/tiny.safetensors";
inline const std::string kTiny = "model=" + kTinyFile + " ";

struct Unref {
  void operator()(GstBuffer* buffer) const { gst_buffer_unref(buffer); }
  void operator()(GstCaps* caps) const { gst_caps_unref(caps); }
  void operator()(GstHarness* harness) const { gst_harness_teardown(harness); }
  void operator()(GstStructure* structure) const { gst_structure_free(structure); }
};
template <typename T>
using Held = std::unique_ptr<T, Unref>;
using Buffers = std::vector<Held<GstBuffer>>;

// Starts GStreamer, with the plugin under test and these of the system ("coreelements", ...) alone: no
// registry.
void StartGStreamer(const std::vector<std::string>& plugins = {});

struct Encoded {
  Held<GstCaps> caps;
  Buffers buffers;
};

// A harness around a part of a pipeline, whose source pad has these caps.
Held<GstHarness> Harness(const std::string& elements, const std::string& caps);
inline const std::string kSpeechCaps =
    "audio/x-raw, format=S16LE, layout=interleaved, rate=16000, channels=1";

std::vector<int16_t> Speech(const std::string& name, size_t most = SIZE_MAX);  // of samples/
std::vector<float> Floats(const std::vector<int16_t>& samples);

// Pushes samples in buffers of an odd size, the first at this time.
void PushSpeech(GstHarness* harness, const std::vector<int16_t>& samples, GstClockTime from = 0);
// All that has come out.
Buffers Pull(GstHarness* harness);
// A field of the property stats of the element of this factory.
uint64_t Stat(GstHarness* harness, const char* factory, const char* field);

// Speech through "quaverenc PROPERTIES", to its end.
Encoded Encode(const std::string& properties, const std::vector<int16_t>& samples);
std::vector<uint8_t> Bytes(GstBuffer* buffer);

// The samples of buffers, which must follow each other in time without a gap.
std::vector<int16_t> Samples(const Buffers& buffers);

}  // namespace quaver

#endif  // QUAVER_TESTS_GSTREAMER_HARNESS_H_
