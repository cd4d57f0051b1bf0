// JSON as a tree, for what is read while memory may run out: the destructor of nlohmann-json's arrays and
// objects allocates memory, and ends the program when there is none. Its parser fills this tree; freeing it
// allocates nothing.
#ifndef QUAVER_CODEC_UTIL_JSON_H_
#define QUAVER_CODEC_UTIL_JSON_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace quaver {

inline constexpr size_t kMaxJsonDepth = 8;  // arrays and objects inside each other

class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::map<std::string, Json>;

  Json() = default;
  template <typename Value>
  explicit Json(Value value) : value_(std::move(value)) {}

  // null if the value is of another kind.
  const Object* object() const { return std::get_if<Object>(&value_); }
  const Array* array() const { return std::get_if<Array>(&value_); }
  const std::string* string() const { return std::get_if<std::string>(&value_); }
  // Nothing if the value is no integer, or beyond the type.
  std::optional<int64_t> integer() const;
  std::optional<uint64_t> natural() const;

 private:
  friend class JsonBuilder;
  // null, true or false, integers below 0 and above, numbers with a fraction, ...
  std::variant<std::monostate, bool, int64_t, uint64_t, double, std::string, Array, Object> value_;
};

// Nothing if the text is no JSON or nested deeper than kMaxJsonDepth. Of two equal keys the last counts.
std::optional<Json> ParseJson(std::string_view text);

}  // namespace quaver

#endif  // QUAVER_CODEC_UTIL_JSON_H_
