// rtpquaverpay: Quaver payloads into RTP packets.
#ifndef QUAVER_BINDINGS_GSTREAMER_RTP_QUAVER_PAY_H_
#define QUAVER_BINDINGS_GSTREAMER_RTP_QUAVER_PAY_H_

#include <gst/gst.h>
#include <gst/rtp/rtp.h>

G_BEGIN_DECLS

#define QUAVER_TYPE_RTP_PAY (quaver_rtp_pay_get_type())
G_DECLARE_FINAL_TYPE(QuaverRtpPay, quaver_rtp_pay, QUAVER, RTP_PAY, GstRTPBasePayload)
GST_ELEMENT_REGISTER_DECLARE(rtpquaverpay)

G_END_DECLS

#endif  // QUAVER_BINDINGS_GSTREAMER_RTP_QUAVER_PAY_H_
