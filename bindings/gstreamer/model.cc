#include "bindings/gstreamer/model.h"

#include <array>

namespace quaver_gst {

Owned<quaver_model> OpenModel(const char* name, std::string& why) {
  std::array<char, 1000> error = {};
  const bool builtin = name == nullptr || *name == '\0';
  Owned<quaver_model> model(builtin ? quaver_model_open(nullptr, error.data(), error.size())
                                    : quaver_model_find(name, error.data(), error.size()));
  if (model == nullptr) {
    why = error.data();
  } else if (quaver_frame_samples(model.get()) != kFrameSamples || quaver_sample_rate(model.get()) != kRate) {
    why = "This model's frames are not 20 ms at 16 kHz, which payloads are made for.";
    model.reset();
  }
  return model;
}

std::string ModelParameter(const quaver_model* model) {
  std::array<char, QUAVER_RTP_MODEL_PARAMETER> text = {};
  quaver_rtp_model_parameter(model, text.data());
  return text.data();
}

}  // namespace quaver_gst
