// The base class brings the samples of one packet at a time, and at the end the rest. The decoder's sound
// comes quaver_delay() samples after the one that was encoded: at the end, silence brings out the last of it,
// and a GstAudioClippingMeta on the first and the last buffer says what a decoder in the same pipeline leaves
// out, so that a file comes back aligned and of the same length. RTP does not carry it: a call need not be
// aligned to 5 ms.
#include "bindings/gstreamer/quaver_enc.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bindings/gstreamer/model.h"
#include "bindings/gstreamer/payload_encoder.h"

GST_DEBUG_CATEGORY_STATIC(quaver_enc_debug);
#define GST_CAT_DEFAULT quaver_enc_debug

namespace {

using quaver_gst::kFrameSamples;
using quaver_gst::kRate;

enum Property {
  kBitrate = 1,
  kTokens,
  kFramesPerPacket,
  kRedundancy,
  kRedundancyTokens,
  kDtx,
  kModel,
  kStatistics
};

constexpr int kBitrateDefault = 3000;
constexpr int kRedundancyTokensDefault = 2;
constexpr int kRateWindow = 50;  // frames: one second

struct Settings {
  int bitrate = kBitrateDefault;
  int tokens = 0;
  int frames_per_packet = 1;
  int redundancy = 0;
  int redundancy_tokens = kRedundancyTokensDefault;
  bool dtx = false;
  std::string model;
};

struct SenderStats {
  guint64 packets = 0;
  guint64 frames = 0;  // sent
  guint64 paused = 0;  // frames not sent
  guint64 bytes = 0;
  int window_frames = 0;
  guint64 window_bytes = 0;
  guint64 bytes_a_second = 0;  // of the last whole second
};

struct Sender {
  quaver_gst::Owned<quaver_model> model;
  std::unique_ptr<quaver_gst::PayloadEncoder> encoder;  // uses the model
  bool floats = false;
  int frames_per_packet = 1;
  bool fresh = true;         // nothing was encoded yet
  guint64 samples = 0;       // of the sound
  guint64 frames = 0;        // encoded
  std::vector<float> block;  // samples of a packet
};

}  // namespace

struct _QuaverEnc {
  GstAudioEncoder parent;
  Settings* settings;  // under the object's lock
  SenderStats* stats;  // under the object's lock
  Sender* sender;      // of the streaming thread; from start to stop
};

G_DEFINE_TYPE_WITH_CODE(QuaverEnc, quaver_enc, GST_TYPE_AUDIO_ENCODER,
                        GST_DEBUG_CATEGORY_INIT(quaver_enc_debug, "quaverenc", 0, "Quaver encoder"))
GST_ELEMENT_REGISTER_DEFINE(quaverenc, "quaverenc", GST_RANK_PRIMARY, QUAVER_TYPE_ENC)

namespace {

GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
                            GST_STATIC_CAPS("audio/x-raw, format = (string) { " GST_AUDIO_NE(
                                S16) ", " GST_AUDIO_NE(F32) " }, layout = (string) interleaved, "
                                                            "rate = (int) 16000, channels = (int) 1"));
GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS,
                            GST_STATIC_CAPS("audio/x-quaver, rate = (int) 16000, channels = (int) 1"));

Settings SettingsOf(QuaverEnc* self) {
  GST_OBJECT_LOCK(self);
  Settings settings = *self->settings;
  GST_OBJECT_UNLOCK(self);
  return settings;
}

gboolean Start(GstAudioEncoder* base) {
  auto* self = QUAVER_ENC(base);
  const Settings settings = SettingsOf(self);
  std::string why;
  auto sender = std::make_unique<Sender>();
  sender->model = quaver_gst::OpenModel(settings.model.c_str(), why);
  if (sender->model == nullptr) {
    GST_ELEMENT_ERROR(self, RESOURCE, OPEN_READ, ("%s", why.c_str()), ("model=%s", settings.model.c_str()));
    return FALSE;
  }
  sender->encoder = quaver_gst::PayloadEncoder::Create(sender->model.get());
  if (sender->encoder == nullptr) {
    GST_ELEMENT_ERROR(self, RESOURCE, NO_SPACE_LEFT, ("No memory for the encoder."), (NULL));
    return FALSE;
  }
  GST_OBJECT_LOCK(self);
  *self->stats = SenderStats();
  GST_OBJECT_UNLOCK(self);
  self->sender = sender.release();
  return TRUE;
}

gboolean Stop(GstAudioEncoder* base) {
  auto* self = QUAVER_ENC(base);
  delete self->sender;
  self->sender = nullptr;
  return TRUE;
}

gboolean SetFormat(GstAudioEncoder* base, GstAudioInfo* info) {
  auto* self = QUAVER_ENC(base);
  Sender* sender = self->sender;
  sender->floats = GST_AUDIO_INFO_FORMAT(info) == GST_AUDIO_FORMAT_F32;
  sender->frames_per_packet = SettingsOf(self).frames_per_packet;
  const int samples = sender->frames_per_packet * kFrameSamples;
  gst_audio_encoder_set_frame_samples_min(base, samples);
  gst_audio_encoder_set_frame_samples_max(base, samples);
  gst_audio_encoder_set_frame_max(base, 1);
  const GstClockTime latency = gst_util_uint64_scale_int(
      static_cast<guint64>(samples + quaver_delay(sender->model.get())), GST_SECOND, kRate);
  gst_audio_encoder_set_latency(base, latency, latency);
  g_autoptr(GstCaps) caps =
      gst_caps_new_simple("audio/x-quaver", "rate", G_TYPE_INT, kRate, "channels", G_TYPE_INT, 1, "model",
                          G_TYPE_STRING, quaver_gst::ModelParameter(sender->model.get()).c_str(), nullptr);
  return gst_audio_encoder_set_output_format(base, caps);
}

// What is sent of a frame.
quaver_gst::SendOptions OptionsOf(const Sender& sender, const Settings& settings) {
  const quaver_model* model = sender.model.get();
  int n_q = settings.tokens;
  if (n_q == 0) n_q = quaver_tokens_for_bitrate(model, settings.bitrate, sender.frames_per_packet);
  // A rate that is too low for one token gets one.
  return {.n_q = std::clamp(n_q, 1, quaver_groups(model)),
          .redundant_frames = settings.redundancy == 3 ? 2 : settings.redundancy,
          .redundant_tokens = settings.redundancy_tokens,
          .dtx = settings.dtx};
}

void Count(QuaverEnc* self, int frames, size_t bytes) {
  GST_OBJECT_LOCK(self);
  SenderStats& stats = *self->stats;
  if (bytes > 0) {
    ++stats.packets;
    stats.frames += static_cast<guint64>(frames);
    stats.bytes += bytes;
    stats.window_bytes += bytes;
  } else {
    stats.paused += static_cast<guint64>(frames);
  }
  stats.window_frames += frames;
  if (stats.window_frames >= kRateWindow) {
    stats.bytes_a_second =
        stats.window_bytes * kRateWindow / static_cast<guint64>(std::max(stats.window_frames, 1));
    stats.window_frames = 0;
    stats.window_bytes = 0;
  }
  GST_OBJECT_UNLOCK(self);
}

// Encodes sender->block. samples: of the sound, so the base class counts them; fewer than the block at its
// end.
GstFlowReturn EncodeBlock(QuaverEnc* self, int samples, bool last) {
  Sender* sender = self->sender;
  auto options = OptionsOf(*sender, SettingsOf(self));
  options.last = last;
  const int frames = static_cast<int>(sender->block.size()) / kFrameSamples;
  const auto sent = sender->encoder->Encode(sender->block, options);
  Count(self, frames, sent.bytes.size());
  sender->samples += static_cast<guint64>(samples);
  sender->frames += static_cast<guint64>(frames);
  if (sent.bytes.empty()) return gst_audio_encoder_finish_frame(GST_AUDIO_ENCODER(self), nullptr, samples);
  GstBuffer* buffer = gst_buffer_new_memdup(sent.bytes.data(), sent.bytes.size());
  const guint64 delay = static_cast<guint64>(quaver_delay(sender->model.get()));
  const guint64 clip_start = sender->fresh ? delay : 0;
  const guint64 clip_end = last ? sender->frames * kFrameSamples - delay - sender->samples : 0;
  if (clip_start > 0 || clip_end > 0)
    gst_buffer_add_audio_clipping_meta(buffer, GST_FORMAT_DEFAULT, clip_start, clip_end);
  if (sent.talk_spurt || sender->fresh) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_RESYNC);
  sender->fresh = false;
  return gst_audio_encoder_finish_frame(GST_AUDIO_ENCODER(self), buffer, samples);
}

// The sound ends: `samples` of it are in the block, and silence brings out what the decoder still holds.
GstFlowReturn EncodeLast(QuaverEnc* self, int samples) {
  Sender* sender = self->sender;
  const guint64 length = sender->samples + static_cast<guint64>(samples);
  const guint64 delay = static_cast<guint64>(quaver_delay(sender->model.get()));
  guint64 left = (length + delay + kFrameSamples - 1) / kFrameSamples - sender->frames;
  GstFlowReturn flow = GST_FLOW_OK;
  while (left > 0 && flow == GST_FLOW_OK) {
    const guint64 frames = std::min<guint64>(left, static_cast<guint64>(sender->frames_per_packet));
    left -= frames;
    sender->block.resize(frames * kFrameSamples);
    flow = EncodeBlock(self, samples, left == 0);
    samples = 0;
    std::fill(sender->block.begin(), sender->block.end(), 0.0f);
  }
  sender->encoder->Reset();
  sender->fresh = true;
  sender->samples = sender->frames = 0;
  return flow;
}

void ReadBlock(Sender& sender, GstBuffer* buffer) {
  GstMapInfo map;
  sender.block.clear();
  if (!gst_buffer_map(buffer, &map, GST_MAP_READ)) return;
  if (sender.floats) {
    const auto* samples = reinterpret_cast<const float*>(map.data);
    sender.block.assign(samples, samples + map.size / sizeof(float));
  } else {
    const auto* samples = reinterpret_cast<const gint16*>(map.data);
    sender.block.resize(map.size / sizeof(gint16));
    std::transform(samples, samples + sender.block.size(), sender.block.begin(),
                   [](gint16 s) { return static_cast<float>(s) / 32768; });
  }
  gst_buffer_unmap(buffer, &map);
}

GstFlowReturn HandleFrame(GstAudioEncoder* base, GstBuffer* buffer) {
  auto* self = QUAVER_ENC(base);
  Sender* sender = self->sender;
  if (buffer == nullptr) {
    sender->block.clear();
    return sender->fresh && sender->frames == 0 ? GST_FLOW_OK : EncodeLast(self, 0);
  }
  ReadBlock(*sender, buffer);
  const int samples = static_cast<int>(sender->block.size());
  if (samples == sender->frames_per_packet * kFrameSamples) return EncodeBlock(self, samples, false);
  return EncodeLast(self, samples);
}

void Flush(GstAudioEncoder* base) {
  Sender* sender = QUAVER_ENC(base)->sender;
  if (sender == nullptr) return;
  sender->encoder->Reset();
  sender->fresh = true;
  sender->samples = sender->frames = 0;
}

void SetProperty(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  auto* self = QUAVER_ENC(object);
  GST_OBJECT_LOCK(self);
  Settings& settings = *self->settings;
  switch (id) {
    case kBitrate:
      settings.bitrate = g_value_get_int(value);
      break;
    case kTokens:
      settings.tokens = g_value_get_int(value);
      break;
    case kFramesPerPacket:
      settings.frames_per_packet = g_value_get_int(value);
      break;
    case kRedundancy:
      settings.redundancy = g_value_get_int(value);
      break;
    case kRedundancyTokens:
      settings.redundancy_tokens = g_value_get_int(value);
      break;
    case kDtx:
      settings.dtx = g_value_get_boolean(value) != FALSE;
      break;
    case kModel:
      settings.model = g_value_get_string(value) == nullptr ? "" : g_value_get_string(value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
  GST_OBJECT_UNLOCK(self);
}

GstStructure* StatsStructure(const SenderStats& stats) {
  return gst_structure_new("quaverenc-stats", "packets", G_TYPE_UINT64, stats.packets, "frames",
                           G_TYPE_UINT64, stats.frames, "paused", G_TYPE_UINT64, stats.paused, "bytes",
                           G_TYPE_UINT64, stats.bytes, "bytes-per-second", G_TYPE_UINT64,
                           stats.bytes_a_second, nullptr);
}

void GetProperty(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  auto* self = QUAVER_ENC(object);
  GST_OBJECT_LOCK(self);
  const Settings settings = *self->settings;
  const SenderStats stats = *self->stats;
  GST_OBJECT_UNLOCK(self);
  switch (id) {
    case kBitrate:
      g_value_set_int(value, settings.bitrate);
      break;
    case kTokens:
      g_value_set_int(value, settings.tokens);
      break;
    case kFramesPerPacket:
      g_value_set_int(value, settings.frames_per_packet);
      break;
    case kRedundancy:
      g_value_set_int(value, settings.redundancy);
      break;
    case kRedundancyTokens:
      g_value_set_int(value, settings.redundancy_tokens);
      break;
    case kDtx:
      g_value_set_boolean(value, settings.dtx);
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
  auto* self = QUAVER_ENC(object);
  delete self->sender;
  delete self->stats;
  delete self->settings;
  G_OBJECT_CLASS(quaver_enc_parent_class)->finalize(object);
}

void InstallProperties(GObjectClass* object) {
  constexpr auto kReadWrite = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  constexpr auto kPlaying = static_cast<GParamFlags>(kReadWrite | GST_PARAM_MUTABLE_PLAYING);
  constexpr auto kReady = static_cast<GParamFlags>(kReadWrite | GST_PARAM_MUTABLE_READY);
  const auto add = [&](Property id, GParamSpec* spec) { g_object_class_install_property(object, id, spec); };
  add(kBitrate,
      g_param_spec_int("bitrate", "Bit rate",
                       "Bits per second of the frames themselves, without redundancy and headers; about 500 "
                       "to 7000 with the built-in model. Unused if tokens is set",
                       100, 100000, kBitrateDefault, kPlaying));
  add(kTokens, g_param_spec_int("tokens", "Tokens",
                                "Tokens of a frame, in place of a bit rate; more than the model has counts "
                                "as all of them (0 = the bit rate rules)",
                                0, QUAVER_MAX_GROUPS, 0, kPlaying));
  add(kFramesPerPacket, g_param_spec_int("frames-per-packet", "Frames per packet",
                                         "Frames of 20 ms in a buffer. More of them save headers, and add "
                                         "20 ms of latency each",
                                         1, QUAVER_RTP_MAX_FRAMES, 1, kReady));
  add(kRedundancy, g_param_spec_int("redundancy", "Redundancy",
                                    "Frames before its own ones that a buffer repeats, for receivers that "
                                    "have lost them: 0, 1, 2 or 4 (3 counts as 2)",
                                    0, QUAVER_RTP_MAX_REDUNDANT, 0, kPlaying));
  add(kRedundancyTokens,
      g_param_spec_int("redundancy-tokens", "Redundancy tokens",
                       "Tokens of a repeated frame, the most important ones; each takes up to 10 bits", 1,
                       QUAVER_RTP_MAX_TOKENS, kRedundancyTokensDefault, kPlaying));
  add(kDtx,
      g_param_spec_boolean("dtx", "Discontinuous transmission",
                           "Send nothing in pauses, but a comfort frame every 400 ms", FALSE, kPlaying));
  add(kModel, g_param_spec_string("model", "Model",
                                  "A weights file, or the name of a model as the program quaver finds it "
                                  "(NULL = the built-in one). Both ends need the same",
                                  nullptr, kReady));
  add(kStatistics,
      g_param_spec_boxed("stats", "Statistics",
                         "packets, frames (sent), paused (frames that DTX left out), bytes (of payload), "
                         "bytes-per-second (in the last second)",
                         GST_TYPE_STRUCTURE,
                         static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
}

}  // namespace

static void quaver_enc_class_init(QuaverEncClass* klass) {
  auto* object = G_OBJECT_CLASS(klass);
  auto* element = GST_ELEMENT_CLASS(klass);
  auto* base = GST_AUDIO_ENCODER_CLASS(klass);
  object->set_property = SetProperty;
  object->get_property = GetProperty;
  object->finalize = Finalize;
  InstallProperties(object);
  base->start = Start;
  base->stop = Stop;
  base->set_format = SetFormat;
  base->handle_frame = HandleFrame;
  base->flush = Flush;
  gst_element_class_add_static_pad_template(element, &sink_template);
  gst_element_class_add_static_pad_template(element, &src_template);
  gst_element_class_set_static_metadata(
      element, "Quaver speech encoder", "Codec/Encoder/Audio",
      "Encodes speech at 0.5 to 7 kbit/s with the Quaver codec, as payloads for RTP. Example: "
      "gst-launch-1.0 autoaudiosrc ! audioconvert ! audioresample ! quaverenc bitrate=3000 redundancy=2 ! "
      "rtpquaverpay ! udpsink host=192.0.2.1 port=5004",
      "Quaver contributors");
}

static void quaver_enc_init(QuaverEnc* self) {
  self->settings = new Settings();
  self->stats = new SenderStats();
  self->sender = nullptr;
  gst_audio_encoder_set_drainable(GST_AUDIO_ENCODER(self), TRUE);
}
