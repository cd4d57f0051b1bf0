// The models that a command uses: each is loaded once and shared by all inputs.
#ifndef QUAVER_APPS_CLI_MODELS_H_
#define QUAVER_APPS_CLI_MODELS_H_

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "codec/codec.h"
#include "codec/status.h"

namespace quaver {

class Models {
 public:
  // `name`: what --model says, or empty.
  explicit Models(std::string name) : name_(std::move(name)) {}

  // The model to encode with: that of --model, else the default.
  Result<std::shared_ptr<const Model>> Chosen();
  // The model that a stream was made with. An error when it cannot be found, or when --model names another
  // one.
  Result<std::shared_ptr<const Model>> For(const Identity& identity);

 private:
  Result<std::shared_ptr<const Model>> ChosenLocked();

  std::string name_;
  std::mutex mutex_;
  std::shared_ptr<const Model> chosen_;
  std::map<Identity, std::shared_ptr<const Model>> found_;
};

}  // namespace quaver

#endif  // QUAVER_APPS_CLI_MODELS_H_
