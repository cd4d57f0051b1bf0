// What `quaver info` finds out about a file: facts as JSON, and the same for people.
#ifndef QUAVER_APPS_INFO_DESCRIBE_H_
#define QUAVER_APPS_INFO_DESCRIBE_H_

#include <nlohmann/json.hpp>
#include <string>

#include "apps/cli/models.h"
#include "apps/cli/token_file.h"
#include "codec/status.h"

namespace quaver {

struct Description {
  nlohmann::json facts;
  std::string text;      // lines
  bool damaged = false;  // something of a .qvr is lost
};

// The kind of the file is told by its first bytes; a .safetensors file is weights, or else tokens. `layout`
// is that of arrays of tokens.
Result<Description> DescribeFile(const std::string& path, TokenLayout layout, Models& models);
Result<Description> DescribeWeights(const std::string& path);

}  // namespace quaver

#endif  // QUAVER_APPS_INFO_DESCRIBE_H_
