#include <string>

#include "apps/cli/printable.h"
#include "apps/info/describe.h"
#include "codec/model/find.h"
#include "codec/model/layers.h"
#include "codec/model/weights.h"
#include "codec/util/format.h"

namespace quaver {
namespace {

constexpr size_t kMaxShown = 300;  // characters of a metadata entry

std::string Shown(const std::string& text) {
  return Printable(text.substr(0, kMaxShown)) + (text.size() > kMaxShown ? "..." : "");
}

// "VP: 18 groups, each with a codebook of 1024 codes in 4 dimensions".
std::string BottleneckText(const Weights& weights) {
  const BottleneckConfig& bottleneck = weights.config.bottleneck;
  const auto codebook = weights.tensors.find(kCodebook);
  if (codebook == weights.tensors.end()) {
    std::string levels;
    for (const int level : bottleneck.levels) levels += (levels.empty() ? "" : " x ") + std::to_string(level);
    return Format("FSP (%s): %d groups of %s = %d codes", bottleneck.cdf.c_str(), bottleneck.groups,
                  levels.c_str(), bottleneck.codes());
  }
  const bool shared = codebook->second.shape[0] == 1 && bottleneck.groups > 1;
  return Format("VP: %d groups, %s of %d codes in %d dimensions", bottleneck.groups,
                shared ? "one codebook for all" : "each with a codebook", bottleneck.codes(),
                bottleneck.dims());
}

std::string EntropyText(const Weights& weights) {
  if (weights.entropy_network.units == 0) return "frequency tables";
  return Format("frequency tables and a network of %d units a group", weights.entropy_network.units);
}

}  // namespace

Result<Description> DescribeWeights(const std::string& path) {
  const auto bytes = ReadModelFile(path);
  if (!bytes.ok()) return bytes.error();
  const auto parsed = ParseWeights(bytes.value(), path, Verify::kHash);
  if (!parsed.ok()) return parsed.error();
  const Weights& weights = parsed.value();
  const NetworkCost cost = CountCost(weights.config);
  const std::string config = CanonicalJson(weights.config);

  Description d;
  d.facts = {{"file", path},
             {"kind", "weights"},
             {"name", weights.config.name},
             {"identity", ToHex(weights.identity)},
             {"bottleneck", BottleneckText(weights)},
             {"entropy_network_units", weights.entropy_network.units},
             {"file_bytes", bytes.value().size()},
             {"parameters", cost.parameters},
             {"gmac_per_second", cost.macs_per_second / 1e9},
             {"config", nlohmann::json::parse(config, nullptr, false)},
             {"metadata", weights.metadata}};
  d.text = Printable(path) + ": weights of a model\n";
  d.text += "  name        " + Shown(weights.config.name) + "\n";
  d.text += "  identity    " + ToHex(weights.identity) + "\n";
  d.text += "  bottleneck  " + BottleneckText(weights) + "\n";
  d.text += "  entropy     " + EntropyText(weights) + "\n";
  d.text += Format(
      "  size        %zu bytes, %.2f M parameters, %.3f GMAC per second of audio (encoder and decoder)\n",
      bytes.value().size(), 1e-6 * static_cast<double>(cost.parameters), cost.macs_per_second / 1e9);
  d.text += "  config      " + config + "\n";
  for (const auto& [key, value] : weights.metadata) d.text += "  " + Shown(key) + ": " + Shown(value) + "\n";
  return d;
}

}  // namespace quaver
