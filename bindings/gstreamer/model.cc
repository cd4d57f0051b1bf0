#include "bindings/gstreamer/model.h"

#include <quaver/rtp.h>

#include <array>

namespace quaver_gst {

Owned<quaver_model> OpenModel(const char* name, std::string& why) {
  std::array<char, 1000> error = {};
  const bool builtin = name == nullptr || *name == '\0';
  Owned<quaver_model> model(builtin ? quaver_model_open(nullptr, error.data(), error.size())
                                    : quaver_model_find(name, error.data(), error.size()));
  if (model == nullptr) why = error.data();
  return model;
}

std::string ModelParameter(const quaver_model* model) {
  std::array<char, QUAVER_RTP_MODEL_PARAMETER> text = {};
  quaver_rtp_model_parameter(model, text.data());
  return text.data();
}

}  // namespace quaver_gst
