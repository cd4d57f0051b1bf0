#include "codec/codec.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "codec/bitstream/entropy_model.h"
#include "codec/model/builtin.h"
#include "codec/model/config.h"
#include "codec/model/weights.h"
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

struct Model::Impl {
  Config config;
  Identity identity;
  std::map<std::string, std::string> metadata;
  EntropyModel entropy;
  std::unique_ptr<const internal::NetworkPlan> plan;
};

Model::Model(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Model::~Model() = default;

const Identity& Model::identity() const { return impl_->identity; }
const std::map<std::string, std::string>& Model::metadata() const { return impl_->metadata; }
const EntropyModel& Model::entropy() const { return impl_->entropy; }
int Model::sample_rate() const { return impl_->config.sample_rate; }
int Model::frame() const { return impl_->config.frame(); }
int Model::groups() const { return impl_->config.bottleneck.groups; }
int Model::codes() const { return impl_->config.bottleneck.codes(); }
int Model::delay() const { return impl_->config.overlap; }
const Config& Model::config() const { return impl_->config; }
const internal::NetworkPlan& Model::plan() const { return *impl_->plan; }

Result<std::shared_ptr<const Model>> Model::Load(const std::string& path) {
  const auto bytes = ReadFile(path);
  if (!bytes.ok()) return bytes.error();
  return FromBytes(bytes.value(), path);
}

Result<std::shared_ptr<const Model>> Model::FromBytes(std::span<const uint8_t> bytes,
                                                      const std::string& source) {
  return FromBytes(bytes, source, Verify::kHash);
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
  if (view.context.units > 0) {
    const auto found = view.tensors.find(kCodebook);
    const auto codebook = found == view.tensors.end() ? std::vector<float>() : Promote(found->second);
    auto network = ContextNetwork::Create(view.config.bottleneck, codebook, std::move(view.context));
    if (!network.ok()) return network.error();
    entropy.value().SetNetwork(std::move(network).value());
  }
  auto plan = std::make_unique<const internal::NetworkPlan>(view);
  auto impl =
      std::make_unique<const Impl>(Impl{std::move(view.config), view.identity, std::move(view.metadata),
                                        std::move(entropy).value(), std::move(plan)});
  return std::shared_ptr<const Model>(new Model(std::move(impl)));
}

Result<std::shared_ptr<const Model>> Model::BuiltIn() {
  const std::span<const uint8_t> bytes = BuiltInWeights();
  if (bytes.empty()) return Error{"built-in model: none was embedded when the library was built"};
  return FromBytes(bytes, "built-in model", Verify::kTrusted);
}

size_t Model::matrix_bytes() const { return impl_->plan->matrix_bytes(); }

}  // namespace quaver
