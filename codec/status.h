// Errors at the edges of the library are values: nothing here throws or aborts.
#ifndef QUAVER_CODEC_STATUS_H_
#define QUAVER_CODEC_STATUS_H_

#include <string>
#include <utility>
#include <variant>

namespace quaver {

// An error with a message for people: it names the file, the place and the cause.
struct Error {
  std::string message;
};

// Success, or an error. `if (!status.ok()) return status.error();`
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : failed_(true), error_(std::move(error)) {}  // NOLINT: implicit by design
  bool ok() const { return !failed_; }
  const Error& error() const { return error_; }
  const std::string& message() const { return error_.message; }

 private:
  bool failed_ = false;
  Error error_;
};

// A value, or an error. Reading the value of a failed result is undefined: test ok() first.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT
  bool ok() const { return state_.index() == 0; }
  T& value() & { return *std::get_if<0>(&state_); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  const Error& error() const { return *std::get_if<1>(&state_); }
  const std::string& message() const { return error().message; }

 private:
  std::variant<T, Error> state_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_STATUS_H_
