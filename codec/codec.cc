#include "codec/codec.h"

#include <utility>
#include <vector>

#include "codec/bitstream/entropy_model.h"
#include "codec/encode/bitrate.h"
#include "codec/model/builtin.h"
#include "codec/model/find.h"
#include "codec/model_access.h"

namespace quaver {
namespace {

// The entropy model of a weights file, with its network if it has one. Takes its parts out of `view`.
Result<EntropyModel> CreateEntropyModel(WeightsView& view) {
  auto entropy = EntropyModel::Create(view.config.bottleneck, std::move(view.frequencies));
  if (!entropy.ok() || view.entropy_network.units == 0) return entropy;
  const auto found = view.tensors.find(kCodebook);
  const auto codebook = found == view.tensors.end() ? std::vector<float>() : Promote(found->second);
  auto network = EntropyNetwork::Create(view.config.bottleneck, codebook, std::move(view.entropy_network));
  if (!network.ok()) return network.error();
  entropy.value().SetNetwork(std::move(network).value());
  return entropy;
}

Result<std::shared_ptr<const Model>> LoadFound(const Result<FoundModel>& found) {
  if (!found.ok()) return found.error();
  const FoundModel& model = found.value();
  return internal::ModelAccess::FromBytes(model.bytes(), model.source, model.verify());
}

}  // namespace

struct Model::Impl {
  Config config;
  Identity identity;
  std::map<std::string, std::string> metadata;
  EntropyModel entropy;
  std::unique_ptr<const internal::NetworkPlan> plan;
  Result<std::vector<double>> expected_bitrates;
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
double Model::frame_rate() const { return impl_->config.frame_rate(); }

const Config& internal::ModelAccess::config(const Model& model) { return model.impl_->config; }
const internal::NetworkPlan& internal::ModelAccess::plan(const Model& model) { return *model.impl_->plan; }
const Result<std::vector<double>>& internal::ModelAccess::expected_bitrates(const Model& model) {
  return model.impl_->expected_bitrates;
}

Result<std::shared_ptr<const Model>> Model::Load(const std::string& path) {
  const auto bytes = ReadModelFile(path);
  if (!bytes.ok()) return bytes.error();
  return FromBytes(bytes.value(), path);
}

Result<std::shared_ptr<const Model>> Model::FromBytes(std::span<const uint8_t> bytes,
                                                      const std::string& source) {
  return internal::ModelAccess::FromBytes(bytes, source, Verify::kHash);
}

Result<std::shared_ptr<const Model>> internal::ModelAccess::FromBytes(std::span<const uint8_t> bytes,
                                                                      const std::string& source,
                                                                      Verify verify) {
  auto opened = OpenWeights(bytes, source, verify);
  if (!opened.ok()) return opened.error();
  WeightsView& view = opened.value();
  auto entropy = CreateEntropyModel(view);
  if (!entropy.ok()) return Error{source + ": " + entropy.message()};
  auto plan = std::make_unique<const NetworkPlan>(view);
  auto rates = ParseExpectedBitrates(view.metadata, static_cast<size_t>(view.config.bottleneck.groups),
                                     view.config.bottleneck.codes(), view.config.frame_rate());
  auto impl = std::make_unique<const Model::Impl>(
      Model::Impl{std::move(view.config), view.identity, std::move(view.metadata), std::move(entropy).value(),
                  std::move(plan), std::move(rates)});
  return std::shared_ptr<const Model>(new Model(std::move(impl)));
}

Result<std::shared_ptr<const Model>> internal::ModelAccess::FromWeights(Weights weights) {
  const auto bytes = SerializeWeights(weights);
  if (!bytes.ok()) return bytes.error();
  return FromBytes(bytes.value(), "weights", Verify::kTrusted);
}

Result<std::shared_ptr<const Model>> Model::BuiltIn() {
  const std::span<const uint8_t> bytes = BuiltInWeights();
  if (bytes.empty()) return Error{"built-in model: none was embedded when the library was built"};
  return internal::ModelAccess::FromBytes(bytes, "built-in model", Verify::kTrusted);
}

Result<std::shared_ptr<const Model>> Model::Find(const std::string& name_or_file) {
  return LoadFound(FindByName(name_or_file));
}

Result<std::shared_ptr<const Model>> Model::Find(const Identity& identity) {
  return LoadFound(FindByIdentity(identity));
}

size_t Model::matrix_bytes() const { return impl_->plan->matrix_bytes(); }

}  // namespace quaver
