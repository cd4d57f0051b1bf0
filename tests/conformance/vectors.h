// The conformance vectors of this folder (README.md says what each file holds).
#ifndef QUAVER_TESTS_CONFORMANCE_VECTORS_H_
#define QUAVER_TESTS_CONFORMANCE_VECTORS_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "codec/bitstream/packet.h"
#include "codec/codec.h"
#include "codec/io/npy.h"

namespace quaver {

inline constexpr std::array<const char*, 2> kVectors = {"steady", "varied"};

std::string VectorPath(const std::string& file);
// Each of these returns something empty when the file cannot be read.
std::shared_ptr<const Model> FrozenModel();
std::vector<float> ReadPcm(const std::string& path);  // mono, whatever the rate
std::vector<uint8_t> ReadBytes(const std::string& path);
std::vector<std::vector<uint8_t>> ReadPackets(const std::string& path);  // one a line, in hexadecimal
std::string Hexadecimal(const std::vector<uint8_t>& bytes);
std::vector<uint8_t> FromHexadecimal(const std::string& text);

// Frames `first` .. `first + frames` - 1 of a token matrix as they go into a packet.
PacketTokens RowsAsPacket(const TokenMatrix& tokens, size_t first, int frames);

}  // namespace quaver

#endif  // QUAVER_TESTS_CONFORMANCE_VECTORS_H_
