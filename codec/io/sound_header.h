// Internal: where the samples of a WAV, RF64, W64, AIFF or AU lie, and what its header says of their length.
//
// Headers lie: programs that write into a pipe do not know the length, recorders that die never correct it,
// and 32 bits cannot hold more than 4 GiB. libsndfile believes the header, so what it says is read here as
// well and compared with the size of the file.
#ifndef QUAVER_CODEC_IO_SOUND_HEADER_H_
#define QUAVER_CODEC_IO_SOUND_HEADER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

namespace quaver::internal {

// Reads bytes at an offset of the file; gives how many there are, fewer than asked for at its end.
using BytesAt = std::function<size_t(uint64_t at, std::span<uint8_t> out)>;

enum class Container { kWav, kRf64, kW64, kAiff, kAu, kCaf, kNist, kVoc };

struct SampleData {
  Container container = Container::kWav;
  bool big_endian = false;  // of the fields of the header
  // 24 bits in 32, by a header that may mean several things: libsndfile looks at the samples to decide, and
  // reads them.
  bool ambiguous = false;
  uint64_t begin = 0;          // byte of the first sample
  uint64_t length = 0;         // bytes of samples, as the header says; without meaning if `open`
  bool open = false;           // the header says by a customary value that the length is not known
  uint64_t container_end = 0;  // byte behind the outermost chunk, as the header says
  uint64_t length_field = 0;   // byte of the 32-bit field that holds the length
  uint64_t long_field = 0;     // and of the 64-bit one of a RF64 or CAF; 0: it has none
};

// Makes harmless what libsndfile refuses in the bytes of a header: some lengths that are not known, and lists
// in a RIFF, such as those of tags, which it reads up to 100 KB only. They look like padding then.
void TameHeader(const SampleData& data, std::span<uint8_t> header);

// None if it is another kind of file, or ends before its samples begin.
std::optional<SampleData> FindSampleData(const BytesAt& bytes);

// Does a chunk that is not sound begin at byte `at`, behind the samples? `header`: its first
// ChunkHeaderBytes(); `next`: the byte behind it.
bool IsChunkBehind(const SampleData& data, std::span<const uint8_t> header, uint64_t at, uint64_t& next);
// Does another sound file begin with these (12) bytes?
bool BeginsSoundFile(std::span<const uint8_t> start);
// Bytes of padding behind samples that end at byte `end`.
uint64_t PaddingBehind(Container container, uint64_t end);
constexpr size_t ChunkHeaderBytes(Container container) {
  return container == Container::kW64 ? 24 : container == Container::kCaf ? 12 : 8;
}

constexpr bool IsRiff(Container container) {
  return container == Container::kWav || container == Container::kRf64;
}

// Where the samples of a file of `size` bytes really end.
struct SampleEnd {
  uint64_t end = 0;      // byte
  uint64_t missing = 0;  // bytes of samples that the header promises and the file does not have
  uint64_t beyond = 0;   // bytes behind the end that the header states, read as sound
  bool wrapped =
      false;  // `beyond` is a multiple of 4 GiB (VOC: 16 MiB): the length did not fit into its bits
  bool another = false;  // another sound file follows
};
SampleEnd FindSampleEnd(const SampleData& data, uint64_t size, const BytesAt& bytes);

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_IO_SOUND_HEADER_H_
