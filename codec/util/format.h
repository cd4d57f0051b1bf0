// printf into a string.
#ifndef QUAVER_CODEC_UTIL_FORMAT_H_
#define QUAVER_CODEC_UTIL_FORMAT_H_

#include <string>

namespace quaver {

[[gnu::format(printf, 1, 2)]] std::string Format(const char* format, ...);

}  // namespace quaver

#endif  // QUAVER_CODEC_UTIL_FORMAT_H_
