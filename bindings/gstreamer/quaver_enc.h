// quaverenc: speech to Quaver payloads.
#ifndef QUAVER_BINDINGS_GSTREAMER_QUAVER_ENC_H_
#define QUAVER_BINDINGS_GSTREAMER_QUAVER_ENC_H_

#include <gst/audio/audio.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define QUAVER_TYPE_ENC (quaver_enc_get_type())
G_DECLARE_FINAL_TYPE(QuaverEnc, quaver_enc, QUAVER, ENC, GstAudioEncoder)
GST_ELEMENT_REGISTER_DECLARE(quaverenc)

G_END_DECLS

#endif  // QUAVER_BINDINGS_GSTREAMER_QUAVER_ENC_H_
