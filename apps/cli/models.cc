#include "apps/cli/models.h"

namespace quaver {
Result<std::shared_ptr<const Model>> Models::ChosenLocked() {
  if (chosen_ == nullptr) {
    auto model = Model::Find(name_.empty() ? "default" : name_);
    if (!model.ok()) return model;
    chosen_ = std::move(model).value();
  }
  return chosen_;
}

Result<std::shared_ptr<const Model>> Models::Chosen() {
  const std::lock_guard lock(mutex_);
  return ChosenLocked();
}

Result<std::shared_ptr<const Model>> Models::For(const Identity& identity) {
  const std::lock_guard lock(mutex_);
  if (!name_.empty()) {
    auto model = ChosenLocked();
    if (!model.ok() || model.value()->identity() == identity) return model;
    return Error{"made with the model " + ToHex(identity) + ", but --model " + name_ + " is " +
                 ToHex(model.value()->identity())};
  }
  const auto known = found_.find(identity);
  if (known != found_.end()) return known->second;
  auto model = Model::Find(identity);
  if (model.ok()) found_[identity] = model.value();
  return model;
}

}  // namespace quaver
