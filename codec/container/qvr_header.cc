#include "codec/container/qvr_header.h"

#include <algorithm>
#include <string>

namespace quaver {
namespace {

constexpr uint8_t kVersion = 1;

// Little-endian fields, one after the other.
class FieldWriter {
 public:
  explicit FieldWriter(std::span<uint8_t> out) : out_(out) {}
  void Bytes(const auto& bytes) {
    for (const auto byte : bytes) out_[next_++] = static_cast<uint8_t>(byte);
  }
  void Number(uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out_[next_++] = static_cast<uint8_t>(value >> (8 * i));
  }

 private:
  std::span<uint8_t> out_;
  size_t next_ = 0;
};

class FieldReader {
 public:
  FieldReader(std::span<const uint8_t> in, size_t at) : in_(in), next_(at) {}
  uint32_t Number(int bytes) {
    uint32_t value = 0;
    for (int i = 0; i < bytes; ++i) value |= static_cast<uint32_t>(in_[next_++]) << (8 * i);
    return value;
  }

 private:
  std::span<const uint8_t> in_;
  size_t next_;
};

bool HasMagic(std::span<const uint8_t> packet, std::string_view magic) {
  return packet.size() >= magic.size() && std::equal(magic.begin(), magic.end(), packet.begin());
}

}  // namespace

Status CheckField(const char* field, int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return {};
  return Error{std::string("header: ") + field + " " + std::to_string(value) + " is outside " +
               std::to_string(low) + " .. " + std::to_string(high)};
}

Status CheckHeader(const QvrHeader& header) {
  const Status checks[] = {CheckField("frame_samples", header.frame_samples, 32, 1920),
                           CheckField("model_rate", header.model_rate, 8000, 48000),
                           CheckField("original_rate", header.original_rate, 1000, 768000),
                           CheckField("original_channels", header.original_channels, 1, 255),
                           CheckField("default frames", header.defaults.frames, 1, kMaxFramesPerPacket),
                           CheckField("default n_q", header.defaults.n_q, 0, kMaxGroups)};
  for (const Status& check : checks) {
    if (!check.ok()) return check;
  }
  return {};
}

std::array<uint8_t, kIdHeaderBytes> WriteIdHeader(const QvrHeader& header) {
  std::array<uint8_t, kIdHeaderBytes> bytes{};
  FieldWriter out(bytes);
  out.Bytes(kIdMagic);
  out.Number(kVersion, 1);
  out.Bytes(header.model);
  out.Number(header.frame_samples, 4);
  out.Number(header.model_rate, 4);
  out.Number(header.original_rate, 4);
  out.Number(header.original_channels, 1);
  out.Number(header.pre_skip, 2);
  out.Number(static_cast<uint64_t>(header.defaults.frames), 1);
  out.Number(static_cast<uint64_t>(header.defaults.n_q), 1);
  return bytes;
}

Result<QvrHeader> ParseIdHeader(std::span<const uint8_t> packet) {
  if (!HasMagic(packet, kIdMagic)) return Error{"header: does not begin with QuavHead"};
  if (packet.size() <= kIdMagic.size()) return Error{"header: ends before its version"};
  FieldReader in(packet, kIdMagic.size());
  const uint32_t version = in.Number(1);
  if (version != kVersion) {
    return Error{"header: version " + std::to_string(version) + " is not known (this reader knows " +
                 std::to_string(kVersion) + ")"};
  }
  if (packet.size() != kIdHeaderBytes) {
    return Error{"header: size " + std::to_string(packet.size()) + " is not " +
                 std::to_string(kIdHeaderBytes)};
  }
  QvrHeader header;
  for (uint8_t& byte : header.model) byte = static_cast<uint8_t>(in.Number(1));
  header.frame_samples = in.Number(4);
  header.model_rate = in.Number(4);
  header.original_rate = in.Number(4);
  header.original_channels = static_cast<uint8_t>(in.Number(1));
  header.pre_skip = static_cast<uint16_t>(in.Number(2));
  header.defaults.frames = static_cast<int>(in.Number(1));
  header.defaults.n_q = static_cast<int>(in.Number(1));
  if (const Status status = CheckHeader(header); !status.ok()) return status.error();
  return header;
}

uint64_t GranuleAfter(const QvrHeader& header, uint64_t frames) {
  const uint64_t decoded = frames * header.frame_samples;
  const uint64_t samples = decoded > header.pre_skip ? decoded - header.pre_skip : 0;
  const uint64_t whole = samples / header.model_rate, rest = samples % header.model_rate;
  return whole * header.original_rate + rest * header.original_rate / header.model_rate;
}

uint64_t FramesAt(const QvrHeader& header, uint64_t granule) {
  if (granule == 0) return 0;
  const uint64_t whole = granule / header.original_rate, rest = granule % header.original_rate;
  const uint64_t samples = whole * header.model_rate +
                           (rest * header.model_rate + header.original_rate - 1) / header.original_rate;
  return (samples + header.pre_skip + header.frame_samples - 1) / header.frame_samples;
}

}  // namespace quaver
