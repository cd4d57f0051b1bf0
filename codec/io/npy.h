// Token matrices as NumPy .npy and .npz files. Written: .npy of version 1.0, '<u2' (uint16 little-endian),
// two dimensions, C order. Read: what codec/io/token_array.h takes.
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
#include "codec/io/token_array.h"
#include "codec/status.h"

namespace quaver {

inline constexpr std::string_view kNpyMagic = "\x93NUMPY";   // a file begins with it
inline constexpr std::string_view kZipMagic = "PK\x03\x04";  // so does an .npz

// Row by row into a file; the number of rows is written at the end. Into a pipe ("-") the rows are held until
// Commit(), since the header comes first.
class NpyWriter {
 public:
  // columns: 1 .. kMaxTokenColumns.
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

// Reads a whole .npy of version 1.0 to 3.0; "-" is standard input. Refused, with the file, the place and the
// cause: a damaged or oversized header, and what IntegerFormat() and ReadTokenValues() refuse.
Result<TokenMatrix> ReadNpy(const std::string& path, TokenLayout layout = TokenLayout::kFramesFirst);
// The same from a source; `name` goes into errors.
Result<TokenMatrix> ReadNpy(const ByteSource& source, const std::string& name,
                            TokenLayout layout = TokenLayout::kFramesFirst);

// The one array of an .npz, as np.savez and np.savez_compressed write it; all of the file, at most 1 GiB, is
// held in memory. Refused: no zip archive, several arrays (which are named), an archive of PyTorch,
// encryption.
Result<TokenMatrix> ReadNpz(const ByteSource& source, const std::string& name,
                            TokenLayout layout = TokenLayout::kFramesFirst);

}  // namespace quaver

#endif  // QUAVER_CODEC_IO_NPY_H_
