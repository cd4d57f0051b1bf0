// The base class brings buffers, gaps (as empty buffers) and the end of the sound; PayloadDecoder knows what
// is missing. A lost packet is not concealed at once, but waits for redundancy-wait packets that may repeat
// its frames; that much latency is reported. Whatever arrives, the pipeline goes on: what cannot be used is
// counted, and the first of its kind is a warning on the bus.
#include "bindings/gstreamer/quaver_dec.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "bindings/gstreamer/model.h"
#include "bindings/gstreamer/payload_decoder.h"

GST_DEBUG_CATEGORY_STATIC(quaver_dec_debug);
#define GST_CAT_DEFAULT quaver_dec_debug

namespace {

using quaver_gst::Decoded;
using quaver_gst::kFrameSamples;
using quaver_gst::kRate;
using quaver_gst::PayloadDecoder;
using quaver_gst::ReceiverStats;

constexpr GstClockTime kTolerance = 20 * GST_MSECOND;  // of timestamps that differ from the sound's length

enum Property { kUseRedundancy = 1, kRedundancyWait, kModel, kStatistics };

struct Settings {
  bool use_redundancy = true;
  int redundancy_wait = 1;
  std::string model;
};

struct Receiver {
  quaver_gst::Owned<quaver_model> model;
  std::string identity;  // as caps name it
  std::unique_ptr<PayloadDecoder> decoder;
  bool floats = false;
  bool warned_damaged = false;
  bool warned_newer = false;
};

}  // namespace

struct _QuaverDec {
  GstAudioDecoder parent;
  Settings* settings;    // under the object's lock
  ReceiverStats* stats;  // under the object's lock
  Receiver* receiver;    // of the streaming thread; from start to stop
};

G_DEFINE_TYPE_WITH_CODE(QuaverDec, quaver_dec, GST_TYPE_AUDIO_DECODER,
                        GST_DEBUG_CATEGORY_INIT(quaver_dec_debug, "quaverdec", 0, "Quaver decoder"))
GST_ELEMENT_REGISTER_DEFINE(quaverdec, "quaverdec", GST_RANK_PRIMARY, QUAVER_TYPE_DEC)

namespace {

GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
                            GST_STATIC_CAPS("audio/x-quaver, rate = (int) 16000, channels = (int) 1"));
GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS,
                            GST_STATIC_CAPS("audio/x-raw, format = (string) { " GST_AUDIO_NE(
                                S16) ", " GST_AUDIO_NE(F32) " }, layout = (string) interleaved, "
                                                            "rate = (int) 16000, channels = (int) 1"));

Settings SettingsOf(QuaverDec* self) {
  GST_OBJECT_LOCK(self);
  Settings settings = *self->settings;
  GST_OBJECT_UNLOCK(self);
  return settings;
}

GstClockTime TimeOf(int64_t samples) {
  return gst_util_uint64_scale_int_round(static_cast<guint64>(std::max<int64_t>(samples, 0)), GST_SECOND,
                                         kRate);
}

std::optional<int64_t> PositionOf(GstBuffer* buffer) {
  if (!GST_BUFFER_PTS_IS_VALID(buffer)) return std::nullopt;
  return static_cast<int64_t>(gst_util_uint64_scale_int_round(GST_BUFFER_PTS(buffer), kRate, GST_SECOND));
}

// How many frames a lost one may wait for.
int Wait(const Receiver& receiver, const Settings& settings) {
  if (!settings.use_redundancy) return 0;
  const int frames = receiver.decoder == nullptr ? 1 : receiver.decoder->packet_frames();
  return settings.redundancy_wait * frames;
}

void ReportLatency(QuaverDec* self) {
  const GstClockTime latency = TimeOf(int64_t{Wait(*self->receiver, SettingsOf(self))} * kFrameSamples);
  GstClockTime before = 0;
  gst_audio_decoder_get_latency(GST_AUDIO_DECODER(self), &before, nullptr);
  if (latency != before) gst_audio_decoder_set_latency(GST_AUDIO_DECODER(self), latency, latency);
}

gboolean Start(GstAudioDecoder* base) {
  auto* self = QUAVER_DEC(base);
  const Settings settings = SettingsOf(self);
  std::string why;
  auto receiver = std::make_unique<Receiver>();
  receiver->model = quaver_gst::OpenModel(settings.model.c_str(), why);
  if (receiver->model == nullptr) {
    GST_ELEMENT_ERROR(self, RESOURCE, OPEN_READ, ("%s", why.c_str()), ("model=%s", settings.model.c_str()));
    return FALSE;
  }
  receiver->identity = quaver_gst::ModelParameter(receiver->model.get());
  self->receiver = receiver.release();
  ReportLatency(self);
  return TRUE;
}

gboolean Stop(GstAudioDecoder* base) {
  auto* self = QUAVER_DEC(base);
  delete self->receiver;
  self->receiver = nullptr;
  return TRUE;
}

bool DownstreamWantsFloats(GstAudioDecoder* base) {
  g_autoptr(GstCaps) allowed = gst_pad_get_allowed_caps(GST_AUDIO_DECODER_SRC_PAD(base));
  if (allowed == nullptr || gst_caps_is_empty(allowed)) return false;
  allowed = gst_caps_fixate(allowed);
  const char* format = gst_structure_get_string(gst_caps_get_structure(allowed, 0), "format");
  return g_strcmp0(format, GST_AUDIO_NE(F32)) == 0;
}

gboolean SetFormat(GstAudioDecoder* base, GstCaps* caps) {
  auto* self = QUAVER_DEC(base);
  Receiver* receiver = self->receiver;
  const char* model = gst_structure_get_string(gst_caps_get_structure(caps, 0), "model");
  if (model != nullptr && receiver->identity != model) {
    GST_ELEMENT_ERROR(self, STREAM, WRONG_TYPE,
                      ("The stream was made with the model %s, and quaverdec has %s. Set its property model "
                       "to the sender's.",
                       model, receiver->identity.c_str()),
                      (NULL));
    return FALSE;
  }
  const bool floats = DownstreamWantsFloats(base);
  if (receiver->decoder == nullptr || receiver->floats != floats) {
    receiver->floats = floats;
    receiver->decoder = PayloadDecoder::Create(receiver->model.get(), floats);
    if (receiver->decoder == nullptr) {
      GST_ELEMENT_ERROR(self, RESOURCE, NO_SPACE_LEFT, ("No memory for the decoder."), (NULL));
      return FALSE;
    }
  }
  GstAudioInfo info;
  gst_audio_info_set_format(&info, floats ? GST_AUDIO_FORMAT_F32 : GST_AUDIO_FORMAT_S16, kRate, 1, nullptr);
  return gst_audio_decoder_set_output_format(base, &info);
}

void PublishStats(QuaverDec* self) {
  GST_OBJECT_LOCK(self);
  *self->stats = self->receiver->decoder->stats();
  GST_OBJECT_UNLOCK(self);
}

// Hands on what was decoded; input: the buffer or gap that it came from, none at the end of the sound. The
// base class takes its time from the input, which may stand behind what was missing before it.
GstFlowReturn Finish(QuaverDec* self, GstBuffer* input, const Decoded& decoded) {
  auto* base = GST_AUDIO_DECODER(self);
  PublishStats(self);
  if (decoded.bytes.empty())
    return input == nullptr ? GST_FLOW_OK : gst_audio_decoder_finish_frame(base, nullptr, 1);
  if (input != nullptr) GST_BUFFER_PTS(input) = TimeOf(decoded.position);
  GstBuffer* output = gst_buffer_new_memdup(decoded.bytes.data(), decoded.bytes.size());
  if (decoded.jump) GST_BUFFER_FLAG_SET(output, GST_BUFFER_FLAG_DISCONT);
  return gst_audio_decoder_finish_frame(base, output, 1);
}

// A payload that cannot be used: as if it had been lost.
void Refuse(QuaverDec* self, GstBuffer* buffer, int error) {
  Receiver* receiver = self->receiver;
  bool& warned = error == QUAVER_ERROR_VERSION ? receiver->warned_newer : receiver->warned_damaged;
  if (!warned) {
    GST_ELEMENT_WARNING(self, STREAM, DECODE,
                        ("Received a buffer that cannot be decoded: %s. It counts as lost, and so do others; "
                         "the property stats has their number.",
                         quaver_error_text(error)),
                        ("%" G_GSIZE_FORMAT " bytes", gst_buffer_get_size(buffer)));
  } else {
    GST_WARNING_OBJECT(self, "%" GST_PTR_FORMAT ": %s", buffer, quaver_error_text(error));
  }
  warned = true;
  const int64_t samples = GST_BUFFER_DURATION_IS_VALID(buffer)
                              ? static_cast<int64_t>(gst_util_uint64_scale_int_round(
                                    GST_BUFFER_DURATION(buffer), kRate, GST_SECOND))
                              : int64_t{receiver->decoder->packet_frames()} * kFrameSamples;
  receiver->decoder->Lost(PositionOf(buffer),
                          std::min<int64_t>(samples, QUAVER_RTP_MAX_FRAMES * kFrameSamples));
}

GstFlowReturn HandleGap(QuaverDec* self, GstBuffer* gap) {
  Receiver* receiver = self->receiver;
  if (GST_BUFFER_DURATION_IS_VALID(gap)) {
    receiver->decoder->Lost(PositionOf(gap), static_cast<int64_t>(gst_util_uint64_scale_int_round(
                                                 GST_BUFFER_DURATION(gap), kRate, GST_SECOND)));
  }
  Decoded decoded;
  receiver->decoder->Conceal(Wait(*receiver, SettingsOf(self)), decoded);
  return Finish(self, gap, decoded);
}

GstFlowReturn HandlePayload(QuaverDec* self, GstBuffer* buffer) {
  Receiver* receiver = self->receiver;
  const Settings settings = SettingsOf(self);
  const GstAudioClippingMeta* clip = gst_buffer_get_audio_clipping_meta(buffer);
  const bool clipped = clip != nullptr && clip->format == GST_FORMAT_DEFAULT;
  const auto samples = [&](guint64 count) { return static_cast<int>(std::min<guint64>(count, kRate)); };
  GstMapInfo map;
  if (!gst_buffer_map(buffer, &map, GST_MAP_READ))
    return gst_audio_decoder_finish_frame(GST_AUDIO_DECODER(self), nullptr, 1);
  Decoded decoded;
  const int error =
      receiver->decoder->Packet({map.data, map.size}, PositionOf(buffer), clipped ? samples(clip->start) : 0,
                                clipped ? samples(clip->end) : 0, settings.use_redundancy, decoded);
  gst_buffer_unmap(buffer, &map);
  if (error == 0) {
    ReportLatency(self);
  } else {
    Refuse(self, buffer, error);
    receiver->decoder->Conceal(Wait(*receiver, settings), decoded);
  }
  return Finish(self, buffer, decoded);
}

GstFlowReturn HandleFrame(GstAudioDecoder* base, GstBuffer* buffer) {
  auto* self = QUAVER_DEC(base);
  Receiver* receiver = self->receiver;
  if (receiver->decoder == nullptr)  // a gap before caps
    return buffer == nullptr ? GST_FLOW_OK : gst_audio_decoder_finish_frame(base, nullptr, 1);
  receiver->decoder->set_fill(gst_audio_decoder_get_plc(base));
  if (buffer == nullptr) {
    Decoded decoded;
    receiver->decoder->Conceal(0, decoded);
    return Finish(self, nullptr, decoded);
  }
  return gst_buffer_get_size(buffer) == 0 ? HandleGap(self, buffer) : HandlePayload(self, buffer);
}

// Not after every loss, which the base class calls soft.
void Flush(GstAudioDecoder* base, gboolean hard) {
  Receiver* receiver = QUAVER_DEC(base)->receiver;
  if (hard && receiver != nullptr && receiver->decoder != nullptr) receiver->decoder->Reset();
}

gboolean SinkEvent(GstAudioDecoder* base, GstEvent* event) {
  auto* self = QUAVER_DEC(base);
  const bool another_time_line =
      GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT || GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP;
  const gboolean done = GST_AUDIO_DECODER_CLASS(quaver_dec_parent_class)->sink_event(base, event);
  if (another_time_line) {
    GST_AUDIO_DECODER_STREAM_LOCK(base);
    if (self->receiver != nullptr && self->receiver->decoder != nullptr) self->receiver->decoder->Restart();
    GST_AUDIO_DECODER_STREAM_UNLOCK(base);
  }
  return done;
}

void SetProperty(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  auto* self = QUAVER_DEC(object);
  GST_OBJECT_LOCK(self);
  Settings& settings = *self->settings;
  switch (id) {
    case kUseRedundancy:
      settings.use_redundancy = g_value_get_boolean(value) != FALSE;
      break;
    case kRedundancyWait:
      settings.redundancy_wait = g_value_get_int(value);
      break;
    case kModel:
      settings.model = g_value_get_string(value) == nullptr ? "" : g_value_get_string(value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
  GST_OBJECT_UNLOCK(self);
}

GstStructure* StatsStructure(const ReceiverStats& stats) {
  return gst_structure_new("quaverdec-stats", "packets", G_TYPE_UINT64, stats.packets, "bytes", G_TYPE_UINT64,
                           stats.bytes, "frames", G_TYPE_UINT64, stats.frames, "recovered", G_TYPE_UINT64,
                           stats.recovered, "concealed", G_TYPE_UINT64, stats.concealed, "paused",
                           G_TYPE_UINT64, stats.paused, "late", G_TYPE_UINT64, stats.late, "damaged",
                           G_TYPE_UINT64, stats.damaged, "newer", G_TYPE_UINT64, stats.newer, nullptr);
}

void GetProperty(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  auto* self = QUAVER_DEC(object);
  GST_OBJECT_LOCK(self);
  const Settings settings = *self->settings;
  const ReceiverStats stats = *self->stats;
  GST_OBJECT_UNLOCK(self);
  switch (id) {
    case kUseRedundancy:
      g_value_set_boolean(value, settings.use_redundancy);
      break;
    case kRedundancyWait:
      g_value_set_int(value, settings.redundancy_wait);
      break;
    case kModel:
      g_value_set_string(value, settings.model.empty() ? nullptr : settings.model.c_str());
      break;
    case kStatistics:
      g_value_take_boxed(value, StatsStructure(stats));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

void Finalize(GObject* object) {
  auto* self = QUAVER_DEC(object);
  delete self->receiver;
  delete self->stats;
  delete self->settings;
  G_OBJECT_CLASS(quaver_dec_parent_class)->finalize(object);
}

void InstallProperties(GObjectClass* object) {
  constexpr auto kReadWrite = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  constexpr auto kReady = static_cast<GParamFlags>(kReadWrite | GST_PARAM_MUTABLE_READY);
  const auto add = [&](Property id, GParamSpec* spec) { g_object_class_install_property(object, id, spec); };
  add(kUseRedundancy, g_param_spec_boolean("use-redundancy", "Use redundancy",
                                           "Decode lost frames from the packets after them that repeat them; "
                                           "with false they are concealed at once, without latency",
                                           TRUE, kReady));
  add(kRedundancyWait,
      g_param_spec_int("redundancy-wait", "Redundancy wait",
                       "Packets that a lost frame waits for one that repeats it. Each adds its length to the "
                       "latency; with N of them, N + 1 packets lost in a row come back if the sender repeats "
                       "as many",
                       1, QUAVER_RTP_MAX_REDUNDANT, 1, kReady));
  add(kModel, g_param_spec_string("model", "Model",
                                  "A weights file, or the name of a model as the program quaver finds it "
                                  "(NULL = the built-in one). Both ends need the same",
                                  nullptr, kReady));
  add(kStatistics,
      g_param_spec_boxed(
          "stats", "Statistics",
          "packets, bytes, frames (decoded), recovered (lost frames from redundancy), concealed (lost "
          "frames without), paused (frames that the sender left out), late (packets, also "
          "those that came twice), damaged (packets), newer (packets of another version)",
          GST_TYPE_STRUCTURE, static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
}

}  // namespace

static void quaver_dec_class_init(QuaverDecClass* klass) {
  auto* object = G_OBJECT_CLASS(klass);
  auto* element = GST_ELEMENT_CLASS(klass);
  auto* base = GST_AUDIO_DECODER_CLASS(klass);
  object->set_property = SetProperty;
  object->get_property = GetProperty;
  object->finalize = Finalize;
  InstallProperties(object);
  base->start = Start;
  base->stop = Stop;
  base->set_format = SetFormat;
  base->handle_frame = HandleFrame;
  base->flush = Flush;
  base->sink_event = SinkEvent;
  gst_element_class_add_static_pad_template(element, &sink_template);
  gst_element_class_add_static_pad_template(element, &src_template);
  gst_element_class_set_static_metadata(
      element, "Quaver speech decoder", "Codec/Decoder/Audio",
      "Decodes speech of the Quaver codec; lost packets come back from redundancy or are concealed. Example: "
      "gst-launch-1.0 udpsrc port=5004 caps=\"application/x-rtp, media=audio, encoding-name=QUAVER, "
      "clock-rate=16000\" ! rtpjitterbuffer latency=60 do-lost=true ! rtpquaverdepay ! quaverdec ! "
      "audioconvert ! audioresample ! autoaudiosink",
      "Quaver contributors");
}

static void quaver_dec_init(QuaverDec* self) {
  self->settings = new Settings();
  self->stats = new ReceiverStats();
  self->receiver = nullptr;
  auto* base = GST_AUDIO_DECODER(self);
  gst_audio_decoder_set_drainable(base, TRUE);
  gst_audio_decoder_set_needs_format(base, TRUE);
  gst_audio_decoder_set_plc_aware(base, TRUE);
  gst_audio_decoder_set_plc(base, TRUE);
  // A jitter buffer's timestamps move by milliseconds as it learns how late packets come; the sound does not.
  gst_audio_decoder_set_tolerance(base, kTolerance);
  gst_audio_decoder_set_use_default_pad_acceptcaps(base, TRUE);
  GST_PAD_SET_ACCEPT_TEMPLATE(GST_AUDIO_DECODER_SINK_PAD(base));
}
