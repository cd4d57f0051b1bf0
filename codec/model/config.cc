#include "codec/model/config.h"

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>

#include "codec/bitstream/entropy_model.h"
#include "codec/util/quoted.h"

namespace quaver {
namespace {

using nlohmann::json;

// Reads one JSON object field by field; remembers the first error and which keys were asked for.
class Fields {
 public:
  Fields(const json& object, std::string place) : object_(object), place_(std::move(place)) {
    if (!object.is_object()) Fail("is not an object");
  }

  void Int(const char* key, int low, int high, int& out) {
    const json* value = Find(key);
    if (value == nullptr) return;
    if (!value->is_number_integer()) return Fail(key, "is not an integer");
    const auto number = value->get<int64_t>();
    const bool huge = value->is_number_unsigned() && value->get<uint64_t>() > INT32_MAX;
    if (huge || number < low || number > high) {
      return Fail(key, "is outside " + std::to_string(low) + " .. " + std::to_string(high));
    }
    out = static_cast<int>(number);
  }

  void Text(const char* key, size_t most, std::string& out) {
    const json* value = Find(key);
    if (value == nullptr) return;
    if (!value->is_string()) return Fail(key, "is not a string");
    const std::string text = value->get<std::string>();
    if (text.empty() || text.size() > most) return Fail(key, "is empty or too long");
    out = text;
  }

  void Ints(const char* key, size_t most, int low, int high, std::vector<int>& out) {
    const json* value = Find(key);
    if (value == nullptr) return;
    if (!value->is_array() || value->empty() || value->size() > most) {
      return Fail(key, "is not a list of 1 to " + std::to_string(most) + " integers");
    }
    out.clear();
    for (const json& item : *value) {
      const bool integer = item.is_number_integer();
      if (!integer || item.get<int64_t>() < low || item.get<int64_t>() > high) {
        return Fail(key, "has a value outside " + std::to_string(low) + " .. " + std::to_string(high));
      }
      out.push_back(item.get<int>());
    }
  }

  const json* Find(const char* key) {
    asked_.insert(key);
    if (!error_.empty()) return nullptr;
    const auto found = object_.find(key);
    if (found == object_.end()) {
      Fail(key, "is missing");
      return nullptr;
    }
    return &*found;
  }

  bool ok() const { return error_.empty(); }

  // Keys that nobody asked for are errors, since a misspelt key would otherwise be ignored in silence.
  std::string Finish() {
    if (!error_.empty()) return error_;
    for (const auto& item : object_.items()) {
      if (!asked_.contains(item.key())) Fail(Quoted(item.key()) + " is not known");
    }
    return error_;
  }

 private:
  void Fail(const std::string& key, const std::string& what) { Fail("\"" + key + "\" " + what); }
  void Fail(const std::string& what) {
    if (error_.empty()) error_ = place_ + ": " + what;
  }
  const json& object_;
  std::string place_;
  std::string error_;
  std::set<std::string> asked_;
};

std::string ReadStage(const json& object, const std::string& place, StageConfig& stage) {
  Fields fields(object, place);
  fields.Int("channels", 1, 4096, stage.channels);
  fields.Int("blocks", 0, 64, stage.blocks);
  return fields.Finish();
}

std::string ReadBottleneck(const json& object, BottleneckConfig& bottleneck) {
  Fields fields(object, "configuration, bottleneck");
  fields.Text("type", 16, bottleneck.type);
  static const std::set<std::string> kTypes = {"fsp", "vp", "fsq", "fsq-noise", "vq", "simvq", "none"};
  if (fields.ok() && !kTypes.contains(bottleneck.type))
    return "configuration, bottleneck: type " + Quoted(bottleneck.type) + " is not known";
  fields.Int("groups", 1, kMaxGroups, bottleneck.groups);
  if (bottleneck.type == "fsp") fields.Text("cdf", 16, bottleneck.cdf);
  if (bottleneck.scalar()) {
    fields.Ints("levels", 8, 2, 64, bottleneck.levels);
  } else {
    fields.Int("dims", 1, 16, bottleneck.vector_dims);
    if (bottleneck.type != "none") fields.Int("codes", 2, kMaxCodes, bottleneck.codebook_size);
  }
  std::string error = fields.Finish();
  if (!error.empty()) return error;
  static const std::set<std::string> kCdfs = {"tanh", "sigmoid", "normal", "laplace", "cauchy"};
  if (!kCdfs.contains(bottleneck.cdf))
    return "configuration, bottleneck: cdf " + Quoted(bottleneck.cdf) + " is not known";
  if (bottleneck.type == "vp" && DigitsOf(bottleneck).empty())
    return "configuration, bottleneck: \"codes\" is " + std::to_string(bottleneck.codebook_size) +
           ", which has a prime factor above 61: packets could not hold such tokens";
  if (!bottleneck.scalar()) return "";
  int64_t codes = 1;
  for (const int levels : bottleneck.levels) codes *= levels;
  if (codes > kMaxCodes) return "configuration, bottleneck: a token has more than 16384 values";
  return "";
}

json BottleneckJson(const BottleneckConfig& bottleneck) {
  json object = {{"type", bottleneck.type}, {"groups", bottleneck.groups}};
  if (bottleneck.type == "fsp") object["cdf"] = bottleneck.cdf;
  if (bottleneck.scalar()) {
    object["levels"] = bottleneck.levels;
  } else {
    object["dims"] = bottleneck.vector_dims;
    if (bottleneck.type != "none") object["codes"] = bottleneck.codebook_size;
  }
  return object;
}

json Stage(const StageConfig& stage) { return {{"channels", stage.channels}, {"blocks", stage.blocks}}; }

}  // namespace

Result<Config> ParseConfig(std::string_view text) {
  const json root = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (root.is_discarded()) return Error{"configuration: not valid JSON"};
  Config config;
  Fields fields(root, "configuration");
  fields.Text("name", 64, config.name);
  fields.Int("sample_rate", 8000, 48000, config.sample_rate);
  fields.Int("hop", 16, 960, config.hop);
  fields.Int("window", 16, 4096, config.window);
  fields.Int("overlap", 2, 960, config.overlap);
  fields.Int("conv_kernel", 1, 31, config.conv_kernel);
  fields.Int("block_kernel", 1, 63, config.block_kernel);
  fields.Int("expansion", 1, 16, config.expansion);
  struct Named {
    const char* key;
    StageConfig* stage;
  };
  const std::array<Named, 4> stages = {Named{"encoder_hops", &config.encoder_hops},
                                       {"encoder_frames", &config.encoder_frames},
                                       {"decoder_frames", &config.decoder_frames},
                                       {"decoder_hops", &config.decoder_hops}};
  for (const Named& named : stages) {
    const json* object = fields.Find(named.key);
    if (object == nullptr) break;
    const std::string error = ReadStage(*object, std::string("configuration, ") + named.key, *named.stage);
    if (!error.empty()) return Error{error};
  }
  if (const json* object = fields.Find("bottleneck")) {
    const std::string error = ReadBottleneck(*object, config.bottleneck);
    if (!error.empty()) return Error{error};
  }
  const std::string error = fields.Finish();
  if (!error.empty()) return Error{error};
  if (config.window < config.hop || config.window % 2 != 0) {
    return Error{"configuration: \"window\" must be even and at least \"hop\""};
  }
  if (config.overlap > config.hop || (config.hop + config.overlap) % 2 != 0) {
    return Error{"configuration: \"overlap\" must be at most \"hop\", their sum even"};
  }
  if (config.sample_rate % config.frame() != 0) {
    return Error{"configuration: \"sample_rate\" is not a multiple of a frame (two hops)"};
  }
  return config;
}

std::string CanonicalJson(const Config& config) {
  const json root = {
      {"name", config.name},
      {"sample_rate", config.sample_rate},
      {"hop", config.hop},
      {"window", config.window},
      {"overlap", config.overlap},
      {"conv_kernel", config.conv_kernel},
      {"block_kernel", config.block_kernel},
      {"expansion", config.expansion},
      {"encoder_hops", Stage(config.encoder_hops)},
      {"encoder_frames", Stage(config.encoder_frames)},
      {"decoder_frames", Stage(config.decoder_frames)},
      {"decoder_hops", Stage(config.decoder_hops)},
      {"bottleneck", BottleneckJson(config.bottleneck)},
  };
  return root.dump();  // nlohmann::json keeps keys sorted
}

}  // namespace quaver
