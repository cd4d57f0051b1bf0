// quaverdec: Quaver payloads to speech, whatever of them arrives.
#ifndef QUAVER_BINDINGS_GSTREAMER_QUAVER_DEC_H_
#define QUAVER_BINDINGS_GSTREAMER_QUAVER_DEC_H_

#include <gst/audio/audio.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define QUAVER_TYPE_DEC (quaver_dec_get_type())
G_DECLARE_FINAL_TYPE(QuaverDec, quaver_dec, QUAVER, DEC, GstAudioDecoder)
GST_ELEMENT_REGISTER_DECLARE(quaverdec)

G_END_DECLS

#endif  // QUAVER_BINDINGS_GSTREAMER_QUAVER_DEC_H_
