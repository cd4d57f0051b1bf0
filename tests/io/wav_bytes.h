// WAV files byte by byte, also those that no writer of ours makes.
#ifndef QUAVER_TESTS_IO_WAV_BYTES_H_
#define QUAVER_TESTS_IO_WAV_BYTES_H_

#include <cstdint>
#include <cstring>
#include <span>
#include <string>

namespace quaver {

template <typename T>
std::string Raw(T value) {
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

// `length`: what the header says of the data. T: int16_t or float.
template <typename T>
std::string WavHeader(uint32_t length, int rate, int channels) {
  const uint16_t width = static_cast<uint16_t>(channels * static_cast<int>(sizeof(T)));
  const uint32_t riff = length > 0xFFFFFF00U ? length : length + 36;
  return "RIFF" + Raw(riff) + "WAVEfmt " + Raw(uint32_t{16}) + Raw(uint16_t{sizeof(T) == 4 ? 3 : 1}) +
         Raw(static_cast<uint16_t>(channels)) + Raw(static_cast<uint32_t>(rate)) +
         Raw(static_cast<uint32_t>(rate) * width) + Raw(width) + Raw(uint16_t{8 * sizeof(T)}) + "data" +
         Raw(length);
}

template <typename T>
std::string WavData(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

template <typename T>
std::string Wav(std::span<const T> values, int rate, int channels) {
  return WavHeader<T>(static_cast<uint32_t>(values.size_bytes()), rate, channels) + WavData(values);
}

}  // namespace quaver

#endif  // QUAVER_TESTS_IO_WAV_BYTES_H_
