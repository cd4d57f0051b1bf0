// Writes tokens, packets and .qvr of the conformance vectors anew: make_vectors FOLDER, which holds
// tiny.safetensors and input.flac. Only for a new version of the bitstream: vectors that change with every
// change of the code prove nothing.
#include <algorithm>
#include <cstdio>
#include <fstream>

#include "codec/bitstream/qvr.h"
#include "tests/conformance/vectors.h"

namespace quaver {
namespace {

// Shapes of packets: what a file does, and all that a stream may do.
struct Shape {
  int frames;
  int n_q;
};
Shape ShapeOf(bool varied, size_t packet, size_t frame, int groups) {
  if (!varied) return {25, groups};
  return {static_cast<int>(1 + packet * 7 % 25), static_cast<int>((packet * 3 + frame / 3) % (groups + 1))};
}

bool WriteText(const std::string& path, const std::vector<std::vector<uint8_t>>& packets) {
  std::ofstream file(path);
  for (const auto& packet : packets) {
    for (const uint8_t byte : packet) {
      constexpr char kDigits[] = "0123456789abcdef";
      file << kDigits[byte >> 4] << kDigits[byte & 15];
    }
    file << '\n';
  }
  return static_cast<bool>(file);
}

Status Write(const std::string& folder, const std::string& name, bool varied,
             const std::shared_ptr<const Model>& model, const std::vector<float>& input) {
  const int groups = model->groups();
  const auto width = static_cast<size_t>(groups);
  std::vector<float> padded = input;
  padded.resize((input.size() + static_cast<size_t>(model->delay()) + 319) / 320 * 320);
  TokenMatrix tokens{padded.size() / 320, width, std::vector<uint16_t>(padded.size() / 320 * width)};
  Encoder encoder(model);
  encoder.Encode(padded, groups, tokens.values);

  QvrHeader header;
  header.model = model->identity();
  header.pre_skip = static_cast<uint16_t>(model->delay());
  header.defaults = {varied ? 5 : 25, varied ? 2 : groups};
  std::ofstream file(folder + "/" + name + ".qvr", std::ios::binary);
  auto writer = QvrWriter::Create(header, [&file](std::span<const uint8_t> bytes) {
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return static_cast<bool>(file);
  });
  if (!writer.ok()) return writer.error();
  std::vector<std::vector<uint8_t>> packets;
  for (size_t first = 0; first < tokens.rows;) {
    const auto left = static_cast<int>(tokens.rows - first);
    const int frames = std::min(left, ShapeOf(varied, packets.size(), 0, groups).frames);
    for (size_t f = 0; f < static_cast<size_t>(frames); ++f) {
      const int n_q = ShapeOf(varied, packets.size(), f, groups).n_q;
      for (size_t g = static_cast<size_t>(n_q); g < width; ++g)
        tokens.values[(first + f) * width + g] = kNoToken;
    }
    std::vector<uint8_t> packet(kMaxPacketBytes);
    packet.resize(
        EncodePacket(model->entropy(), header.defaults, RowsAsPacket(tokens, first, frames), packet));
    const Status status = writer.value()->Write(packet, frames);
    if (!status.ok()) return status;
    packets.push_back(packet);
    first += static_cast<size_t>(frames);
  }
  Status status = writer.value()->Finish(input.size());
  file.close();
  if (!status.ok()) return status;
  if (!WriteText(folder + "/" + name + ".packets", packets))
    return Error{name + ".packets: cannot be written"};
  auto npy = NpyWriter::Create(folder + "/" + name + ".npy", width);
  if (!npy.ok()) return npy.error();
  status = npy.value()->Write(tokens.values);
  return status.ok() ? npy.value()->Commit() : status;
}

int Run(const std::string& folder) {
  const auto model = Model::Load(folder + "/tiny.safetensors");
  const auto input = ReadPcm(folder + "/input.flac");
  Status status = model.ok() ? Status() : Status(model.error());
  if (status.ok() && input.empty()) status = Error{folder + "/input.flac: cannot be read"};
  for (const char* name : kVectors) {
    if (status.ok()) status = Write(folder, name, std::string(name) == "varied", model.value(), input);
  }
  if (!status.ok()) std::fprintf(stderr, "make_vectors: %s\n", status.message().c_str());
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace quaver

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_vectors FOLDER\n");
    return 2;
  }
  return quaver::Run(argv[1]);
}
