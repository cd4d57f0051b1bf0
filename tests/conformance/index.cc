#include "tests/conformance/index.h"

#include <algorithm>
#include <cctype>
#include <fstream>

#include "tests/conformance/vectors.h"

namespace quaver {

void PrintTo(const Vector& vector, std::ostream* out) { *out << vector.kind << ' ' << vector.name; }

std::string TestName(const Vector& vector) {
  std::string name = vector.name;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

const nlohmann::json& Index() {
  static const nlohmann::json index = [] {
    std::ifstream file(VectorPath("index.json"));
    return nlohmann::json::parse(file, nullptr, false);
  }();
  return index;
}

std::vector<Vector> VectorsOfKind(const std::string& kind) {
  std::vector<Vector> found;
  if (!Index().is_object()) return found;
  for (const auto& json : Index().at("vectors")) {
    if (json.at("kind") == kind) found.push_back({kind, json.at("name"), json});
  }
  return found;
}

PacketDefaults DefaultsOf(const nlohmann::json& json) {
  return {json.at("defaults").at(0), json.at("defaults").at(1)};
}

TokenMatrix RowsOf(const nlohmann::json& json) {
  const auto clip = ReadNpy(VectorPath(json.at("of").get<std::string>() + ".npy"));
  if (!clip.ok()) return {};
  const size_t width = clip.value().columns;
  TokenMatrix rows{0, width, {}};
  for (const auto& part : json.at("rows")) {
    if (part.is_number()) {
      AppendLost(rows, part);
      continue;
    }
    const auto at = [&](size_t i) {
      return clip.value().values.begin() + static_cast<std::ptrdiff_t>(part.at(i).get<size_t>() * width);
    };
    rows.values.insert(rows.values.end(), at(0), at(1));
    rows.rows += part.at(1).get<size_t>() - part.at(0).get<size_t>();
  }
  return rows;
}

void Append(TokenMatrix& rows, const PacketTokens& packet) {
  for (size_t f = 0; f < static_cast<size_t>(packet.frames); ++f) {
    const auto first = packet.token[f].begin();
    rows.values.insert(rows.values.end(), first, first + static_cast<std::ptrdiff_t>(rows.columns));
    ++rows.rows;
  }
}

void AppendLost(TokenMatrix& rows, int frames) {
  rows.rows += static_cast<size_t>(frames);
  rows.values.resize(rows.rows * rows.columns, kNoToken);
}

}  // namespace quaver
