// .qvr streams in memory, and their Ogg pages taken apart and put together again (RFC 3533, section 6).
#ifndef QUAVER_TESTS_CONTAINER_STREAM_TOOLS_H_
#define QUAVER_TESTS_CONTAINER_STREAM_TOOLS_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "codec/container/qvr.h"
#include "tests/bitstream/random_tokens.h"

namespace quaver {

using Bytes = std::vector<uint8_t>;

struct RawPage {
  bool continued = false, first = false, last = false;
  int64_t granule = 0;
  uint32_t serial = 0;
  uint32_t number = 0;
  Bytes lacing;
  Bytes body;
};

// Pages of a file without damage.
std::vector<RawPage> SplitPages(std::span<const uint8_t> file);
// With a good checksum.
Bytes JoinPages(std::span<const RawPage> pages);
// Recomputes the checksum of everything that looks like a page, so that damage gets past it.
void FixChecksums(Bytes& file);

ByteSource FromMemory(std::span<const uint8_t> bytes, size_t chunk = 4096);

// A stream and what went into it.
struct TestStream {
  QvrHeader header;
  std::vector<Bytes> packets;
  std::vector<int> frames;  // of each packet
  uint64_t samples = 0;     // as given to Finish
  Bytes file;
};

// `seconds` of packets of random tokens under flat tables, defaults.frames frames each (the last may be
// shorter).
TestStream MakeStream(uint32_t seed, const QvrHeader& header, double seconds);

// All that a reader says about a file.
struct ReadStream {
  std::string error;             // of Open or Next; empty if there was none
  std::vector<QvrEvent> events;  // without kEnd
  int64_t samples = -2;          // of kEnd
  std::vector<std::string> damage;
  QvrHeader header;

  std::vector<Bytes> Packets() const;
  uint64_t Delivered() const;  // frames
  uint64_t Lost() const;       // frames
};
// Stops with an error if there are more events than bytes.
ReadStream ReadAll(std::span<const uint8_t> file, size_t chunk = 4096);

}  // namespace quaver

#endif  // QUAVER_TESTS_CONTAINER_STREAM_TOOLS_H_
