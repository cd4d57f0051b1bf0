// server_soak MINUTES [CALLS [SEED]]: a server of up to CALLS (100) calls at a time, as fast as it goes. Ends
// with 1 at the first error, and if memory grows: after each round of 10 seconds of sound every call ends and
// the models go, and the heap must be as it was after the first round. Made for builds under sanitizers.
#include <malloc.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/api/soak/server.h"
#include "tests/runtime/signals.h"

// AddressSanitizer: GCC says it with a macro, clang with a feature.
#if defined(__SANITIZE_ADDRESS__)
#define QUAVER_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define QUAVER_ASAN
#endif
#endif
#if defined(QUAVER_ASAN)
extern "C" size_t __sanitizer_get_current_allocated_bytes();  // Debian's GCC has no header for it
#endif

namespace {

// Bytes that are allocated and not freed.
size_t Heap() {
#if defined(QUAVER_ASAN)
  return __sanitizer_get_current_allocated_bytes();
#else
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
#endif
}

std::string Resident() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:"))
      return std::to_string(std::atol(line.c_str() + 6) / 1024) + " MiB resident";
  }
  return "";
}

int Run(double minutes, int calls, uint64_t seed) {
  constexpr int kRound = 500;  // ticks: 10 seconds of sound
  const std::vector<std::string> models = {QUAVER_SOURCE_DIR "/models/speech-16k.safetensors",
                                           QUAVER_SOURCE_DIR "/models/speech-16k-vp.safetensors",
                                           QUAVER_SOURCE_DIR "/tests/conformance/tiny.safetensors"};
  std::vector<float> speech;
  for (const char* name : {"en-vctk-p228.flac", "de-thorsten-03.flac", "fr-common-voice-3.flac"}) {
    const auto clip = quaver::Speech(name, 10 * 16000);
    speech.insert(speech.end(), clip.begin(), clip.end());
  }
  if (speech.size() < 16000) throw std::runtime_error("there is no speech in " QUAVER_SOURCE_DIR "/samples");

  quaver::soak::Server server(models, speech, calls, seed);
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration<double, std::ratio<60>>(std::chrono::steady_clock::now() - start).count();
  };
  size_t first = 0;
  for (int round = 1; round == 1 || elapsed() < minutes; ++round) {
    for (int tick = 0; tick < kRound && (round == 1 || elapsed() < minutes); ++tick) server.Tick();
    server.Close();
    const size_t heap = Heap();
    if (round == 1) first = heap;
    const auto& counts = server.counts();
    std::cout << elapsed() << " minutes, round " << round << ": " << counts.calls << " calls, "
              << counts.packets << " packets, " << counts.lost << " lost, " << counts.damaged << " damaged, "
              << counts.refused << " refused, " << counts.moved << " moves, " << counts.loads
              << " loads of models, " << counts.replayed << " calls run again alone; heap " << heap / 1024
              << " KiB, " << Resident() << std::endl;
    if (heap > first + 65536)
      throw std::runtime_error("memory has grown by " + std::to_string((heap - first) / 1024) +
                               " KiB since the first round");
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const double minutes = argc > 1 ? std::atof(argv[1]) : 0;
  const int calls = argc > 2 ? std::atoi(argv[2]) : 100;
  if (minutes <= 0 || calls < 1) {
    std::fprintf(stderr, "usage: server_soak MINUTES [CALLS [SEED]]\n");
    return 2;
  }
  try {
    return Run(minutes, calls, argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "server_soak: %s\n", error.what());
    return 1;
  }
}
