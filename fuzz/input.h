// The bytes of a fuzzer as what a target asks for. A run is a function of its bytes alone, whatever the compiler.
#ifndef QUAVER_FUZZ_INPUT_H_
#define QUAVER_FUZZ_INPUT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace quaver::fuzz {

class Input {
 public:
  Input(const uint8_t* data, size_t size) : rest_(data, size) {}

  bool empty() const { return rest_.empty(); }
  size_t size() const { return rest_.size(); }

  // The next byte; 0 at the end.
  uint8_t Byte() {
    if (rest_.empty()) return 0;
    const uint8_t byte = rest_.front();
    rest_ = rest_.subspan(1);
    return byte;
  }
  // low .. high, of one or two bytes.
  int Int(int low, int high) {
    const int values = high - low + 1;
    const int drawn = values <= 256 ? Byte() : Byte() | Byte() << 8;
    return low + drawn % values;
  }
  std::span<const uint8_t> Bytes(size_t count) {
    const std::span<const uint8_t> taken = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  std::span<const uint8_t> Rest() { return Bytes(rest_.size()); }
  std::string Text() {
    const std::span<const uint8_t> text = Rest();
    return {text.begin(), text.end()};
  }

 private:
  std::span<const uint8_t> rest_;
};

}  // namespace quaver::fuzz

#endif  // QUAVER_FUZZ_INPUT_H_
