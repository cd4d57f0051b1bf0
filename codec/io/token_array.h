// Arrays of integers, as files hold them, read as matrices of tokens.
#ifndef QUAVER_CODEC_IO_TOKEN_ARRAY_H_
#define QUAVER_CODEC_IO_TOKEN_ARRAY_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "codec/byte_stream.h"
#include "codec/status.h"

namespace quaver {

inline constexpr size_t kMaxTokenColumns = 1024;
inline constexpr size_t kMaxTokenBytes = size_t{1} << 30;  // of a matrix that is read, at 2 bytes a token

// The order of an array's dimensions: [frames, tokens a frame] or [tokens a frame, frames].
enum class TokenLayout { kFramesFirst, kFramesLast };

// values [rows, columns], row by row: a row is a frame. kNoToken (65535) stands for a token that is not
// there.
struct TokenMatrix {
  size_t rows = 0;
  size_t columns = 0;
  std::vector<uint16_t> values;
  TokenLayout layout = TokenLayout::kFramesFirst;  // of the array that it was read from

  // "row 3, column 2" as the array itself counts them.
  std::string Place(size_t row, size_t column) const;
};

// How a file holds an array.
struct ArrayFormat {
  int bytes = 2;  // of a value: 2, 4 or 8
  bool is_signed = false;
  bool big_endian = false;
  bool fortran_order = false;   // the first index changes fastest
  std::vector<uint64_t> shape;  // may begin with dimensions of 1, which are dropped down to two
};

// The format of an element by the kind ('i', 'u') and size of NumPy's descr, without the shape; an error for
// all but int16, int32, int64, uint16 and uint32. `dtype` is what the file calls it, for the message.
Result<ArrayFormat> IntegerFormat(char kind, int bytes, const std::string& dtype);

// Reads the values that the shape promises, and the end after them. -1 and 65535 say "no token". Refused,
// with `name`, the place and the cause: any other value outside 0 .. 65534, a shape that is not two
// dimensions, more than kMaxTokenColumns tokens a frame or kMaxTokenBytes, fewer or more bytes than the shape
// needs.
Result<TokenMatrix> ReadTokenValues(const ByteSource& source, const std::string& name,
                                    const ArrayFormat& format, TokenLayout layout);

// Fills the span as far as the source goes; the bytes read, or -1.
int64_t ReadFully(const ByteSource& source, std::span<uint8_t> out);

// Foreign text as a message may show it: quoted, short, printable.
std::string PlainText(const std::string& text);

}  // namespace quaver

#endif  // QUAVER_CODEC_IO_TOKEN_ARRAY_H_
