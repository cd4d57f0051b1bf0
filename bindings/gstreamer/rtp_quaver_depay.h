// rtpquaverdepay: RTP packets to Quaver payloads.
#ifndef QUAVER_BINDINGS_GSTREAMER_RTP_QUAVER_DEPAY_H_
#define QUAVER_BINDINGS_GSTREAMER_RTP_QUAVER_DEPAY_H_

#include <gst/gst.h>
#include <gst/rtp/rtp.h>

G_BEGIN_DECLS

#define QUAVER_TYPE_RTP_DEPAY (quaver_rtp_depay_get_type())
G_DECLARE_FINAL_TYPE(QuaverRtpDepay, quaver_rtp_depay, QUAVER, RTP_DEPAY, GstRTPBaseDepayload)
GST_ELEMENT_REGISTER_DECLARE(rtpquaverdepay)

G_END_DECLS

#endif  // QUAVER_BINDINGS_GSTREAMER_RTP_QUAVER_DEPAY_H_
