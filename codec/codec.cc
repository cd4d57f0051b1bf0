#include "codec/codec.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <utility>

#include "codec/model/builtin.h"
#include "codec/runtime/bottleneck.h"
#include "codec/runtime/buffer.h"
#include "codec/runtime/network_plan.h"

namespace quaver {
namespace {

constexpr size_t kMaxWeightsBytes = size_t{1} << 30;  // of a weights file

Result<std::vector<uint8_t>> ReadFile(const std::string& path) {
  const auto close = [](std::FILE* open) { std::fclose(open); };
  const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "rb"), close);
  if (file == nullptr) return Error{path + ": cannot be opened: " + std::strerror(errno)};
  std::vector<uint8_t> bytes;
  constexpr size_t kChunk = 1 << 20;
  for (;;) {
    const size_t size = bytes.size();
    bytes.resize(size + kChunk);
    const size_t got = std::fread(bytes.data() + size, 1, kChunk, file.get());
    bytes.resize(size + got);
    if (std::ferror(file.get()) != 0) {
      return Error{path + ": cannot be read at byte " + std::to_string(size + got) + ": " +
                   std::strerror(errno)};
    }
    if (got == 0) return bytes;
    if (bytes.size() > kMaxWeightsBytes) return Error{path + ": larger than 1 GiB, so not a weights file"};
  }
}

}  // namespace

Model::Model() = default;
Model::~Model() = default;

Result<std::shared_ptr<const Model>> Model::Load(const std::string& path) {
  const auto bytes = ReadFile(path);
  if (!bytes.ok()) return bytes.error();
  return FromBytes(bytes.value(), path);
}

Result<std::shared_ptr<const Model>> Model::FromBytes(std::span<const uint8_t> bytes,
                                                      const std::string& source, Verify verify) {
  auto view = OpenWeights(bytes, source, verify);
  if (!view.ok()) return view.error();
  auto model = FromView(std::move(view).value());
  if (!model.ok()) return Error{source + ": " + model.message()};
  return model;
}

Result<std::shared_ptr<const Model>> Model::FromWeights(Weights weights) {
  const auto bytes = SerializeWeights(weights);
  if (!bytes.ok()) return bytes.error();
  return FromBytes(bytes.value(), "weights", Verify::kTrusted);
}

Result<std::shared_ptr<const Model>> Model::FromView(WeightsView view) {
  auto entropy = EntropyModel::Create(view.config.bottleneck, std::move(view.frequencies));
  if (!entropy.ok()) return entropy.error();
  const std::shared_ptr<Model> model(new Model);
  model->entropy_ = std::move(entropy).value();
  model->plan_ = std::make_unique<const internal::NetworkPlan>(view);
  model->config_ = std::move(view.config);
  model->identity_ = view.identity;
  model->metadata_ = std::move(view.metadata);
  return std::shared_ptr<const Model>(model);
}

Result<std::shared_ptr<const Model>> Model::BuiltIn() {
  const std::span<const uint8_t> bytes = BuiltInWeights();
  if (bytes.empty()) return Error{"built-in model: none was embedded when the library was built"};
  return FromBytes(bytes, "built-in model", Verify::kTrusted);
}

size_t Model::matrix_bytes() const { return plan_->matrix_bytes(); }

}  // namespace quaver
