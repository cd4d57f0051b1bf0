// Reads the lines of a file that may be hostile: no line takes more memory than the limit.
#ifndef QUAVER_CODEC_TRAIN_DATA_LINE_READER_H_
#define QUAVER_CODEC_TRAIN_DATA_LINE_READER_H_

#include <cstddef>
#include <istream>
#include <string_view>
#include <vector>

namespace quaver {

class LineReader {
 public:
  // most: bytes in a line without its line end, at least 1.
  LineReader(std::istream& file, size_t most) : file_(file), buffer_(most + 1) {}

  // False at the end of the file. A line that is too long is the last one: what follows it is not read.
  bool Next();
  std::string_view line() const { return line_; }  // valid until Next(); cut short if too_long()
  bool too_long() const { return too_long_; }

 private:
  std::istream& file_;
  std::vector<char> buffer_;
  std::string_view line_;
  bool too_long_ = false;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DATA_LINE_READER_H_
