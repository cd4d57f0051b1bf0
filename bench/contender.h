// One way to code speech, Quaver or a peer: what the benchmark times side by side.
#ifndef QUAVER_BENCH_CONTENDER_H_
#define QUAVER_BENCH_CONTENDER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace quaver::bench {

inline constexpr int kFrame = 320;                      // samples: 20 ms at 16 kHz
inline constexpr double kFrameSeconds = kFrame / 16e3;  // of every contender
using Speech = std::vector<float>;                      // 16 kHz mono, whole frames, not empty

class Contender {
 public:
  virtual ~Contender() = default;
  // Codes all of the speech that it was made with, as a fresh stream, and keeps the result.
  virtual void Encode() = 0;
  // Decodes what the last Encode() made.
  virtual void Decode() = 0;
  // Of the packets of the last Encode(); 0 if it makes none.
  virtual size_t payload_bytes() const = 0;
  // [frames, n_q] of the last Encode(); empty if it has no tokens.
  virtual std::span<const uint16_t> tokens() const { return {}; }
};

struct Entry {
  std::string key;    // in the JSON
  std::string title;  // in the table
  std::unique_ptr<Contender> contender;
};

}  // namespace quaver::bench

#endif  // QUAVER_BENCH_CONTENDER_H_
