// The model of an element, by its property "model", and by the name that a stream gives it in caps and SDP.
#ifndef QUAVER_BINDINGS_GSTREAMER_MODEL_H_
#define QUAVER_BINDINGS_GSTREAMER_MODEL_H_

#include <quaver/quaver.h>
#include <quaver/rtp.h>

#include <memory>
#include <string>

namespace quaver_gst {

inline constexpr int kRate = QUAVER_RTP_CLOCK_RATE;
inline constexpr int kFrameSamples = kRate / 50;  // 20 ms, which payloads are made for

struct Close {
  void operator()(quaver_model* model) const { quaver_model_close(model); }
  void operator()(quaver_encoder* encoder) const { quaver_encoder_close(encoder); }
  void operator()(quaver_decoder* decoder) const { quaver_decoder_close(decoder); }
};
template <typename T>
using Owned = std::unique_ptr<T, Close>;

// NULL or "": the built-in model; otherwise a name or a file, as quaver_model_find takes it. NULL on failure,
// also for a model of other frames, with the reason in `why`.
Owned<quaver_model> OpenModel(const char* name, std::string& why);

// The SDP parameter "model": 22 characters that stand for the model's identity.
std::string ModelParameter(const quaver_model* model);

}  // namespace quaver_gst

#endif  // QUAVER_BINDINGS_GSTREAMER_MODEL_H_
