// The speech that everything is measured on.
#ifndef QUAVER_BENCH_SPEECH_H_
#define QUAVER_BENCH_SPEECH_H_

#include <string>

#include "bench/contender.h"
#include "codec/status.h"

namespace quaver::bench {

// A sound file, or all sound files of a folder by name, one after the other at 16 kHz; at most `seconds`, cut
// to whole frames.
Result<Speech> LoadSpeech(const std::string& path, double seconds);

}  // namespace quaver::bench

#endif  // QUAVER_BENCH_SPEECH_H_
