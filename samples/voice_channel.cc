// A voice channel in C++: raw 16-bit speech at 16 kHz from standard input, through packets, to standard
// output.
//   c++ -std=c++20 voice_channel.cc $(pkg-config --cflags --libs quaver) -o voice_channel
#include <quaver/bitstream/packet.h>
#include <quaver/codec.h>

#include <cstdio>
#include <vector>

int main() {
  const auto model = quaver::Model::BuiltIn();
  if (!model.ok()) return std::fprintf(stderr, "%s\n", model.message().c_str()), 1;
  quaver::Encoder encoder(model.value());
  quaver::Decoder decoder(model.value());
  const quaver::EntropyModel& entropy = model.value()->entropy();
  constexpr int kTokens = 6;                             // a frame of 20 ms: 3 kbit/s
  constexpr quaver::PacketDefaults kFormat{1, kTokens};  // both ends agree on it: packets of one frame
  std::vector<int16_t> sound(static_cast<size_t>(model.value()->frame()));
  std::vector<uint8_t> packet(quaver::kMaxPacketBytes);
  quaver::PacketTokens sent{1, {kTokens}, {}}, received;
  while (std::fread(sound.data(), sizeof(int16_t), sound.size(), stdin) == sound.size()) {
    encoder.EncodePcm16(sound, kTokens, sent.token[0]);
    const size_t bytes = quaver::EncodePacket(entropy, kFormat, sent, packet);
    // ... the packet travels; in place of a lost one: decoder.ConcealPcm16(sound) ...
    if (!quaver::DecodePacket(entropy, kFormat, {packet.data(), bytes}, received)) return 1;
    decoder.DecodePcm16({received.token[0].data(), received.n_q[0]}, received.n_q[0], sound);
    std::fwrite(sound.data(), sizeof(int16_t), sound.size(), stdout);
  }
}
