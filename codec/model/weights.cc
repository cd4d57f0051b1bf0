#include "codec/model/weights.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "codec/bitstream/entropy_model.h"
#include "codec/model/eight_bit.h"
#include "codec/model/half.h"
#include "codec/model/hash.h"
#include "codec/model/layers.h"
#include "codec/model/safetensors.h"
#include "codec/util/quoted.h"

namespace quaver {
namespace {

constexpr const char* kFormat = "quaver";
constexpr const char* kFormatVersion = "1";
constexpr const char* kFormatVersionWithEightBit = "2";
constexpr const char* kFormatVersionWithSmallTables = "3";  // matrices may have 8 bits, too
constexpr const char* kScale = ".scale";  // after the name of a matrix in 8 bits: the scales of its rows
constexpr const char* kFrequencies = "entropy.frequencies";
constexpr const char* kHidden = "entropy.network.hidden";
constexpr const char* kSymbols = "entropy.network.symbols";
constexpr const char* kReserved[] = {"format", "format_version", "config", "identity"};

// What a tensor must look like.
struct Expected {
  std::string dtype;
  std::vector<int64_t> shape;
  uint64_t count() const {
    uint64_t product = 1;
    for (const int64_t size : shape) product *= static_cast<uint64_t>(size);
    return product;
  }
  uint64_t bytes() const { return count() * (dtype == "F32" ? 4 : dtype == "I8" ? 1 : 2); }
};

bool IsEightBit(const StoredTensor& tensor) { return tensor.dtype == "I8"; }
bool IsEightBit(const Tensor& tensor) { return !tensor.scales.empty(); }

// By name, in the order that the identity needs.
std::map<std::string, Expected> ExpectedTensors(const Config& config) {
  std::map<std::string, Expected> expected;
  for (TensorSpec& spec : ListTensors(config)) {
    expected[spec.name] = {spec.matrix ? "F16" : "F32", std::move(spec.shape)};
  }
  for (TensorSpec& spec : ListBottleneckTensors(config)) expected[spec.name] = {"F32", std::move(spec.shape)};
  const size_t frequencies = EntropyModel::TableSize(config.bottleneck);
  expected[kFrequencies] = {"U16", {static_cast<int64_t>(frequencies)}};
  return expected;
}

int64_t SmallTables(const Config& config) {
  return static_cast<int64_t>(EntropyModel::TableSize(config.bottleneck, TableContexts::kThisFrame));
}

// One codebook may serve all groups; whether it does, `tensors` (by name) says.
template <typename Have>
void AllowShared(const std::map<std::string, Have>& tensors, std::map<std::string, Expected>& expected) {
  const auto have = tensors.find(kCodebook);
  const auto wanted = expected.find(kCodebook);
  if (have == tensors.end() || wanted == expected.end()) return;
  if (!have->second.shape.empty() && have->second.shape[0] == 1) wanted->second.shape[0] = 1;
}

// A matrix may be in 8 bits, with a scale for each row; which are, `tensors` (by name) says.
template <typename Have>
void AllowEightBit(const std::map<std::string, Have>& tensors, std::map<std::string, Expected>& expected) {
  std::map<std::string, Expected> scales;
  for (auto& [name, wanted] : expected) {
    const auto have = tensors.find(name);
    if (wanted.dtype != "F16" || have == tensors.end() || !IsEightBit(have->second)) continue;
    wanted.dtype = "I8";
    scales[name + kScale] = {"F32", {wanted.shape[0]}};
  }
  expected.merge(scales);
}

// A model may have a network of so many units a group; 0: it has none.
void AllowNetwork(const Config& config, int64_t units, std::map<std::string, Expected>& expected) {
  if (units == 0) return;
  const int64_t groups = config.bottleneck.groups;
  expected[kHidden] = {"I16", {EntropyNetworkWeights::Inputs(config.bottleneck), groups * units}};
  expected[kSymbols] = {"I16", {groups, units, EntropyNetworkWeights::Symbols(config.bottleneck)}};
}

// The units that the tensors of a file claim, whatever their shapes; 0 if they claim no network.
int64_t UnitsOf(const std::map<std::string, StoredTensor>& tensors, const Config& config) {
  if (!tensors.contains(kHidden) && !tensors.contains(kSymbols)) return 0;
  const auto hidden = tensors.find(kHidden);
  if (hidden == tensors.end() || hidden->second.shape.size() != 2) return 1;
  const uint64_t units = hidden->second.shape[1] / static_cast<uint64_t>(config.bottleneck.groups);
  return static_cast<int64_t>(std::clamp<uint64_t>(units, 1, kMaxEntropyUnits));
}

template <typename T>
std::string ShapeText(const std::vector<T>& shape) {
  std::string text = "[";
  for (const T size : shape) text.append(text.size() > 1 ? ", " : "").append(std::to_string(size));
  return text.append("]");
}

std::string Place(const std::string& source, const std::string& name) {
  return source + ": tensor " + Quoted(name) + ": ";
}

// "missing "a", "b" and 3 more", or nothing when `names` is empty.
std::string NameSome(const std::string& what, const std::vector<std::string>& names) {
  constexpr size_t kMost = 4;
  std::string text;
  for (size_t i = 0; i < std::min(kMost, names.size()); ++i) text += (i == 0 ? " " : ", ") + Quoted(names[i]);
  if (names.size() > kMost) text += " and " + std::to_string(names.size() - kMost) + " more";
  return names.empty() ? "" : what + text;
}

// Both maps by name: the tensors of a file (or of a Weights) and those of the configuration.
template <typename Have>
Status CheckNames(const std::map<std::string, Have>& have, const std::map<std::string, Expected>& expected,
                  const std::string& source) {
  std::vector<std::string> missing, surplus;
  for (const auto& [name, unused] : expected) {
    if (!have.contains(name)) missing.push_back(name);
  }
  for (const auto& [name, unused] : have) {
    if (!expected.contains(name)) surplus.push_back(name);
  }
  if (missing.empty() && surplus.empty()) return {};
  const std::string lacks = NameSome("missing", missing);
  const std::string extra = NameSome("not part of the configuration", surplus);
  return Error{source + ": tensors: " + lacks + (missing.empty() || surplus.empty() ? "" : "; ") + extra};
}

uint16_t LoadU16(const uint8_t* bytes) { return static_cast<uint16_t>(bytes[0] | bytes[1] << 8); }

uint32_t LoadU32(const uint8_t* bytes) {
  return LoadU16(bytes) | static_cast<uint32_t>(LoadU16(bytes + 2)) << 16;
}

void AppendU16(std::vector<uint8_t>& out, uint16_t value) {
  out.push_back(static_cast<uint8_t>(value));
  out.push_back(static_cast<uint8_t>(value >> 8));
}

void AppendU32(std::vector<uint8_t>& out, uint32_t value) {
  AppendU16(out, static_cast<uint16_t>(value));
  AppendU16(out, static_cast<uint16_t>(value >> 16));
}

// What the metadata of a file says about the model.
struct Claims {
  Config config;
  std::string canonical;
  Identity identity{};
  std::map<std::string, std::string> metadata;  // the free ones
};

Status CheckFormat(const std::map<std::string, std::string>& metadata, const std::string& source) {
  for (const char* key : kReserved) {
    if (!metadata.contains(key)) {
      return Error{source + ": metadata: \"" + key + "\" is missing: not a weights file of quaver"};
    }
  }
  if (metadata.at("format") != kFormat) {
    return Error{source + ": metadata: \"format\" is " + Quoted(metadata.at("format")) + ", not \"quaver\""};
  }
  const std::string& version = metadata.at("format_version");
  if (version != kFormatVersion && version != kFormatVersionWithEightBit &&
      version != kFormatVersionWithSmallTables) {
    return Error{source + ": metadata: \"format_version\" is " + Quoted(version) +
                 "; this build reads versions 1 to 3"};
  }
  return {};
}

// Of the texts only the name is free, the others must be one of a list. ASCII has one way to be written as
// JSON.
Status CheckPlain(const Config& config) {
  const auto plain = [](char c) { return c >= ' ' && c <= '~'; };
  for (const std::string* text : {&config.name, &config.bottleneck.type, &config.bottleneck.cdf}) {
    if (!std::all_of(text->begin(), text->end(), plain)) {
      return Error{"configuration: " + Quoted(*text) + " has characters that are not printable ASCII"};
    }
  }
  return {};
}

Status CheckHasTokens(const Config& config) {
  const std::string& type = config.bottleneck.type;
  if (type == "fsp" || type == "vp") return {};
  return Error{"configuration, bottleneck: type " + Quoted(type) +
               " is for comparison in training, such a model has no tokens at run time"};
}

Result<Claims> ReadClaims(const SafetensorsHeader& header, const std::string& source) {
  const Status format = CheckFormat(header.metadata, source);
  if (!format.ok()) return format.error();
  Claims claims;
  claims.canonical = header.metadata.at("config");
  auto config = ParseConfig(claims.canonical);
  if (!config.ok()) return Error{source + ": metadata: " + config.message()};
  const Status plain = CheckPlain(config.value());
  if (!plain.ok()) return Error{source + ": metadata: " + plain.message()};
  const Status has_tokens = CheckHasTokens(config.value());
  if (!has_tokens.ok()) return Error{source + ": metadata: " + has_tokens.message()};
  // One configuration has one text, so that keys given twice or hidden white space cannot be smuggled in.
  if (CanonicalJson(config.value()) != claims.canonical) {
    return Error{source +
                 ": metadata: \"config\" is not in canonical form (one line, sorted keys, no spaces)"};
  }
  claims.config = std::move(config).value();
  const auto identity = IdentityFromHex(header.metadata.at("identity"));
  if (!identity.ok()) return Error{source + ": metadata: \"identity\": " + identity.message()};
  claims.identity = identity.value();
  claims.metadata = header.metadata;
  for (const char* key : kReserved) claims.metadata.erase(key);
  return claims;
}

Status CheckTensor(const StoredTensor& stored, const Expected& expected, const std::string& place) {
  if (stored.dtype != expected.dtype) {
    return Error{place + "its dtype is " + Quoted(stored.dtype) + ", not " + expected.dtype};
  }
  const auto same = [](uint64_t size, int64_t wanted) { return size == static_cast<uint64_t>(wanted); };
  if (!std::equal(stored.shape.begin(), stored.shape.end(), expected.shape.begin(), expected.shape.end(),
                  same)) {
    return Error{place + "its shape is " + ShapeText(stored.shape) + ", not " + ShapeText(expected.shape)};
  }
  const uint64_t bytes = stored.end - stored.begin;
  if (bytes != expected.bytes()) {
    return Error{place + "has " + std::to_string(bytes) + " bytes, its shape needs " +
                 std::to_string(expected.bytes())};
  }
  return {};
}

Error NotFinite(const std::string& place, size_t index) {
  return Error{place + "value " + std::to_string(index) + " is not finite"};
}

bool IsMatrix(const TensorBytes& tensor) { return tensor.dtype == "F16"; }

float ValueAt(const TensorBytes& tensor, size_t index) {
  const uint8_t* bytes = tensor.bytes.data();
  return IsMatrix(tensor) ? HalfToFloat(LoadU16(bytes + 2 * index))
                          : std::bit_cast<float>(LoadU32(bytes + 4 * index));
}

size_t Count(const TensorBytes& tensor) { return tensor.bytes.size() / (IsMatrix(tensor) ? 2 : 4); }

// Plain loops, which the compiler makes vector code of: an exponent of all ones is an infinity or a NaN.
bool AllFinite(const TensorBytes& tensor) {
  const uint8_t* bytes = tensor.bytes.data();
  const size_t count = Count(tensor);
  if (IsMatrix(tensor)) {
    uint16_t bad = 0;
    for (size_t i = 0; i < count; ++i) bad |= (LoadU16(bytes + 2 * i) & 0x7C00u) == 0x7C00u;
    return bad == 0;
  }
  uint32_t bad = 0;
  for (size_t i = 0; i < count; ++i) bad |= (LoadU32(bytes + 4 * i) & 0x7F800000u) == 0x7F800000u;
  return bad == 0;
}

Status CheckFinite(const TensorBytes& tensor, const std::string& place) {
  if (AllFinite(tensor)) return {};
  size_t index = 0;
  while (std::isfinite(ValueAt(tensor, index))) ++index;
  return NotFinite(place, index);
}

template <typename T>
std::vector<T> ReadIntegers(const TensorBytes& tensor) {
  std::vector<T> values(tensor.bytes.size() / 2);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(LoadU16(tensor.bytes.data() + 2 * i));
  return values;
}

// Whether it was one of the tensors that are not fp32 at run time.
bool ViewIntegers(const TensorBytes& tensor, WeightsView& view) {
  if (tensor.name == kFrequencies) {
    view.frequencies = ReadIntegers<uint16_t>(tensor);
  } else if (tensor.name == kHidden) {
    view.entropy_network.units = static_cast<int>(tensor.shape[1]) / view.config.bottleneck.groups;
    view.entropy_network.hidden = ReadIntegers<int16_t>(tensor);
  } else if (tensor.name == kSymbols) {
    view.entropy_network.symbols = ReadIntegers<int16_t>(tensor);
  } else {
    return false;
  }
  return true;
}

Status ViewEightBit(const TensorBytes& matrix, const TensorBytes& scale, const std::string& source,
                    WeightsView& view) {
  std::vector<float> scales(Count(scale));
  for (size_t i = 0; i < scales.size(); ++i) {
    scales[i] = ValueAt(scale, i);
    if (scales[i] < 0 || scales[i] > kMaxRowScale)
      return Error{Place(source, scale.name) + "value " + std::to_string(i) + " (" +
                   std::to_string(scales[i]) + ") is not between 0 and " + std::to_string(kMaxRowScale)};
  }
  auto promoted = std::make_shared<const std::vector<uint8_t>>(PromoteRows(matrix.bytes, scales));
  const std::span<const uint8_t> bytes = *promoted;
  view.tensors[matrix.name] = {matrix.shape, bytes, std::move(promoted), std::move(scales)};
  return {};
}

Status ViewTensors(std::span<const TensorBytes> tensors, const std::string& source, WeightsView& view) {
  std::map<std::string, const TensorBytes*> scales;
  for (const TensorBytes& tensor : tensors) {
    if (tensor.dtype == "I8") scales[tensor.name + kScale] = nullptr;
  }
  for (const TensorBytes& tensor : tensors) {
    if (tensor.dtype == "I8" || ViewIntegers(tensor, view)) continue;
    Status finite = CheckFinite(tensor, Place(source, tensor.name));
    if (!finite.ok()) return finite;
    const auto scale = scales.find(tensor.name);
    if (scale != scales.end()) {
      scale->second = &tensor;
    } else {
      view.tensors[tensor.name] = {tensor.shape, tensor.bytes, nullptr, {}};
    }
  }
  for (const TensorBytes& tensor : tensors) {
    if (tensor.dtype != "I8") continue;
    const Status promoted = ViewEightBit(tensor, *scales.at(tensor.name + kScale), source, view);
    if (!promoted.ok()) return promoted;
  }
  return {};
}

// The tensors of a file by name, once everything that the header says about them is found to be right.
Result<std::vector<TensorBytes>> LocateTensors(const SafetensorsHeader& header, const Config& config,
                                               std::span<const uint8_t> data, const std::string& source) {
  auto expected = ExpectedTensors(config);
  AllowShared(header.tensors, expected);
  const std::string& version = header.metadata.at("format_version");
  if (version != kFormatVersion) AllowEightBit(header.tensors, expected);
  if (version == kFormatVersionWithSmallTables) expected[kFrequencies].shape = {SmallTables(config)};
  AllowNetwork(config, UnitsOf(header.tensors, config), expected);
  Status status = CheckNames(header.tensors, expected, source);
  if (!status.ok()) return status.error();
  for (const auto& [name, stored] : header.tensors) {
    status = CheckTensor(stored, expected.at(name), Place(source, name));
    if (!status.ok()) return status.error();
  }
  status = CheckSafetensorsLayout(header, data.size(), source);
  if (!status.ok()) return status.error();
  std::vector<TensorBytes> tensors;
  for (const auto& [name, stored] : header.tensors) {
    tensors.push_back(
        {name, stored.dtype, expected.at(name).shape, data.subspan(stored.begin, stored.end - stored.begin)});
  }
  return tensors;
}

// One tensor of `weights` as it goes into the file.
Status EncodeTensor(const std::string& name, const Expected& expected, const Tensor& tensor,
                    std::vector<uint8_t>& out) {
  const std::string place = Place("weights", name);
  if (tensor.shape != expected.shape || tensor.values.size() != expected.count()) {
    return Error{place + "has " + std::to_string(tensor.values.size()) + " values of shape " +
                 ShapeText(tensor.shape) + ", not " + ShapeText(expected.shape)};
  }
  const size_t row = tensor.scales.empty() ? 0 : tensor.values.size() / tensor.scales.size();
  out.reserve(expected.bytes());
  for (size_t i = 0; i < tensor.values.size(); ++i) {
    const float value = tensor.values[i];
    if (!std::isfinite(value)) return NotFinite(place, i);
    if (expected.dtype == "I8") {
      out.push_back(static_cast<uint8_t>(EightBitOf(value, tensor.scales[i / row])));
      continue;
    }
    if (expected.dtype == "F32") {
      AppendU32(out, std::bit_cast<uint32_t>(value));
      continue;
    }
    const uint16_t half = FloatToHalf(value);
    if (!HalfIsFinite(half)) {
      return Error{place + "value " + std::to_string(i) + " (" + std::to_string(value) + ") is beyond F16"};
    }
    AppendU16(out, half);
  }
  return {};
}

template <typename T>
Status EncodeIntegers(const std::string& name, const Expected& expected, const std::vector<T>& values,
                      std::vector<uint8_t>& out) {
  if (values.size() != expected.count()) {
    return Error{Place("weights", name) + "has " + std::to_string(values.size()) + " values, not " +
                 std::to_string(expected.count())};
  }
  for (const T value : values) AppendU16(out, static_cast<uint16_t>(value));
  return {};
}

Status EncodeTensors(const Weights& weights, const std::map<std::string, Expected>& expected,
                     std::map<std::string, std::vector<uint8_t>>& out) {
  auto wanted = expected;
  for (const char* name : {kFrequencies, kHidden, kSymbols}) wanted.erase(name);
  for (const auto& [name, tensor] : weights.tensors) wanted.erase(name + kScale);
  Status status = CheckNames(weights.tensors, wanted, "weights");
  if (!status.ok()) return status;
  for (const auto& [name, tensor] : weights.tensors) {
    const Expected& file = expected.at(name);
    if (file.dtype == "I8") {
      const Tensor scales{{static_cast<int64_t>(tensor.scales.size())}, tensor.scales, {}};
      status = EncodeTensor(name + kScale, expected.at(name + kScale), scales, out[name + kScale]);
      if (!status.ok()) return status;
    }
    status = EncodeTensor(name, file, tensor, out[name]);
    if (!status.ok()) return status;
  }
  status = EncodeIntegers(kFrequencies, expected.at(kFrequencies), weights.frequencies, out[kFrequencies]);
  if (!status.ok() || weights.entropy_network.units == 0) return status;
  status = EncodeIntegers(kHidden, expected.at(kHidden), weights.entropy_network.hidden, out[kHidden]);
  if (!status.ok()) return status;
  return EncodeIntegers(kSymbols, expected.at(kSymbols), weights.entropy_network.symbols, out[kSymbols]);
}

// The configuration's text, if a reader would accept it.
Result<std::string> CheckedConfig(const Config& config) {
  const Status plain = CheckPlain(config);
  if (!plain.ok()) return Error{"weights: " + plain.message()};
  const Status has_tokens = CheckHasTokens(config);
  if (!has_tokens.ok()) return Error{"weights: " + has_tokens.message()};
  const std::string text = CanonicalJson(config);
  const auto parsed = ParseConfig(text);
  if (!parsed.ok()) return Error{"weights: " + parsed.message()};
  return text;
}

// Wide values first: every tensor then begins at a multiple of its value's size without a gap.
std::vector<std::string> FileOrder(const std::map<std::string, Expected>& expected) {
  const auto width = [](const Expected& tensor) { return tensor.bytes() / tensor.count(); };
  std::vector<std::string> order;
  for (const uint64_t wanted : {4, 2, 1}) {
    for (const auto& [name, tensor] : expected) {
      if (width(tensor) == wanted) order.push_back(name);
    }
  }
  return order;
}

Identity IdentityOf(const std::string& config, const std::map<std::string, Expected>& expected,
                    const std::map<std::string, std::vector<uint8_t>>& bytes) {
  std::vector<TensorBytes> tensors;
  tensors.reserve(expected.size());
  for (const auto& [name, tensor] : expected) {
    tensors.push_back({name, tensor.dtype, tensor.shape, bytes.at(name)});
  }
  return ComputeIdentity(config, tensors);
}

}  // namespace

std::vector<float> Promote(const TensorView& tensor) {
  size_t count = 1;
  for (const int64_t size : tensor.shape) count *= static_cast<size_t>(size);
  const uint8_t* bytes = tensor.bytes.data();
  std::vector<float> values(count);
  if (tensor.bytes.size() == 2 * count) {
    for (size_t i = 0; i < count; ++i) values[i] = HalfToFloat(LoadU16(bytes + 2 * i));
  } else {
    for (size_t i = 0; i < count; ++i) values[i] = std::bit_cast<float>(LoadU32(bytes + 4 * i));
  }
  return values;
}

Result<WeightsView> OpenWeights(std::span<const uint8_t> bytes, const std::string& source, Verify verify) {
  const auto header = ParseSafetensorsHeader(bytes, source);
  if (!header.ok()) return header.error();
  auto claims = ReadClaims(header.value(), source);
  if (!claims.ok()) return claims.error();
  const auto data = bytes.subspan(header.value().data_start);
  const auto tensors = LocateTensors(header.value(), claims.value().config, data, source);
  if (!tensors.ok()) return tensors.error();

  WeightsView view;
  view.config = std::move(claims.value().config);
  view.metadata = std::move(claims.value().metadata);
  view.identity = claims.value().identity;
  const Status read = ViewTensors(tensors.value(), source, view);
  if (!read.ok()) return read.error();
  if (verify == Verify::kHash) {
    const Identity actual = ComputeIdentity(claims.value().canonical, tensors.value());
    if (actual != view.identity) {
      return Error{source + ": the identity in the metadata is " + ToHex(view.identity) +
                   ", that of the contents is " + ToHex(actual) + ": the file is damaged or was edited"};
    }
  }
  return view;
}

Result<Weights> ParseWeights(std::span<const uint8_t> bytes, const std::string& source, Verify verify) {
  auto view = OpenWeights(bytes, source, verify);
  if (!view.ok()) return view.error();
  Weights weights;
  weights.config = std::move(view.value().config);
  weights.frequencies = std::move(view.value().frequencies);
  weights.entropy_network = std::move(view.value().entropy_network);
  weights.metadata = std::move(view.value().metadata);
  weights.identity = view.value().identity;
  for (const auto& [name, tensor] : view.value().tensors)
    weights.tensors[name] = {tensor.shape, Promote(tensor), tensor.scales};
  return weights;
}

Result<std::vector<uint8_t>> SerializeWeights(Weights& weights) {
  const auto config = CheckedConfig(weights.config);
  if (!config.ok()) return config.error();
  auto expected = ExpectedTensors(weights.config);
  AllowShared(weights.tensors, expected);
  AllowEightBit(weights.tensors, expected);
  const bool small = static_cast<int64_t>(weights.frequencies.size()) == SmallTables(weights.config);
  if (small) expected[kFrequencies].shape = {SmallTables(weights.config)};
  if (weights.entropy_network.units < 0 || weights.entropy_network.units > kMaxEntropyUnits) {
    return Error{"weights: entropy network: " + std::to_string(weights.entropy_network.units) +
                 " units, not 0 to " + std::to_string(kMaxEntropyUnits)};
  }
  AllowNetwork(weights.config, weights.entropy_network.units, expected);
  std::map<std::string, std::vector<uint8_t>> encoded;
  const Status status = EncodeTensors(weights, expected, encoded);
  if (!status.ok()) return status.error();

  SafetensorsHeader header;
  header.metadata = weights.metadata;
  for (const char* key : kReserved) {
    if (header.metadata.contains(key))
      return Error{std::string("weights: metadata: \"") + key + "\" is reserved"};
  }
  const Identity identity = IdentityOf(config.value(), expected, encoded);
  header.metadata["format"] = kFormat;
  const bool eight_bit = std::any_of(weights.tensors.begin(), weights.tensors.end(),
                                     [](const auto& entry) { return IsEightBit(entry.second); });
  header.metadata["format_version"] = small       ? kFormatVersionWithSmallTables
                                      : eight_bit ? kFormatVersionWithEightBit
                                                  : kFormatVersion;
  header.metadata["config"] = config.value();
  header.metadata["identity"] = ToHex(identity);
  const auto order = FileOrder(expected);
  uint64_t end = 0;
  for (const std::string& name : order) {
    const Expected& tensor = expected.at(name);
    const std::vector<uint64_t> shape(tensor.shape.begin(), tensor.shape.end());
    header.tensors[name] = {tensor.dtype, shape, end, end + tensor.bytes()};
    end += tensor.bytes();
  }
  auto file = WriteSafetensorsHeader(header);
  if (!file.ok()) return Error{"weights: " + file.message()};
  file.value().reserve(file.value().size() + end);
  for (const std::string& name : order) {
    const auto& bytes = encoded.at(name);
    file.value().insert(file.value().end(), bytes.begin(), bytes.end());
  }
  weights.identity = identity;
  return file;
}

Result<WeightsSummary> PeekWeights(std::span<const uint8_t> bytes, const std::string& source) {
  const auto header = ParseSafetensorsHeader(bytes, source);
  if (!header.ok()) return header.error();
  const auto claims = ReadClaims(header.value(), source);
  if (!claims.ok()) return claims.error();
  return WeightsSummary{claims.value().config.name, claims.value().identity};
}

}  // namespace quaver
