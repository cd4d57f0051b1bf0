// Prints random packets and damaged .qvr files, with what this implementation reads from them, as lines of
// JSON:
//   random_cases MODEL PACKETS FILES SEED
// For compare.py, which asks the reference decoder the same.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "codec/codec.h"
#include "tests/conformance/random_packets.h"
#include "tests/conformance/vectors.h"
#include "tests/container/mutate.h"
#include "tests/container/stream_tools.h"

namespace quaver {
namespace {

using Json = nlohmann::json;

// The tokens of each frame; of a packet that is refused the number of frames that it claims.
Json Tokens(const EntropyModel& model, const PacketDefaults& defaults, const Bytes& bytes) {
  PacketTokens packet;
  if (!DecodePacket(model, defaults, bytes, packet)) {
    return {{"refused", PacketFrames(defaults, bytes)}};
  }
  Json frames = Json::array();
  for (size_t f = 0; f < static_cast<size_t>(packet.frames); ++f) {
    frames.push_back(std::vector<uint16_t>(packet.token[f].begin(), packet.token[f].begin() + packet.n_q[f]));
  }
  return frames;
}

// A packet as it was written (half of them), or one that may have to be refused.
Bytes AnyPacket(Random& random, const EntropyModel& model, const PacketDefaults& defaults) {
  Bytes packet = Encoded(model, defaults, RandomPacketTokens(random, model, defaults));
  switch (Below(random, 12)) {
    case 0:
      return RandomBytes(random, 1 + Below(random, 300));
    case 1:
      packet[static_cast<size_t>(Below(random, static_cast<int>(packet.size())))] ^=
          static_cast<uint8_t>(1 << Below(random, 8));
      break;
    case 2:
      packet.resize(static_cast<size_t>(Below(random, static_cast<int>(packet.size()) + 1)));
      break;
    case 3:
      packet.resize(packet.size() + static_cast<size_t>(Below(random, 20)));
      break;
    case 4:
      packet.resize(packet.size() + static_cast<size_t>(Below(random, 6)));
      packet.push_back(static_cast<uint8_t>(random()));
      break;
    case 5:
      packet.resize(kMaxPacketBytes - 1 + static_cast<size_t>(Below(random, 3)));
      break;
    default:
      break;
  }
  return packet;
}

// Pages of a few packets each, so that there is something to lose.
Bytes RandomFile(Random& random, const Model& model) {
  QvrHeader header = MakeQvrHeader(model, RandomDefaults(random, model.groups()));
  header.original_rate = Below(random, 2) == 0 ? header.model_rate : 44100;
  Bytes file;
  auto writer = QvrWriter::Create(header, [&file](std::span<const uint8_t> bytes) {
    file.insert(file.end(), bytes.begin(), bytes.end());
    return true;
  });
  int64_t frames = 0;
  for (int left = Below(random, 30); left > 0; --left) {
    const Bytes packet = Encoded(model.entropy(), header.defaults,
                                 RandomPacketTokens(random, model.entropy(), header.defaults));
    const int held = PacketFrames(header.defaults, packet);
    if (!writer.value().Write(packet, held).ok()) std::exit(1);
    if (Below(random, 2) == 0 && !writer.value().Flush().ok()) std::exit(1);
    frames += held;
  }
  const int64_t samples = std::max<int64_t>(0, frames * header.frame_samples - header.pre_skip);
  const auto length = samples * header.original_rate / header.model_rate;
  const auto cut = std::min<int64_t>(length, Below(random, 300));
  if (!writer.value().Finish(static_cast<uint64_t>(length - cut)).ok()) std::exit(1);
  return file;
}

Bytes DamagedFile(Random& random, const Model& model) {
  Bytes file = RandomFile(random, model);
  const int kind = Below(random, 8);
  if (kind < 4) MutatePages(random, file);
  if (kind >= 3 && kind < 7) {
    const Bytes other = RandomFile(random, model);
    for (int i = 1 + Below(random, 3); i > 0; --i) MutateOnce(random, file, other);
    if (Below(random, 2) == 0) FixChecksums(file);
  }
  return file;
}

Json PacketCase(Random& random, const Model& model) {
  const PacketDefaults defaults = RandomDefaults(random, model.groups());
  const Bytes packet = AnyPacket(random, model.entropy(), defaults);
  return {{"packet", Hexadecimal(packet)},
          {"defaults", {defaults.frames, defaults.n_q}},
          {"tokens", Tokens(model.entropy(), defaults, packet)}};
}

Json FileCase(Random& random, const Model& model) {
  const Bytes file = DamagedFile(random, model);
  const ReadStream read = ReadAll(file);
  Json found = {{"file", Hexadecimal(file)}, {"refused", !read.error.empty()}, {"says", read.error}};
  if (!read.error.empty()) return found;
  found["events"] = Json::array();
  for (const QvrEvent& event : read.events) {
    found["events"].push_back(event.kind == QvrEvent::kLost
                                  ? Json(event.lost_frames)
                                  : Tokens(model.entropy(), read.header.defaults, event.packet));
  }
  found["damaged"] = !read.damage.empty();
  found["says"] = read.damage;
  found["samples"] = read.samples < 0 ? Json() : Json(read.samples);
  return found;
}

}  // namespace
}  // namespace quaver

int main(int argc, char** argv) {
  const auto model = quaver::Model::Load(argc == 5 ? argv[1] : "");
  if (!model.ok()) {
    std::fprintf(stderr, "usage: random_cases MODEL PACKETS FILES SEED: %s\n", model.message().c_str());
    return 2;
  }
  quaver::Random random(static_cast<uint32_t>(std::atoi(argv[4])));
  const auto print = [](const quaver::Json& found) { std::printf("%s\n", found.dump().c_str()); };
  for (int i = std::atoi(argv[2]); i > 0; --i) print(quaver::PacketCase(random, *model.value()));
  for (int i = std::atoi(argv[3]); i > 0; --i) print(quaver::FileCase(random, *model.value()));
}
