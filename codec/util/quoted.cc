#include "codec/util/quoted.h"

#include <cstddef>
#include <nlohmann/json.hpp>

namespace quaver {

std::string Quoted(std::string_view text) {
  constexpr size_t kMost = 80;
  std::string cut(text.substr(0, kMost));
  if (text.size() > kMost) cut += "...";
  return nlohmann::json(cut).dump(-1, ' ', /*ensure_ascii=*/true, nlohmann::json::error_handler_t::replace);
}

}  // namespace quaver
