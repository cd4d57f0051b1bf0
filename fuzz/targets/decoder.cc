// From a .qvr to sound: reader, range decoder, network. The header's model is not asked for, so that bytes get far.
#include "codec/stream_decoder.h"

#include <cmath>
#include <cstring>
#include <vector>

#include "codec/container/qvr.h"
#include "fuzz/input.h"
#include "fuzz/models.h"
#include "fuzz/target.h"

using namespace quaver;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const auto source = [&](std::span<uint8_t> out) {
    const auto taken = input.Bytes(out.size());
    if (!taken.empty()) std::memcpy(out.data(), taken.data(), taken.size());
    return static_cast<int64_t>(taken.size());
  };
  auto reader = QvrReader::Open(source, "fuzz");
  if (!reader.ok()) return 0;
  const auto model = fuzz::TinyModel();
  DecoderOptions options;
  options.format = reader.value().header().defaults;
  options.format.n_q = std::min(options.format.n_q, model->groups());
  auto decoder = StreamDecoder::Create(model, options);
  FUZZ_CHECK(decoder.ok());

  std::vector<float> sound(4096);
  for (int events = 0; events < 200; ++events) {
    const auto event = reader.value().Next();
    FUZZ_CHECK(event.ok());
    if (event.value().kind == QvrEvent::kEnd) break;
    const bool lost = event.value().kind == QvrEvent::kLost;
    // A minute of silence says no more than a second of it.
    if (lost || !decoder.value().Write(event.value().packet))
      decoder.value().WriteLost(std::min(lost ? event.value().lost_frames : event.value().frames, 50));
    while (const size_t count = decoder.value().Read(sound))
      for (size_t i = 0; i < count; ++i) FUZZ_CHECK(std::isfinite(sound[i]));
  }
  return 0;
}
