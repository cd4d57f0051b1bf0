#include "codec/util/json.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

namespace quaver {

// Puts values where they belong as the parser finds them: `open_` are the arrays and objects around the
// place.
class JsonBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit JsonBuilder(Json& root) : root_(root) {}
  bool null() override { return Add(Json()); }
  bool boolean(bool value) override { return Add(Json(value)); }
  bool number_integer(int64_t value) override { return Add(Json(value)); }
  bool number_unsigned(uint64_t value) override { return Add(Json(value)); }
  bool number_float(double value, const std::string&) override { return Add(Json(value)); }
  bool string(std::string& value) override { return Add(Json(std::move(value))); }
  bool binary(nlohmann::json::binary_t&) override { return false; }
  bool start_object(size_t) override { return Open(Json(Json::Object())); }
  bool start_array(size_t) override { return Open(Json(Json::Array())); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool key(std::string& name) override {
    key_ = std::move(name);
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  Json* Place(Json value) {
    if (open_.empty()) return &(root_ = std::move(value));
    if (auto* array = std::get_if<Json::Array>(&open_.back()->value_))
      return &array->emplace_back(std::move(value));
    return &(std::get<Json::Object>(open_.back()->value_)[key_] = std::move(value));
  }
  bool Add(Json value) { return Place(std::move(value)) != nullptr; }
  bool Open(Json value) {
    if (open_.size() == kMaxJsonDepth) return false;
    open_.push_back(Place(std::move(value)));
    return true;
  }
  bool Close() {
    open_.pop_back();
    return true;
  }

  Json& root_;
  std::vector<Json*> open_;
  std::string key_;
};

std::optional<int64_t> Json::integer() const {
  if (const auto* value = std::get_if<int64_t>(&value_)) return *value;
  const auto* value = std::get_if<uint64_t>(&value_);
  if (value == nullptr || *value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return {};
  return static_cast<int64_t>(*value);
}

std::optional<uint64_t> Json::natural() const {
  const auto* value = std::get_if<uint64_t>(&value_);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<Json> ParseJson(std::string_view text) {
  std::optional<Json> root(std::in_place);
  JsonBuilder builder(*root);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) root.reset();
  return root;
}

}  // namespace quaver
