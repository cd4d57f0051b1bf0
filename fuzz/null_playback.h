// Sound that is decoded as the program does, into nothing.
#ifndef QUAVER_FUZZ_NULL_PLAYBACK_H_
#define QUAVER_FUZZ_NULL_PLAYBACK_H_

#include <cstdint>
#include <utility>

#include "codec/container/decode_file.h"
#include "codec/container/playback.h"
#include "codec/io/sound_file.h"
#include "fuzz/target.h"

namespace quaver::fuzz {

inline Playback NullPlayback(int model_rate, int rate) {
  auto writer = SoundWriter::CreateRaw("/dev/null", {});
  FUZZ_CHECK(writer.ok());
  auto playback = Playback::Create(model_rate, rate, std::move(writer).value());
  FUZZ_CHECK(playback.ok());
  return std::move(playback).value();
}

// What must hold for a part that was decoded under the name "fuzz".
inline void CheckDecoded(const Result<DecodeReport>& report, const Playback& playback, const DecodeRange& range) {
  if (!report.ok()) {
    FUZZ_CHECK(report.message().starts_with("fuzz: "));
    return;
  }
  FUZZ_CHECK(report.value().samples <= range.end - range.begin);
  FUZZ_CHECK(report.value().samples == playback.written());
}

}  // namespace quaver::fuzz

#endif  // QUAVER_FUZZ_NULL_PLAYBACK_H_
