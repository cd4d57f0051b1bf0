#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstring>
#include <string_view>

#include "codec/io/npy.h"

#include "codec/io/byte_file.h"

namespace quaver {
namespace {

constexpr size_t kMaxHeaderBytes = 4096;

// Fills the span as far as the source goes; the bytes read, or -1.
int64_t ReadFully(const ByteSource& source, std::span<uint8_t> out) {
  size_t total = 0;
  while (total < out.size()) {
    const int64_t got = source(out.subspan(total));
    if (got < 0) return -1;
    if (got == 0) break;
    total += static_cast<size_t>(got);
  }
  return static_cast<int64_t>(total);
}

// The header is the text of a Python dictionary with three keys in any order.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : rest_(text) {}

  // Returns the cause, empty when all is well.
  std::string Parse();
  std::array<uint64_t, 2> shape() const { return shape_; }

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
  std::string TakeShape();

  std::string_view rest_;
  bool descr_ = false;
  bool order_ = false;
  bool has_shape_ = false;
  std::array<uint64_t, 2> shape_{};
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
  size_t dimensions = 0;
  while (!Take(")")) {
    uint64_t size = 0;
    if (!TakeNumber(size)) return "shape holds something that is not a size";
    if (dimensions == 2) return "shape has more than two dimensions";
    shape_[dimensions++] = size;
    if (!Take(",") && !rest_.starts_with(")")) return "shape is damaged";
  }
  if (dimensions == 0) return "shape has no dimension";
  if (dimensions == 1) shape_[1] = 1;
  has_shape_ = true;
  return {};
}

// Foreign text as a message may show it.
std::string Plain(const std::string& text) {
  std::string plain = text.substr(0, 20);
  for (char& c : plain) c = c >= ' ' && c <= '~' ? c : '?';
  return "'" + plain + "'";
}

std::string HeaderParser::TakeItem() {
  std::string key;
  if (!TakeString(key) || !Take(":")) return "is not a dictionary of descr, fortran_order and shape";
  if (key == "descr" && !descr_) {
    std::string type;
    if (!TakeString(type)) return "descr is not a plain type";
    if (type != "<u2") return "dtype is " + Plain(type) + ", not '<u2' (uint16, little-endian)";
    descr_ = true;
    return {};
  }
  if (key == "fortran_order" && !order_) {
    if (!Take("False")) return "fortran_order is not False";
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

// Grows with what really comes, whatever the header promises.
Status ReadValues(const ByteSource& source, const std::string& name, TokenMatrix& matrix) {
  const size_t wanted = matrix.rows * matrix.columns;
  std::vector<uint8_t> chunk(1 << 16);
  while (matrix.values.size() < wanted) {
    const size_t bytes = std::min(chunk.size(), 2 * (wanted - matrix.values.size()));
    const int64_t got = ReadFully(source, std::span(chunk).first(bytes));
    if (got < 0) return Error{name + ": read failed"};
    for (size_t i = 0; i + 1 < static_cast<size_t>(got); i += 2) {
      matrix.values.push_back(static_cast<uint16_t>(chunk[i] | chunk[i + 1] << 8));
    }
    if (static_cast<size_t>(got) < bytes) {
      return Error{name + ": the shape (" + std::to_string(matrix.rows) + ", " +
                   std::to_string(matrix.columns) + ") needs " + std::to_string(wanted) +
                   " values, the file ends after " + std::to_string(matrix.values.size())};
    }
  }
  const int64_t more = ReadFully(source, std::span(chunk).first(1));
  if (more < 0) return Error{name + ": read failed"};
  if (more > 0) {
    return Error{name + ": bytes follow after the " + std::to_string(wanted) + " values of the shape"};
  }
  return {};
}

}  // namespace

Result<TokenMatrix> ReadNpy(const std::string& path) {
  Result<ByteSource> source = OpenByteSource(path);
  if (!source.ok()) return source.error();
  return ReadNpy(source.value(), InputName(path));
}

Result<TokenMatrix> ReadNpy(const ByteSource& source, const std::string& name) {
  Result<std::string> header = ReadHeader(source, name);
  if (!header.ok()) return header.error();
  HeaderParser parser(header.value());
  if (std::string cause = parser.Parse(); !cause.empty()) return Error{name + ": the header " + cause};
  const auto [rows, columns] = parser.shape();
  if (columns == 0 || columns > kMaxNpyColumns) {
    return Error{name + ": the shape has " + std::to_string(columns) + " columns, not 1 to " +
                 std::to_string(kMaxNpyColumns)};
  }
  if (rows > kMaxNpyBytes / 2 / columns) {
    return Error{name + ": the shape has " + std::to_string(rows) + " rows, more than 1 GiB"};
  }
  TokenMatrix matrix{static_cast<size_t>(rows), static_cast<size_t>(columns), {}};
  if (Status status = ReadValues(source, name, matrix); !status.ok()) return status.error();
  return matrix;
}

}  // namespace quaver
