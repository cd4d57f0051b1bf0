// What `quaver data` says of a source of training data: facts as JSON, and the same for people.
#ifndef QUAVER_APPS_DATA_DESCRIBE_DATA_H_
#define QUAVER_APPS_DATA_DESCRIBE_DATA_H_

#include <nlohmann/json.hpp>
#include <string>

#include "codec/train/data/survey.h"

namespace quaver {

nlohmann::json SurveyJson(const std::string& path, const Survey& survey);
std::string SurveyText(const std::string& path, const Survey& survey);

}  // namespace quaver

#endif  // QUAVER_APPS_DATA_DESCRIBE_DATA_H_
