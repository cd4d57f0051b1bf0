#include "tests/conformance/rtp/payloads.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

namespace quaver {
namespace {

using Json = nlohmann::ordered_json;

std::string Hex(const std::vector<uint8_t>& bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : bytes) text += {kDigits[byte >> 4], kDigits[byte & 15]};
  return text;
}

std::vector<uint8_t> FromHex(const std::string& text) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return bytes;
}

// One object a line.
std::string Lines(const std::vector<Json>& objects) {
  std::string text;
  for (const Json& object : objects) text += (text.empty() ? "\n  " : ",\n  ") + object.dump();
  return "[" + text + "\n ]";
}

}  // namespace

PayloadVectors ReadPayloads(const std::string& path) {
  std::ifstream file(path);
  const Json json = Json::parse(file);
  PayloadVectors all;
  all.model = json.at("model");
  for (const Json& one : json.at("payloads")) {
    const quaver_rtp_payload header = {one.at("frames"), one.at("redundant_frames"),
                                       one.at("redundant_tokens"), one.at("n_q"), one.at("pause")};
    all.payloads.push_back({header, one.at("tokens"), FromHex(one.at("payload"))});
  }
  for (const Json& one : json.at("refused"))
    all.refused.push_back({one.at("what"), one.at("newer_version"), FromHex(one.at("payload"))});
  return all;
}

std::string PayloadsAsText(const PayloadVectors& vectors) {
  std::vector<Json> payloads, refused;
  for (const PayloadVector& one : vectors.payloads) {
    payloads.push_back({{"frames", one.header.frames},
                        {"redundant_frames", one.header.redundant_frames},
                        {"redundant_tokens", one.header.redundant_tokens},
                        {"n_q", one.header.n_q},
                        {"pause", one.header.pause},
                        {"payload", Hex(one.payload)},
                        {"tokens", one.tokens}});
  }
  for (const RefusedVector& one : vectors.refused)
    refused.push_back(
        {{"what", one.what}, {"newer_version", one.newer_version}, {"payload", Hex(one.payload)}});
  return "{\"model\": \"" + vectors.model + "\",\n \"payloads\": " + Lines(payloads) +
         ",\n \"refused\": " + Lines(refused) + "}\n";
}

PayloadRows RowsOf(const PayloadVector& vector, size_t groups) {
  PayloadRows rows;
  rows.tokens.assign(QUAVER_RTP_MAX_ALL_FRAMES * groups, QUAVER_NO_TOKEN);
  for (size_t f = 0; f < vector.tokens.size(); ++f) {
    rows.n_q[f] = static_cast<uint8_t>(vector.tokens[f].size());
    std::copy(vector.tokens[f].begin(), vector.tokens[f].end(),
              rows.tokens.begin() + static_cast<std::ptrdiff_t>(f * groups));
  }
  return rows;
}

}  // namespace quaver
