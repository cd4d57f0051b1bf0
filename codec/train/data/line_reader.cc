#include "codec/train/data/line_reader.h"

namespace quaver {

bool LineReader::Next() {
  file_.getline(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  auto count = static_cast<size_t>(file_.gcount());
  too_long_ = file_.fail() && count > 0;       // the buffer was full before the line ended
  if (!file_.fail() && !file_.eof()) --count;  // the end of the line
  line_ = std::string_view(buffer_.data(), count);
  return too_long_ || !file_.fail();
}

}  // namespace quaver
