// Writes tokens, packets and .qvr of the conformance vectors anew: make_vectors FOLDER, which holds
// tiny.safetensors and input.flac. Only for a new version of the bitstream: vectors that change with every
// change of the code prove nothing.
#include <algorithm>
#include <cstdio>
#include <fstream>

#include "codec/container/qvr.h"
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
  for (const auto& packet : packets) file << Hexadecimal(packet) << '\n';
  return static_cast<bool>(file);
}

TokenMatrix Encode(const std::shared_ptr<const Model>& model, std::vector<float> input) {
  const auto frame = static_cast<size_t>(model->frame());
  const auto width = static_cast<size_t>(model->groups());
  input.resize((input.size() + static_cast<size_t>(model->delay()) + frame - 1) / frame * frame);
  TokenMatrix tokens{input.size() / frame, width, std::vector<uint16_t>(input.size() / frame * width)};
  Encoder(model).Encode(input, model->groups(), tokens.values);
  return tokens;
}

struct Packets {
  std::vector<std::vector<uint8_t>> bytes;
  std::vector<int> frames;  // of each
};

// Takes away the tokens that `varied` packets do not send.
Packets Pack(const Model& model, const PacketDefaults& defaults, bool varied, TokenMatrix& tokens) {
  Packets packets;
  for (size_t first = 0; first < tokens.rows;) {
    const size_t number = packets.bytes.size();
    const auto left = static_cast<int>(tokens.rows - first);
    const int frames = std::min(left, ShapeOf(varied, number, 0, model.groups()).frames);
    for (size_t f = 0; f < static_cast<size_t>(frames); ++f) {
      const auto row = tokens.values.begin() + static_cast<std::ptrdiff_t>((first + f) * tokens.columns);
      std::fill(row + ShapeOf(varied, number, f, model.groups()).n_q,
                row + static_cast<std::ptrdiff_t>(tokens.columns), kNoToken);
    }
    std::vector<uint8_t> packet(kMaxPacketBytes);
    packet.resize(EncodePacket(model.entropy(), defaults, RowsAsPacket(tokens, first, frames), packet));
    packets.bytes.push_back(packet);
    packets.frames.push_back(frames);
    first += static_cast<size_t>(frames);
  }
  return packets;
}

Status WriteQvr(const std::string& path, const QvrHeader& header, const Packets& packets, uint64_t samples) {
  std::ofstream file(path, std::ios::binary);
  auto writer = QvrWriter::Create(header, [&file](std::span<const uint8_t> bytes) {
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return static_cast<bool>(file);
  });
  if (!writer.ok()) return writer.error();
  for (size_t i = 0; i < packets.bytes.size(); ++i) {
    const Status status = writer.value().Write(packets.bytes[i], packets.frames[i]);
    if (!status.ok()) return status;
  }
  return writer.value().Finish(samples);
}

Status WriteNpy(const std::string& path, const TokenMatrix& tokens) {
  auto npy = NpyWriter::Create(path, tokens.columns);
  if (!npy.ok()) return npy.error();
  const Status status = npy.value()->Write(tokens.values);
  return status.ok() ? npy.value()->Commit() : status;
}

Status Write(const std::string& folder, const std::string& name, bool varied,
             const std::shared_ptr<const Model>& model, const std::vector<float>& input) {
  const std::string base = folder + "/" + name;
  QvrHeader header;
  header.model = model->identity();
  header.pre_skip = static_cast<uint16_t>(model->delay());
  header.defaults = varied ? PacketDefaults{5, 2} : PacketDefaults{25, model->groups()};
  TokenMatrix tokens = Encode(model, input);
  const Packets packets = Pack(*model, header.defaults, varied, tokens);
  if (!WriteText(base + ".packets", packets.bytes)) return Error{base + ".packets: cannot be written"};
  const Status status = WriteQvr(base + ".qvr", header, packets, input.size());
  return status.ok() ? WriteNpy(base + ".npy", tokens) : status;
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
