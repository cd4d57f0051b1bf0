// A buffer of quaverenc is the payload of one packet as it is. The marker bit stands at the first packet of a
// talk spurt, which has the flag RESYNC, and at the first of all, which has DISCONT.
#include "bindings/gstreamer/rtp_quaver_pay.h"

#include <quaver/rtp.h>

struct _QuaverRtpPay {
  GstRTPBasePayload parent;
};

G_DEFINE_TYPE(QuaverRtpPay, quaver_rtp_pay, GST_TYPE_RTP_BASE_PAYLOAD)
GST_ELEMENT_REGISTER_DEFINE(rtpquaverpay, "rtpquaverpay", GST_RANK_SECONDARY, QUAVER_TYPE_RTP_PAY)

namespace {

GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
                            GST_STATIC_CAPS("audio/x-quaver, rate = (int) 16000, channels = (int) 1"));
GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE(
    "src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS("application/x-rtp, media = (string) audio, encoding-name = (string) QUAVER, "
                    "clock-rate = (int) 16000, payload = (int) " GST_RTP_PAYLOAD_DYNAMIC_STRING));

gboolean SetCaps(GstRTPBasePayload* base, GstCaps* caps) {
  gst_rtp_base_payload_set_options(base, "audio", TRUE, "QUAVER", QUAVER_RTP_CLOCK_RATE);
  const char* model = gst_structure_get_string(gst_caps_get_structure(caps, 0), "model");
  if (model == nullptr) return gst_rtp_base_payload_set_outcaps(base, nullptr);
  return gst_rtp_base_payload_set_outcaps(base, "model", G_TYPE_STRING, model, nullptr);
}

GstFlowReturn HandleBuffer(GstRTPBasePayload* base, GstBuffer* buffer) {
  GstBuffer* packet = gst_rtp_base_payload_allocate_output_buffer(base, 0, 0, 0);
  GST_BUFFER_PTS(packet) = GST_BUFFER_PTS(buffer);
  GST_BUFFER_DTS(packet) = GST_BUFFER_DTS(buffer);
  GST_BUFFER_DURATION(packet) = GST_BUFFER_DURATION(buffer);
  if (GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT) ||
      GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_RESYNC)) {
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    if (gst_rtp_buffer_map(packet, GST_MAP_READWRITE, &rtp)) {
      gst_rtp_buffer_set_marker(&rtp, TRUE);
      gst_rtp_buffer_unmap(&rtp);
    }
    GST_BUFFER_FLAG_SET(packet, GST_BUFFER_FLAG_MARKER);
  }
  packet = gst_buffer_append(packet, buffer);
  return gst_rtp_base_payload_push(base, packet);
}

}  // namespace

static void quaver_rtp_pay_class_init(QuaverRtpPayClass* klass) {
  auto* element = GST_ELEMENT_CLASS(klass);
  auto* base = GST_RTP_BASE_PAYLOAD_CLASS(klass);
  base->set_caps = SetCaps;
  base->handle_buffer = HandleBuffer;
  gst_element_class_add_static_pad_template(element, &sink_template);
  gst_element_class_add_static_pad_template(element, &src_template);
  gst_element_class_set_static_metadata(
      element, "RTP Quaver payloader", "Codec/Payloader/Network/RTP",
      "Puts Quaver speech into RTP packets (encoding name QUAVER, clock rate 16000). Example: gst-launch-1.0 "
      "autoaudiosrc ! audioconvert ! audioresample ! quaverenc ! rtpquaverpay ! udpsink host=192.0.2.1 "
      "port=5004",
      "Quaver contributors");
}

static void quaver_rtp_pay_init(QuaverRtpPay*) {}
