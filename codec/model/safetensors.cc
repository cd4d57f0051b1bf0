#include "codec/model/safetensors.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "codec/util/json.h"
#include "codec/util/quoted.h"

namespace quaver {
namespace {

using nlohmann::json;

constexpr size_t kMaxDepth = 3;  // the header, a tensor in it, its shape
constexpr size_t kMaxRank = 8;
constexpr size_t kAlignment = 64;
constexpr const char* kMetadata = "__metadata__";

// Walks the JSON before a tree is made of it: a tree would take the last of two equal keys in silence.
class FormCheck : public nlohmann::json_sax<json> {
 public:
  const std::string& error() const { return error_; }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(int64_t) override { return true; }
  bool number_unsigned(uint64_t) override { return true; }
  bool number_float(double, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(json::binary_t&) override { return true; }
  bool start_object(size_t) override { return Open(); }
  bool start_array(size_t) override { return Open(); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool key(std::string& name) override {
    return open_.back().insert(name).second || Fail("the key " + Quoted(name) + " is given twice");
  }
  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return Fail("not valid JSON at byte " + std::to_string(position));
  }

 private:
  bool Open() {
    if (open_.size() == kMaxDepth) return Fail("nested too deeply");
    open_.emplace_back();
    return true;
  }
  bool Close() {
    open_.pop_back();
    return true;
  }
  bool Fail(std::string error) {
    error_ = std::move(error);
    return false;
  }
  std::vector<std::set<std::string>> open_;  // the keys seen in every array and object now open
  std::string error_;
};

bool ReadUnsigned(const Json& value, size_t most, std::vector<uint64_t>& out) {
  const Json::Array* list = value.array();
  if (list == nullptr || list->size() > most) return false;
  for (const Json& item : *list) {
    const auto number = item.natural();
    if (!number) return false;
    out.push_back(*number);
  }
  return true;
}

// An empty string, or what is wrong.
std::string ReadTensor(const Json& value, StoredTensor& tensor) {
  if (value.object() == nullptr) return "is not an object";
  const Json::Object& object = *value.object();
  for (const auto& [key, unused] : object) {
    if (key != "dtype" && key != "shape" && key != "data_offsets")
      return "the key " + Quoted(key) + " is not known";
  }
  const auto dtype = object.find("dtype");
  if (dtype == object.end() || dtype->second.string() == nullptr)
    return "\"dtype\" is missing or not a string";
  tensor.dtype = *dtype->second.string();
  const auto shape = object.find("shape");
  if (shape == object.end() || !ReadUnsigned(shape->second, kMaxRank, tensor.shape)) {
    return "\"shape\" is missing or not a list of at most 8 sizes";
  }
  const auto offsets = object.find("data_offsets");
  std::vector<uint64_t> range;
  if (offsets == object.end() || !ReadUnsigned(offsets->second, 2, range) || range.size() != 2) {
    return "\"data_offsets\" is missing or not a list of two offsets";
  }
  tensor.begin = range[0];
  tensor.end = range[1];
  return tensor.begin > tensor.end ? "\"data_offsets\" end before they begin" : "";
}

std::string ReadMetadata(const Json& value, std::map<std::string, std::string>& metadata) {
  if (value.object() == nullptr) return "is not an object";
  for (const auto& [key, item] : *value.object()) {
    if (item.string() == nullptr) return Quoted(key) + " is not a string";
    metadata[key] = *item.string();
  }
  return "";
}

std::string BytesOf(const std::string& source, const std::string& name, const StoredTensor& tensor) {
  std::string text = source + ": tensor " + Quoted(name) + ": its bytes [";
  return text.append(std::to_string(tensor.begin))
      .append(", ")
      .append(std::to_string(tensor.end))
      .append(")");
}

bool IsUtf8(const std::string& text) {
  // What is no UTF-8 is left out of the copy.
  const std::string copy = json(text).dump(-1, ' ', false, json::error_handler_t::ignore);
  return json::parse(copy, nullptr, false) == json(text);
}

json HeaderJson(const SafetensorsHeader& header) {
  json root = json::object();
  root[kMetadata] = header.metadata;
  for (const auto& [name, tensor] : header.tensors) {
    root[name] = {{"dtype", tensor.dtype},
                  {"shape", tensor.shape},
                  {"data_offsets", json::array({tensor.begin, tensor.end})}};
  }
  return root;
}

}  // namespace

Result<size_t> SafetensorsHeaderLength(std::span<const uint8_t> bytes, const std::string& source) {
  if (bytes.size() < 8) return Error{source + ": not a safetensors file: shorter than 8 bytes"};
  uint64_t length = 0;
  for (size_t i = 0; i < 8; ++i) length |= static_cast<uint64_t>(bytes[i]) << (8 * i);
  if (length > kMaxSafetensorsHeader) {
    return Error{source + ": the header claims " + std::to_string(length) + " bytes, at most " +
                 std::to_string(kMaxSafetensorsHeader) + " are allowed; is this a safetensors file?"};
  }
  return static_cast<size_t>(length);
}

Result<SafetensorsHeader> ParseSafetensorsHeader(std::span<const uint8_t> bytes, const std::string& source) {
  const auto length = SafetensorsHeaderLength(bytes, source);
  if (!length.ok()) return length.error();
  if (length.value() > bytes.size() - 8) {
    return Error{source + ": cut short: the header claims " + std::to_string(length.value()) + " bytes, " +
                 std::to_string(bytes.size() - 8) + " are there"};
  }
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + 8, length.value());
  if (text.empty() || text[0] != '{') return Error{source + ": header: does not begin with '{'"};
  FormCheck check;
  if (!json::sax_parse(text.begin(), text.end(), &check)) return Error{source + ": header: " + check.error()};
  const auto root = ParseJson(text);
  if (!root || root->object() == nullptr) return Error{source + ": header: not a JSON object"};

  SafetensorsHeader header;
  header.data_start = 8 + length.value();
  for (const auto& [key, value] : *root->object()) {
    const bool metadata = key == kMetadata;
    const std::string error =
        metadata ? ReadMetadata(value, header.metadata) : ReadTensor(value, header.tensors[key]);
    if (!error.empty()) {
      return Error{source + ": " + (metadata ? "metadata" : "tensor " + Quoted(key)) + ": " + error};
    }
  }
  return header;
}

Status CheckSafetensorsLayout(const SafetensorsHeader& header, uint64_t data_size,
                              const std::string& source) {
  std::vector<std::pair<const std::string*, const StoredTensor*>> order;
  for (const auto& [name, tensor] : header.tensors) {
    if (tensor.end > data_size) {
      return Error{BytesOf(source, name, tensor) + " reach beyond the " + std::to_string(data_size) +
                   " bytes of data (cut short?)"};
    }
    order.emplace_back(&name, &tensor);
  }
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return std::pair(a.second->begin, a.second->end) < std::pair(b.second->begin, b.second->end);
  });
  uint64_t end = 0;
  for (const auto& [name, tensor] : order) {
    if (tensor->begin != end) {
      return Error{BytesOf(source, *name, *tensor) +
                   (tensor->begin < end ? " overlap those of another tensor" : " leave a gap before them")};
    }
    end = tensor->end;
  }
  if (end == data_size) return {};
  return Error{source + ": " + std::to_string(data_size - end) +
               " bytes after the last tensor belong to no tensor"};
}

Result<std::vector<uint8_t>> WriteSafetensorsHeader(const SafetensorsHeader& header) {
  for (const auto& [key, value] : header.metadata) {
    if (!IsUtf8(key) || !IsUtf8(value)) return Error{"metadata " + Quoted(key) + ": not valid UTF-8"};
  }
  std::string text = HeaderJson(header).dump();
  const size_t total = (8 + text.size() + kAlignment - 1) / kAlignment * kAlignment;
  text.resize(total - 8, ' ');
  if (text.size() > kMaxSafetensorsHeader) {
    return Error{"the header would have " + std::to_string(text.size()) + " bytes, at most " +
                 std::to_string(kMaxSafetensorsHeader) + " are allowed: shorten the metadata"};
  }
  std::vector<uint8_t> bytes(8);
  for (size_t i = 0; i < 8; ++i)
    bytes[i] = static_cast<uint8_t>(static_cast<uint64_t>(text.size()) >> (8 * i));
  bytes.insert(bytes.end(), text.begin(), text.end());
  return bytes;
}

}  // namespace quaver
