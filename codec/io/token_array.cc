#include "codec/io/token_array.h"

#include <algorithm>
#include <utility>

namespace quaver {
namespace {

constexpr uint16_t kMissing = 0xFFFF;

std::string ShapeText(const std::vector<uint64_t>& shape) {
  std::string text = "(";
  for (const uint64_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + (shape.size() == 1 ? ",)" : ")");
}

struct Sides {
  uint64_t first = 0;
  uint64_t second = 0;
};

Result<Sides> TwoDimensions(const std::vector<uint64_t>& shape) {
  size_t batch = 0;
  while (shape.size() - batch > 2 && shape[batch] == 1) ++batch;
  const std::string text = "the shape " + ShapeText(shape);
  if (shape.size() - batch == 2) return Sides{shape[batch], shape[batch + 1]};
  if (shape.empty())
    return Error{text + " has no dimension; tokens are an array of [frames, tokens a frame]"};
  if (shape.size() == 1) {
    return Error{text + " is flat, so frames cannot be told apart; reshape it to [frames, tokens a frame]"};
  }
  if (shape.size() == 3) {
    return Error{text + " is a batch of " + std::to_string(shape[0]) + " clips; write a file for each"};
  }
  return Error{text + " has " + std::to_string(shape.size()) +
               " dimensions; tokens are an array of [frames, tokens a frame]"};
}

Status CheckSides(uint64_t rows, uint64_t columns, TokenLayout layout) {
  if (columns == 0 || columns > kMaxTokenColumns) {
    const char* hint = "";
    if (columns > kMaxTokenColumns && rows <= kMaxTokenColumns) {
      hint = layout == TokenLayout::kFramesFirst ? " (is it [n_q, T]? --layout n_q,T)"
                                                 : " (is it [T, n_q]? --layout T,n_q)";
    }
    return Error{"the shape has " + std::to_string(columns) + " columns, not 1 to " +
                 std::to_string(kMaxTokenColumns) + " tokens a frame" + hint};
  }
  if (rows > kMaxTokenBytes / 2 / columns) {
    return Error{"the shape has " + std::to_string(rows) + " rows, more than 1 GiB"};
  }
  return {};
}

// The value of `format.bytes` bytes, sign extended.
int64_t ValueAt(const uint8_t* bytes, const ArrayFormat& format) {
  uint64_t value = 0;
  const auto size = static_cast<size_t>(format.bytes);
  for (size_t i = 0; i < size; ++i) value = value << 8 | bytes[format.big_endian ? i : size - 1 - i];
  const int unused = 64 - 8 * format.bytes;
  if (!format.is_signed) return static_cast<int64_t>(value);  // at most 32 bits
  return static_cast<int64_t>(value << unused) >> unused;
}

// Values as they come, which is by columns where `by_column`; grows with what is really there.
Status ReadInOrder(const ByteSource& source, const ArrayFormat& format, bool by_column, TokenMatrix& matrix) {
  const size_t wanted = matrix.rows * matrix.columns;
  const auto size = static_cast<size_t>(format.bytes);
  std::vector<uint8_t> chunk(1 << 16);
  while (matrix.values.size() < wanted) {
    const size_t bytes = std::min(chunk.size(), size * (wanted - matrix.values.size()));
    const int64_t got = ReadFully(source, std::span(chunk).first(bytes));
    if (got < 0) return Error{"read failed"};
    for (size_t at = 0; at + size <= static_cast<size_t>(got); at += size) {
      const int64_t value = ValueAt(chunk.data() + at, format);
      if (value < -1 || value > kMissing) {
        const size_t i = matrix.values.size();
        const std::string place = by_column ? matrix.Place(i % matrix.rows, i / matrix.rows)
                                            : matrix.Place(i / matrix.columns, i % matrix.columns);
        return Error{place + ": " + std::to_string(value) +
                     " is not a token (0 to 65534; -1 and 65535 stand for none)"};
      }
      matrix.values.push_back(static_cast<uint16_t>(value));
    }
    if (static_cast<size_t>(got) < bytes) {
      return Error{"the shape " + ShapeText(format.shape) + " needs " + std::to_string(wanted) +
                   " values, the file ends after " + std::to_string(matrix.values.size())};
    }
  }
  const int64_t more = ReadFully(source, std::span(chunk).first(1));
  if (more < 0) return Error{"read failed"};
  if (more > 0) return Error{"bytes follow after the " + std::to_string(wanted) + " values of the shape"};
  return {};
}

}  // namespace

std::string TokenMatrix::Place(size_t row, size_t column) const {
  if (layout == TokenLayout::kFramesLast) std::swap(row, column);
  return "row " + std::to_string(row) + ", column " + std::to_string(column);
}

Result<ArrayFormat> IntegerFormat(char kind, int bytes, const std::string& dtype) {
  const bool is_signed = kind == 'i';
  if ((is_signed && (bytes == 2 || bytes == 4 || bytes == 8)) ||
      (kind == 'u' && (bytes == 2 || bytes == 4))) {
    return ArrayFormat{bytes, is_signed, false, false, {}};
  }
  return Error{"dtype is " + dtype + "; tokens are int16, int32, int64, uint16 or uint32"};
}

Result<TokenMatrix> ReadTokenValues(const ByteSource& source, const std::string& name,
                                    const ArrayFormat& format, TokenLayout layout) {
  const auto sides = TwoDimensions(format.shape);
  if (!sides.ok()) return Error{name + ": " + sides.message()};
  auto [rows, columns] = sides.value();
  if (layout == TokenLayout::kFramesLast) std::swap(rows, columns);
  if (const Status fits = CheckSides(rows, columns, layout); !fits.ok())
    return Error{name + ": " + fits.message()};
  TokenMatrix matrix{static_cast<size_t>(rows), static_cast<size_t>(columns), {}, layout};
  const bool by_column = format.fortran_order != (layout == TokenLayout::kFramesLast);
  const Status status = ReadInOrder(source, format, by_column, matrix);
  if (!status.ok()) return Error{name + ": " + status.message()};
  if (!by_column) return matrix;
  std::vector<uint16_t> by_row(matrix.values.size());
  for (size_t column = 0, i = 0; column < matrix.columns; ++column) {
    for (size_t row = 0; row < matrix.rows; ++row) by_row[row * matrix.columns + column] = matrix.values[i++];
  }
  matrix.values = std::move(by_row);
  return matrix;
}

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

std::string PlainText(const std::string& text) {
  std::string plain = text.substr(0, 20);
  for (char& c : plain) c = c >= ' ' && c <= '~' ? c : '?';
  return "'" + plain + "'";
}

}  // namespace quaver
