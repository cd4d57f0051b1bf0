// The payload goes on as it is, with the length that its header says, so that a damaged one is missed for as
// long as it would have lasted. A marker bit becomes the flag RESYNC. What the jitter buffer reports as lost
// becomes a gap event, by the base class.
#include "bindings/gstreamer/rtp_quaver_depay.h"

#include <quaver/rtp.h>

struct _QuaverRtpDepay {
  GstRTPBaseDepayload parent;
};

G_DEFINE_TYPE(QuaverRtpDepay, quaver_rtp_depay, GST_TYPE_RTP_BASE_DEPAYLOAD)
GST_ELEMENT_REGISTER_DEFINE(rtpquaverdepay, "rtpquaverdepay", GST_RANK_SECONDARY, QUAVER_TYPE_RTP_DEPAY)

namespace {

GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE(
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS("application/x-rtp, media = (string) audio, encoding-name = (string) QUAVER, "
                    "clock-rate = (int) 16000"));
GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS,
                            GST_STATIC_CAPS("audio/x-quaver, rate = (int) 16000, channels = (int) 1"));

gboolean SetCaps(GstRTPBaseDepayload* base, GstCaps* caps) {
  base->clock_rate = QUAVER_RTP_CLOCK_RATE;
  GstCaps* out = gst_caps_new_simple("audio/x-quaver", "rate", G_TYPE_INT, QUAVER_RTP_CLOCK_RATE, "channels",
                                     G_TYPE_INT, 1, nullptr);
  if (const char* model = gst_structure_get_string(gst_caps_get_structure(caps, 0), "model"))
    gst_caps_set_simple(out, "model", G_TYPE_STRING, model, nullptr);
  const gboolean done = gst_pad_set_caps(GST_RTP_BASE_DEPAYLOAD_SRCPAD(base), out);
  gst_caps_unref(out);
  return done;
}

GstBuffer* ProcessPacket(GstRTPBaseDepayload* base, GstRTPBuffer* rtp) {
  GstBuffer* payload = gst_rtp_buffer_get_payload_buffer(rtp);
  if (payload == nullptr || gst_buffer_get_size(payload) == 0) {
    GST_WARNING_OBJECT(base, "an RTP packet without a payload is left out");
    gst_clear_buffer(&payload);
    return nullptr;
  }
  payload = gst_buffer_make_writable(payload);
  GstMapInfo map;
  if (gst_buffer_map(payload, &map, GST_MAP_READ)) {
    quaver_rtp_payload header;
    if (quaver_rtp_header(map.data, map.size, &header) == 0)
      GST_BUFFER_DURATION(payload) = static_cast<GstClockTime>(header.frames) * 20 * GST_MSECOND;
    gst_buffer_unmap(payload, &map);
  }
  if (gst_rtp_buffer_get_marker(rtp)) GST_BUFFER_FLAG_SET(payload, GST_BUFFER_FLAG_RESYNC);
  return payload;
}

}  // namespace

static void quaver_rtp_depay_class_init(QuaverRtpDepayClass* klass) {
  auto* element = GST_ELEMENT_CLASS(klass);
  auto* base = GST_RTP_BASE_DEPAYLOAD_CLASS(klass);
  base->set_caps = SetCaps;
  base->process_rtp_packet = ProcessPacket;
  gst_element_class_add_static_pad_template(element, &sink_template);
  gst_element_class_add_static_pad_template(element, &src_template);
  gst_element_class_set_static_metadata(
      element, "RTP Quaver depayloader", "Codec/Depayloader/Network/RTP",
      "Takes Quaver speech out of RTP packets. Example: gst-launch-1.0 udpsrc port=5004 "
      "caps=\"application/x-rtp, media=audio, encoding-name=QUAVER, clock-rate=16000\" ! rtpjitterbuffer "
      "latency=60 do-lost=true ! rtpquaverdepay ! quaverdec ! audioconvert ! audioresample ! autoaudiosink",
      "Quaver contributors");
}

static void quaver_rtp_depay_init(QuaverRtpDepay*) {}
