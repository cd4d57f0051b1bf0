// The page of `quaver report`: page.html with style.css, script.js and the data inside it.
#ifndef QUAVER_APPS_REPORT_PAGE_H_
#define QUAVER_APPS_REPORT_PAGE_H_

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

namespace quaver {

// data: {"generated":, "version":, "runs": [of DescribeRun()]}. Nothing in it can become markup or a script.
std::string MakePage(const nlohmann::ordered_json& data);

// RFC 4648, with padding.
std::string Base64(std::span<const uint8_t> bytes);

}  // namespace quaver

#endif  // QUAVER_APPS_REPORT_PAGE_H_
