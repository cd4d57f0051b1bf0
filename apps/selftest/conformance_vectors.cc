#include <exception>
#include <fstream>
#include <nlohmann/json.hpp>

#include "apps/cli/read_clip.h"
#include "apps/selftest/coded_clip.h"
#include "codec/io/npy.h"

namespace quaver {
namespace {

constexpr int kRate = 16000;  // of the clips

Result<std::vector<std::vector<uint8_t>>> ReadHexadecimalLines(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::vector<uint8_t>> lines;
  for (std::string line; std::getline(file, line);) {
    lines.emplace_back();
    for (size_t i = 0; i + 1 < line.size(); i += 2)
      lines.back().push_back(static_cast<uint8_t>(std::stoi(line.substr(i, 2), nullptr, 16)));
  }
  if (lines.empty()) return Error{path + ": holds no packets, or cannot be read"};
  return lines;
}

Result<CodedClip> ReadVector(const std::string& folder, const nlohmann::json& json) {
  const auto path = [&](const char* key) { return folder + "/" + json.at(key).get<std::string>(); };
  CodedClip clip;
  clip.name = json.at("name");
  clip.defaults = {json.at("defaults").at(0), json.at("defaults").at(1)};
  clip.max_sample_error = json.at("max_sample_error");
  clip.min_equal_tokens = json.at("min_equal_tokens");
  auto input = ReadClip(path("input"), kRate);
  auto sound = ReadClip(path("sound"), kRate);
  auto tokens = ReadNpy(path("tokens"));
  auto packets = ReadHexadecimalLines(path("packets"));
  if (!input.ok()) return input.error();
  if (!sound.ok()) return sound.error();
  if (!tokens.ok()) return tokens.error();
  if (!packets.ok()) return packets.error();
  clip.input = std::move(input).value();
  clip.sound = std::move(sound).value();
  clip.tokens = std::move(tokens).value();
  clip.packets = std::move(packets).value();
  return clip;
}

}  // namespace

Result<ConformanceVectors> ReadConformanceVectors(const std::string& folder) {
  const std::string name = folder + "/index.json";
  std::ifstream file(name);
  if (!file) return Error{name + ": cannot be opened: is this the folder of the conformance vectors?"};
  ConformanceVectors vectors;
  try {
    const auto index = nlohmann::json::parse(file);
    vectors.model = folder + "/" + index.at("model").at("file").get<std::string>();
    for (const auto& json : index.at("vectors")) {
      if (json.at("kind") != "clip") continue;
      auto clip = ReadVector(folder, json);
      if (!clip.ok()) return clip.error();
      vectors.clips.push_back(std::move(clip).value());
    }
  } catch (const std::exception& error) {
    return Error{name + ": " + error.what()};
  }
  if (vectors.clips.empty()) return Error{name + ": lists no clip"};
  return vectors;
}

}  // namespace quaver
