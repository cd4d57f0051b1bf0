// A .qvr file or an array of tokens, told apart by their first bytes, so that a pipe works.
#ifndef QUAVER_APPS_CLI_TOKEN_FILE_H_
#define QUAVER_APPS_CLI_TOKEN_FILE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "codec/byte_stream.h"
#include "codec/container/token_array_file.h"
#include "codec/status.h"

namespace quaver {

struct TokenFile {
  std::string name;                              // for messages
  TokenArrayKind array = TokenArrayKind::kNone;  // kNone: .qvr, or nothing known
  ByteSource source;
  ByteSeek seek;                                     // null: it cannot
  int64_t size = -1;                                 // bytes, -1 if not known
  std::shared_ptr<std::atomic<int64_t>> bytes_read;  // so far
  std::shared_ptr<std::atomic<bool>> ended;          // the source has said so
};

Result<TokenFile> OpenTokenFile(const std::string& path);

// What --layout says: "T,n_q" or "n_q,T"; brackets, blanks and case do not matter.
Result<TokenLayout> ParseLayout(const std::string& text);

}  // namespace quaver

#endif  // QUAVER_APPS_CLI_TOKEN_FILE_H_
