#include "tests/container/stream_tools.h"

#include <ogg/ogg.h>

#include <algorithm>
#include <numeric>

namespace quaver {
namespace {

constexpr size_t kFixedHeader = 27;

uint64_t Little(std::span<const uint8_t> bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

void Append(Bytes& out, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

void SetChecksum(uint8_t* bytes, size_t header, size_t body) {
  ogg_page page{bytes, static_cast<long>(header), bytes + header, static_cast<long>(body)};
  ogg_page_checksum_set(&page);
}

}  // namespace

std::vector<RawPage> SplitPages(std::span<const uint8_t> file) {
  std::vector<RawPage> pages;
  while (file.size() >= kFixedHeader) {
    RawPage page;
    page.continued = (file[5] & 1) != 0;
    page.first = (file[5] & 2) != 0;
    page.last = (file[5] & 4) != 0;
    page.granule = static_cast<int64_t>(Little(file.subspan(6, 8)));
    page.serial = static_cast<uint32_t>(Little(file.subspan(14, 4)));
    page.number = static_cast<uint32_t>(Little(file.subspan(18, 4)));
    const auto lacing = file.subspan(kFixedHeader, file[26]);
    page.lacing.assign(lacing.begin(), lacing.end());
    const size_t body = std::accumulate(lacing.begin(), lacing.end(), size_t{0});
    const auto rest = file.subspan(kFixedHeader + lacing.size());
    page.body.assign(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(body));
    pages.push_back(page);
    file = rest.subspan(body);
  }
  return pages;
}

Bytes JoinPages(std::span<const RawPage> pages) {
  Bytes file;
  for (const RawPage& page : pages) {
    const size_t begin = file.size();
    for (const char letter : {'O', 'g', 'g', 'S', '\0'}) file.push_back(static_cast<uint8_t>(letter));
    Append(file, (page.continued ? 1 : 0) + (page.first ? 2 : 0) + (page.last ? 4 : 0), 1);
    Append(file, static_cast<uint64_t>(page.granule), 8);
    Append(file, page.serial, 4);
    Append(file, page.number, 4);
    Append(file, 0, 4);
    Append(file, page.lacing.size(), 1);
    file.insert(file.end(), page.lacing.begin(), page.lacing.end());
    file.insert(file.end(), page.body.begin(), page.body.end());
    SetChecksum(&file[begin], kFixedHeader + page.lacing.size(), page.body.size());
  }
  return file;
}

void FixChecksums(Bytes& file) {
  for (size_t at = 0; at + kFixedHeader <= file.size(); ++at) {
    if (!std::equal(file.begin() + static_cast<std::ptrdiff_t>(at),
                    file.begin() + static_cast<std::ptrdiff_t>(at) + 4, "OggS")) {
      continue;
    }
    const size_t header = kFixedHeader + file[at + 26];
    if (at + header > file.size()) return;
    const auto lacing = std::span(file).subspan(at + kFixedHeader, file[at + 26]);
    const size_t body = std::accumulate(lacing.begin(), lacing.end(), size_t{0});
    if (at + header + body > file.size()) continue;
    SetChecksum(&file[at], header, body);
  }
}

ByteSource FromMemory(std::span<const uint8_t> bytes, size_t chunk) {
  return [bytes, chunk](std::span<uint8_t> out) mutable {
    const size_t count = std::min({out.size(), bytes.size(), chunk});
    std::copy_n(bytes.begin(), count, out.begin());
    bytes = bytes.subspan(count);
    return static_cast<int64_t>(count);
  };
}

TestStream MakeStream(uint32_t seed, const QvrHeader& header, double seconds) {
  Random random(seed);
  static const EntropyModel model = EntropyModel::Uniform(BottleneckConfig());
  TestStream stream;
  stream.header = header;
  auto sink = [&stream](std::span<const uint8_t> bytes) {
    stream.file.insert(stream.file.end(), bytes.begin(), bytes.end());
    return true;
  };
  auto writer = QvrWriter::Create(header, sink).value();
  const auto samples = static_cast<int64_t>(seconds * header.model_rate);
  int64_t left = (samples + header.pre_skip + header.frame_samples - 1) / header.frame_samples;
  if (samples == 0) left = 0;
  while (left > 0) {
    const int frames = static_cast<int>(std::min<int64_t>(left, header.defaults.frames));
    const PacketTokens tokens = RandomTokens(random, model, frames, header.defaults.n_q);
    stream.packets.push_back(Encoded(model, header.defaults, tokens));
    stream.frames.push_back(frames);
    if (!writer.Write(stream.packets.back(), frames).ok()) return {};
    left -= frames;
  }
  stream.samples = static_cast<uint64_t>(seconds * header.original_rate);
  if (!writer.Finish(stream.samples).ok()) return {};
  return stream;
}

std::vector<Bytes> ReadStream::Packets() const {
  std::vector<Bytes> packets;
  for (const QvrEvent& event : events) {
    if (event.kind == QvrEvent::kPacket) packets.push_back(event.packet);
  }
  return packets;
}

uint64_t ReadStream::Delivered() const {
  uint64_t frames = 0;
  for (const QvrEvent& event : events) frames += static_cast<uint64_t>(event.frames);
  return frames;
}

uint64_t ReadStream::Lost() const {
  uint64_t frames = 0;
  for (const QvrEvent& event : events) frames += static_cast<uint64_t>(event.lost_frames);
  return frames;
}

ReadStream ReadAll(std::span<const uint8_t> file, size_t chunk) {
  ReadStream out;
  auto reader = QvrReader::Open(FromMemory(file, chunk), "test.qvr");
  if (!reader.ok()) {
    out.error = reader.message();
    return out;
  }
  out.header = reader.value().header();
  while (out.events.size() <= file.size()) {
    auto event = reader.value().Next();
    if (!event.ok()) {
      out.error = event.message();
      break;
    }
    if (event.value().kind == QvrEvent::kEnd) {
      out.samples = event.value().original_samples;
      out.damage = reader.value().damage();
      return out;
    }
    out.events.push_back(std::move(event).value());
  }
  if (out.error.empty()) out.error = "more events than bytes";
  return out;
}

}  // namespace quaver
