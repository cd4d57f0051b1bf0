#include "fuzz/qvr_file.h"

#include <algorithm>
#include <span>

#include "codec/container/qvr.h"
#include "codec/container/qvr_header.h"
#include "fuzz/target.h"
#include "tests/container/stream_tools.h"

namespace quaver::fuzz {
namespace {

constexpr size_t kMostPages = 40;

// Ends a packet with its length, as RFC 3533 says it; one that goes on on the next page ends with 255.
void PutLacing(std::vector<uint8_t>& lacing, size_t bytes) {
  lacing.insert(lacing.end(), bytes / 255, uint8_t{255});
  lacing.push_back(static_cast<uint8_t>(bytes % 255));
}

QvrHeader HeaderOf(Input& input) {
  QvrHeader header;
  header.defaults = {input.Int(1, kMaxFramesPerPacket), input.Int(0, kMaxGroups)};
  if (input.Byte() % 2) {
    header.frame_samples = static_cast<uint32_t>(input.Int(32, 1920));
    header.original_rate = static_cast<uint32_t>(input.Int(1000, 65535));
    header.pre_skip = static_cast<uint16_t>(input.Int(0, 65535));
  }
  return header;
}

std::vector<RawPage> HeaderPages(const QvrHeader& header) {
  std::vector<uint8_t> file;
  const auto writer = QvrWriter::Create(header, [&](std::span<const uint8_t> bytes) {
    file.insert(file.end(), bytes.begin(), bytes.end());
    return true;
  });
  FUZZ_CHECK(writer.ok());
  return SplitPages(file);
}

// What is odd about a page; mostly nothing.
void MakeOdd(RawPage& page, Input& input) {
  switch (input.Byte() % 32) {
    case 1: page.first = true; break;
    case 2: page.last = true; break;
    case 3: page.continued = !page.continued; break;
    case 4: ++page.serial; break;
    case 5: page.number += static_cast<uint32_t>(input.Int(-4, 300)); break;
    case 6: page.number = static_cast<uint32_t>(input.Int(-4, 300)); break;
    case 7: page.granule += input.Int(-32768, 32767); break;
    case 8: page.granule += int64_t{input.Int(-100, 100)} << input.Int(0, 63) % 56; break;
    case 9: page.granule = -1; break;
    case 10: page.lacing.assign(page.lacing.size(), 0); page.body.clear(); break;
    default: break;
  }
}

std::vector<uint8_t> FromPages(Input& input) {
  const QvrHeader header = HeaderOf(input);
  std::vector<RawPage> pages = HeaderPages(header);
  FUZZ_CHECK(pages.size() == 2);
  if (input.Byte() % 8 == 1) pages.pop_back();
  uint32_t number = 2;
  uint64_t frames = 0;
  bool goes_on = false;
  while (!input.empty() && pages.size() < kMostPages) {
    RawPage page;
    page.serial = pages.front().serial;
    page.number = number;
    page.continued = goes_on;
    goes_on = false;
    for (int packets = input.Byte() % 6; packets > 0 && page.lacing.size() < 200; --packets) {
      const auto length = static_cast<size_t>(input.Int(0, 255)) * (input.Byte() % 64 == 1 ? 36 : 1);
      const auto bytes = input.Bytes(length);
      page.body.insert(page.body.end(), bytes.begin(), bytes.end());
      page.body.resize(page.body.size() + length - bytes.size());
      frames += static_cast<uint64_t>(PacketFrames(header.defaults, std::span(page.body).last(length)));
      PutLacing(page.lacing, length);
    }
    if (!page.lacing.empty() && input.Byte() % 16 == 1) {
      goes_on = true;
      page.body.resize(page.body.size() + 255 - page.lacing.back());
      page.lacing.back() = 255;
    }
    page.granule = static_cast<int64_t>(GranuleAfter(header, frames));
    MakeOdd(page, input);
    number = page.number + 1;
    pages.push_back(std::move(page));
  }
  return JoinPages(pages);
}

}  // namespace

std::vector<uint8_t> QvrFile(Input& input) {
  const int kind = input.Byte() % 4;
  if (kind >= 2) return FromPages(input);
  const auto bytes = input.Rest();
  std::vector<uint8_t> file(bytes.begin(), bytes.end());
  if (kind == 1) FixChecksums(file);
  return file;
}

}  // namespace quaver::fuzz
