// index.json of this folder: every vector, and what must hold for it.
#ifndef QUAVER_TESTS_CONFORMANCE_INDEX_H_
#define QUAVER_TESTS_CONFORMANCE_INDEX_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "codec/bitstream/packet.h"
#include "codec/io/npy.h"

namespace quaver {

// A line of the index; a parameter of tests.
struct Vector {
  std::string kind;
  std::string name;
  nlohmann::json json;
};
void PrintTo(const Vector& vector, std::ostream* out);
// Of letters, digits and _, as GoogleTest wants them.
std::string TestName(const Vector& vector);

const nlohmann::json& Index();  // null if it cannot be read
std::vector<Vector> VectorsOfKind(const std::string& kind);
PacketDefaults DefaultsOf(const nlohmann::json& json);

// The frames that `rows` of a vector stands for, as rows of the tokens of the clip `of`, and kNoToken where
// frames are lost or refused.
TokenMatrix RowsOf(const nlohmann::json& json);
// Frames behind each other, in the same form.
void Append(TokenMatrix& rows, const PacketTokens& packet);
void AppendLost(TokenMatrix& rows, int frames);

}  // namespace quaver

#endif  // QUAVER_TESTS_CONFORMANCE_INDEX_H_
