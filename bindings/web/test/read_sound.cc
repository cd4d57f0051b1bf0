// Writes the samples of a sound file, mixed down, to standard output as floats in the order of the machine's
// bytes: for tests in languages that read no FLAC.
#include <array>
#include <cstdio>

#include "codec/io/sound_file.h"

int main(int count, char** arguments) {
  if (count != 2) return 2;
  auto reader = quaver::SoundReader::Open(arguments[1]);
  if (!reader.ok()) {
    std::fprintf(stderr, "%s\n", reader.message().c_str());
    return 1;
  }
  std::array<float, 4096> samples;
  while (true) {
    const auto read = reader.value()->ReadMono(samples);
    if (!read.ok()) {
      std::fprintf(stderr, "%s\n", read.message().c_str());
      return 1;
    }
    if (read.value() == 0) break;
    if (std::fwrite(samples.data(), sizeof(float), read.value(), stdout) != read.value()) return 1;
  }
  return std::fclose(stdout) == 0 ? 0 : 1;
}
