// From a .qvr to sound: reader, range decoder, network, and ranges as the program decodes them. The header's model is not asked for, so
// that bytes get far.
#include "codec/stream_decoder.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "codec/container/decode_file.h"
#include "codec/container/qvr.h"
#include "fuzz/input.h"
#include "fuzz/models.h"
#include "fuzz/null_playback.h"
#include "fuzz/qvr_file.h"
#include "fuzz/target.h"

using namespace quaver;

namespace {

void DecodeStream(QvrReader& reader) {
  const auto model = fuzz::TinyModel();
  DecoderOptions options;
  options.format = reader.header().defaults;
  options.format.n_q = std::min(options.format.n_q, model->groups());
  auto decoder = StreamDecoder::Create(model, options);
  FUZZ_CHECK(decoder.ok());

  std::vector<float> sound(4096);
  for (int events = 0; events < 200; ++events) {
    const auto event = reader.Next();
    FUZZ_CHECK(event.ok());
    if (event.value().kind == QvrEvent::kEnd) break;
    const bool lost = event.value().kind == QvrEvent::kLost;
    if (lost || !decoder.value().Write(event.value().packet))
      decoder.value().WriteLost(std::min(lost ? event.value().lost_frames : event.value().frames, 25));
    while (const size_t count = decoder.value().Read(sound))
      for (size_t i = 0; i < count; ++i) FUZZ_CHECK(std::isfinite(sound[i]));
  }
}

// Frames that the reader says are lost.
int LostFrames(const std::vector<uint8_t>& file) {
  fuzz::MemorySource memory(file, 4096);
  auto reader = QvrReader::Open(memory.source(), "fuzz");
  FUZZ_CHECK(reader.ok());
  int lost = 0;
  while (true) {
    const auto event = reader.value().Next();
    FUZZ_CHECK(event.ok());
    if (event.value().kind == QvrEvent::kEnd) return lost;
    lost += event.value().lost_frames;
  }
}

// As the program does: a range of it, into a file, at the rate that the header says.
void DecodeRangeOf(QvrReader& reader, const std::shared_ptr<const Model>& model, const DecodeRange& range) {
  const QvrHeader& header = reader.header();
  if (!CheckHeader(header, *model).ok()) return;
  auto playback = fuzz::NullPlayback(model->sample_rate(), static_cast<int>(header.original_rate));
  const auto report = DecodeQvr(reader, "fuzz", model, {}, header.original_rate, playback, [](uint64_t) { return true; }, range);
  fuzz::CheckDecoded(report, playback, range);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const int how = input.Byte();
  const auto begin = static_cast<uint64_t>(input.Int(0, 65535)) << how % 8;
  const auto length = static_cast<uint64_t>(input.Int(1, 65535));
  const std::vector<uint8_t> file = fuzz::QvrFile(input);
  fuzz::MemorySource memory(file, 4096);
  auto reader = QvrReader::Open(memory.source(), how & 16 ? memory.seek() : ByteSeek(), "fuzz");
  if (!reader.ok()) return 0;
  // A minute of silence, which takes most of the time, says no more than a second of it: few cases conceal one as a whole.
  const bool patient = how & 4 && how & 128;
  if (how & 8 && (patient || LostFrames(file) <= 100)) {
    DecodeRangeOf(reader.value(), how & 64 ? fuzz::TinyModel() : fuzz::SmallestModel(), {begin, how & 32 ? begin + length : UINT64_MAX});
  } else {
    DecodeStream(reader.value());
  }
  return 0;
}
