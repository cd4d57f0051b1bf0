#include "tests/conformance/vectors.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "codec/io/sound_file.h"

namespace quaver {

std::string VectorPath(const std::string& file) { return QUAVER_SOURCE_DIR "/tests/conformance/" + file; }

std::shared_ptr<const Model> FrozenModel() {
  auto model = Model::Load(VectorPath("tiny.safetensors"));
  return model.ok() ? model.value() : nullptr;
}

std::vector<float> ReadPcm(const std::string& path) {
  auto sound = SoundReader::Open(path);
  std::vector<float> samples;
  if (!sound.ok()) return samples;
  std::array<float, 4096> block;
  for (;;) {
    const auto count = sound.value()->ReadMono(block);
    if (!count.ok()) return {};
    if (count.value() == 0) return samples;
    samples.insert(samples.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(count.value()));
  }
}

std::vector<uint8_t> ReadBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::vector<uint8_t>> ReadPackets(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::vector<uint8_t>> packets;
  for (std::string line; std::getline(file, line);) packets.push_back(FromHexadecimal(line));
  return packets;
}

std::string Hexadecimal(const std::vector<uint8_t>& bytes) {
  std::string text;
  for (const uint8_t byte : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return text;
}

std::vector<uint8_t> FromHexadecimal(const std::string& text) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

PacketTokens RowsAsPacket(const TokenMatrix& tokens, size_t first, int frames) {
  PacketTokens packet;
  packet.frames = frames;
  for (auto& row : packet.token) row.fill(kNoToken);
  for (size_t f = 0; f < static_cast<size_t>(frames); ++f) {
    const auto row = tokens.values.begin() + static_cast<std::ptrdiff_t>((first + f) * tokens.columns);
    const auto end = std::find(row, row + static_cast<std::ptrdiff_t>(tokens.columns), kNoToken);
    packet.n_q[f] = static_cast<uint8_t>(end - row);
    std::copy(row, end, packet.token[f].begin());
  }
  return packet;
}

}  // namespace quaver
