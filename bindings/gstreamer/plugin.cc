// The GStreamer plugin "quaver".
#include <gst/gst.h>

#include "bindings/gstreamer/quaver_dec.h"
#include "bindings/gstreamer/quaver_enc.h"
#include "bindings/gstreamer/rtp_quaver_depay.h"
#include "bindings/gstreamer/rtp_quaver_pay.h"

static gboolean plugin_init(GstPlugin* plugin) {
  gboolean done = GST_ELEMENT_REGISTER(quaverenc, plugin);
  done |= GST_ELEMENT_REGISTER(quaverdec, plugin);
  done |= GST_ELEMENT_REGISTER(rtpquaverpay, plugin);
  done |= GST_ELEMENT_REGISTER(rtpquaverdepay, plugin);
  return done;
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, quaver,
                  "The Quaver speech codec, 0.5 to 7 kbit/s: encoder, decoder, RTP payloads", plugin_init,
                  QUAVER_VERSION, "Apache 2.0", "quaver", "Quaver")
