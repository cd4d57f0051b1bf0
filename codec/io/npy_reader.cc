#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstring>
#include <string_view>
#include <system_error>

#include "codec/io/byte_file.h"
#include "codec/io/npy.h"

namespace quaver {
namespace {

constexpr size_t kMaxHeaderBytes = 4096;
constexpr size_t kMaxDimensions = 32;

// The header is the text of a Python dictionary with three keys in any order.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : rest_(text) {}

  // Returns the cause, empty when all is well.
  std::string Parse();
  const ArrayFormat& format() const { return format_; }

 private:
  void SkipSpace() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front())) != 0) {
      rest_.remove_prefix(1);
    }
  }
  bool Take(std::string_view token) {
    SkipSpace();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  bool TakeString(std::string& out);
  bool TakeNumber(uint64_t& out);
  std::string TakeItem();
  std::string TakeType();
  std::string TakeShape();

  std::string_view rest_;
  bool descr_ = false;
  bool order_ = false;
  bool has_shape_ = false;
  ArrayFormat format_;
};

bool HeaderParser::TakeString(std::string& out) {
  SkipSpace();
  if (rest_.empty() || (rest_.front() != '\'' && rest_.front() != '"')) return false;
  const size_t end = rest_.find(rest_.front(), 1);
  if (end == std::string_view::npos) return false;
  out = std::string(rest_.substr(1, end - 1));
  rest_.remove_prefix(end + 1);
  return true;
}

bool HeaderParser::TakeNumber(uint64_t& out) {
  SkipSpace();
  const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), out);
  if (error != std::errc()) return false;
  rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
  return true;
}

std::string HeaderParser::TakeShape() {
  if (!Take("(")) return "shape is not a tuple";
  while (!Take(")")) {
    uint64_t size = 0;
    if (!TakeNumber(size)) return "shape holds something that is not a size";
    if (format_.shape.size() == kMaxDimensions) return "shape has too many dimensions";
    format_.shape.push_back(size);
    if (!Take(",") && !rest_.starts_with(")")) return "shape is damaged";
  }
  has_shape_ = true;
  return {};
}

// For messages: 'f' and 4 are float32.
std::string NameOfType(char kind, int bytes) {
  const std::string bits = std::to_string(8 * bytes);
  switch (kind) {
    case 'b':
      return " (bool)";
    case 'c':
      return " (complex" + bits + ")";
    case 'f':
      return " (float" + bits + ")";
    case 'i':
      return " (int" + bits + ")";
    case 'u':
      return " (uint" + bits + ")";
    default:
      return "";
  }
}

// "<u2": byte order, kind, bytes.
std::string HeaderParser::TakeType() {
  std::string type;
  if (!TakeString(type)) return "descr is not a plain type";
  const size_t kind = type.find_first_not_of("<>=|");
  int bytes = 0;
  if (kind <= 1) {
    const char* const end = type.data() + type.size();
    const auto [rest, error] = std::from_chars(type.data() + kind + 1, end, bytes);
    if (error != std::errc() || rest != end || bytes < 0 || bytes > 64) bytes = 0;
  }
  if (bytes == 0) return "dtype is " + PlainText(type) + "; tokens are int16, int32, int64, uint16 or uint32";
  const auto format = IntegerFormat(type[kind], bytes, PlainText(type) + NameOfType(type[kind], bytes));
  if (!format.ok()) return format.message();
  format_.bytes = format.value().bytes;
  format_.is_signed = format.value().is_signed;
  format_.big_endian = type.front() == '>';
  descr_ = true;
  return {};
}

std::string HeaderParser::TakeItem() {
  std::string key;
  if (!TakeString(key) || !Take(":")) return "is not a dictionary of descr, fortran_order and shape";
  if (key == "descr" && !descr_) return TakeType();
  if (key == "fortran_order" && !order_) {
    format_.fortran_order = Take("True");
    if (!format_.fortran_order && !Take("False")) return "fortran_order is neither True nor False";
    order_ = true;
    return {};
  }
  if (key == "shape" && !has_shape_) return TakeShape();
  return "has an unknown or repeated key";
}

std::string HeaderParser::Parse() {
  if (!Take("{")) return "is not a dictionary";
  while (!Take("}")) {
    if (std::string cause = TakeItem(); !cause.empty()) return cause;
    if (!Take(",")) {
      if (!Take("}")) return "is damaged";
      break;
    }
  }
  SkipSpace();
  if (!rest_.empty()) return "continues after the dictionary";
  if (!descr_ || !order_ || !has_shape_) return "has no descr, fortran_order or shape";
  return {};
}

Result<std::string> ReadHeader(const ByteSource& source, const std::string& name) {
  std::array<uint8_t, 12> start;
  const int64_t first = ReadFully(source, std::span(start).first(8));
  if (first < 0) return Error{name + ": read failed"};
  if (first != 8 || std::memcmp(start.data(), kNpyMagic.data(), kNpyMagic.size()) != 0) {
    return Error{name + ": not a .npy file (its first 6 bytes are not \\x93NUMPY)"};
  }
  const int major = start[6];
  if (major < 1 || major > 3) {
    return Error{name + ": byte 6: .npy version " + std::to_string(major) + " is not known"};
  }
  const size_t length_bytes = major == 1 ? 2 : 4;
  const int64_t size = ReadFully(source, std::span(start).subspan(8, length_bytes));
  if (size < 0) return Error{name + ": read failed"};
  if (size != static_cast<int64_t>(length_bytes)) {
    return Error{name + ": byte 8: the file ends inside the header"};
  }
  uint32_t length = 0;
  for (size_t i = length_bytes; i-- > 0;) length = length << 8 | start[8 + i];
  if (length > kMaxHeaderBytes) {
    return Error{name + ": byte 8: a header of " + std::to_string(length) + " bytes is too long"};
  }
  std::string header(length, '\0');
  const std::span<uint8_t> bytes(reinterpret_cast<uint8_t*>(header.data()), header.size());
  const int64_t read = ReadFully(source, bytes);
  if (read < 0) return Error{name + ": read failed"};
  if (read != static_cast<int64_t>(length)) {
    return Error{name + ": the file ends inside the header"};
  }
  return header;
}

}  // namespace

Result<TokenMatrix> ReadNpy(const std::string& path, TokenLayout layout) {
  Result<ByteSource> source = OpenByteSource(path);
  if (!source.ok()) return source.error();
  return ReadNpy(source.value(), InputName(path), layout);
}

Result<TokenMatrix> ReadNpy(const ByteSource& source, const std::string& name, TokenLayout layout) {
  Result<std::string> header = ReadHeader(source, name);
  if (!header.ok()) return header.error();
  HeaderParser parser(header.value());
  if (std::string cause = parser.Parse(); !cause.empty()) return Error{name + ": the header " + cause};
  return ReadTokenValues(source, name, parser.format(), layout);
}

}  // namespace quaver
