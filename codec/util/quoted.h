// Text from outside in messages for people.
#ifndef QUAVER_CODEC_UTIL_QUOTED_H_
#define QUAVER_CODEC_UTIL_QUOTED_H_

#include <string>
#include <string_view>

namespace quaver {

// Text from a file for an error message: in quotes, control characters escaped, cut after 80 bytes.
std::string Quoted(std::string_view text);

}  // namespace quaver

#endif  // QUAVER_CODEC_UTIL_QUOTED_H_
