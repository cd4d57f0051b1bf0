// What is behind the handles of the C API.
#ifndef QUAVER_CODEC_QUAVER_HANDLES_H_
#define QUAVER_CODEC_QUAVER_HANDLES_H_

#include <memory>

#include "codec/codec.h"
#include "codec/quaver.h"

struct quaver_model {
  std::shared_ptr<const quaver::Model> shared;
};
struct quaver_encoder {
  std::shared_ptr<const quaver::Model> model;
  quaver::Encoder encoder;
};
struct quaver_decoder {
  std::shared_ptr<const quaver::Model> model;
  quaver::Decoder decoder;
};

#endif  // QUAVER_CODEC_QUAVER_HANDLES_H_
