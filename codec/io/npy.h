// Token matrices as NumPy .npy files: version 1.0, '<u2' (uint16 little-endian), two dimensions, C order.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#ifndef QUAVER_CODEC_IO_NPY_H_
#define QUAVER_CODEC_IO_NPY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/byte_stream.h"
#include "codec/io/atomic_file.h"
#include "codec/status.h"

namespace quaver {

// values [rows, columns], row by row.
struct TokenMatrix {
  size_t rows = 0;
  size_t columns = 0;
  std::vector<uint16_t> values;
};

inline constexpr std::string_view kNpyMagic = "\x93NUMPY";  // a file begins with it
inline constexpr size_t kMaxNpyColumns = 1024;
inline constexpr size_t kMaxNpyBytes = size_t{1} << 30;  // of values that the reader takes

// Row by row into a file; the number of rows is written at the end. Into a pipe ("-") the rows are held until
// Commit(), since the header comes first.
class NpyWriter {
 public:
  // columns: 1 .. kMaxNpyColumns.
  static Result<std::unique_ptr<NpyWriter>> Create(const std::string& path, size_t columns,
                                                   Existing existing = Existing::kReplace);
  // values.size() must be a multiple of columns.
  Status Write(std::span<const uint16_t> values);
  // Makes the file appear; without it nothing is left behind.
  Status Commit();

 private:
  NpyWriter(std::unique_ptr<AtomicFile> file, size_t columns);
  std::unique_ptr<AtomicFile> file_;
  size_t columns_;
  uint64_t rows_ = 0;
  std::vector<uint8_t> held_;  // when streaming
};

// Reads a whole file; "-" is standard input. Files of version 1.0 to 3.0 with dtype '<u2' and C order; a
// vector [n] counts as n rows of one column. Refused, with the file, the place and the cause: any other
// dtype, a damaged or oversized header, a shape that disagrees with the bytes that follow.
Result<TokenMatrix> ReadNpy(const std::string& path);
// The same from a source; `name` goes into errors.
Result<TokenMatrix> ReadNpy(const ByteSource& source, const std::string& name);

}  // namespace quaver

#endif  // QUAVER_CODEC_IO_NPY_H_
