#include "codec/model/config.h"

#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "codec/bitstream/entropy_model.h"
#include "codec/util/json.h"
#include "codec/util/quoted.h"

namespace quaver {
namespace {

// Reads one JSON object field by field; remembers the first error and which keys were asked for.
class Fields {
 public:
  Fields(const Json& value, std::string place) : object_(value.object()), place_(std::move(place)) {
    if (object_ == nullptr) Fail("is not an object");
  }

  void Int(const char* key, int low, int high, int& out) {
    const Json* value = Find(key);
    if (value == nullptr) return;
    const auto number = value->integer();
    if (!number && !value->natural()) return Fail(key, "is not an integer");
    if (!number || *number < low || *number > high) {
      return Fail(key, "is outside " + std::to_string(low) + " .. " + std::to_string(high));
    }
    out = static_cast<int>(*number);
  }

  void Text(const char* key, size_t most, std::string& out) {
    const Json* value = Find(key);
    if (value == nullptr) return;
    const std::string* text = value->string();
    if (text == nullptr) return Fail(key, "is not a string");
    if (text->empty() || text->size() > most) return Fail(key, "is empty or too long");
    out = *text;
  }

  void Ints(const char* key, size_t most, int low, int high, std::vector<int>& out) {
    const Json* value = Find(key);
    if (value == nullptr) return;
    const Json::Array* list = value->array();
    if (list == nullptr || list->empty() || list->size() > most) {
      return Fail(key, "is not a list of 1 to " + std::to_string(most) + " integers");
    }
    out.clear();
    for (const Json& item : *list) {
      const auto number = item.integer();
      if (!number || *number < low || *number > high) {
        return Fail(key, "has a value outside " + std::to_string(low) + " .. " + std::to_string(high));
      }
      out.push_back(static_cast<int>(*number));
    }
  }

  const Json* Find(const char* key) {
    asked_.insert(key);
    if (!error_.empty()) return nullptr;
    const auto found = object_->find(key);
    if (found == object_->end()) {
      Fail(key, "is missing");
      return nullptr;
    }
    return &found->second;
  }

  bool ok() const { return error_.empty(); }

  // Keys that nobody asked for are errors, since a misspelt key would otherwise be ignored in silence.
  std::string Finish() {
    if (!error_.empty()) return error_;
    for (const auto& [key, value] : *object_) {
      if (!asked_.contains(key)) Fail(Quoted(key) + " is not known");
    }
    return error_;
  }

 private:
  void Fail(const std::string& key, const std::string& what) { Fail("\"" + key + "\" " + what); }
  void Fail(const std::string& what) {
    if (error_.empty()) error_ = place_ + ": " + what;
  }
  const Json::Object* object_;  // null only if there is an error
  std::string place_;
  std::string error_;
  std::set<std::string> asked_;
};

std::string ReadStage(const Json& object, const std::string& place, StageConfig& stage) {
  Fields fields(object, place);
  fields.Int("channels", 1, 4096, stage.channels);
  fields.Int("blocks", 0, 64, stage.blocks);
  return fields.Finish();
}

std::string ReadBottleneck(const Json& object, BottleneckConfig& bottleneck) {
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

// Texts of values by key: an object's text in the order of the keys.
using Members = std::map<std::string, std::string>;

std::string ObjectText(const Members& members) {
  std::string text = "{";
  for (const auto& [key, value] : members) text += (text.size() > 1 ? ",\"" : "\"") + key + "\":" + value;
  return text + "}";
}

std::string StringText(const std::string& text) { return nlohmann::json(text).dump(); }

std::string BottleneckText(const BottleneckConfig& bottleneck) {
  Members object = {{"type", StringText(bottleneck.type)}, {"groups", std::to_string(bottleneck.groups)}};
  if (bottleneck.type == "fsp") object["cdf"] = StringText(bottleneck.cdf);
  if (bottleneck.scalar()) {
    std::string list = "[";
    for (const int levels : bottleneck.levels) list += (list.size() > 1 ? "," : "") + std::to_string(levels);
    object["levels"] = list + "]";
  } else {
    object["dims"] = std::to_string(bottleneck.vector_dims);
    if (bottleneck.type != "none") object["codes"] = std::to_string(bottleneck.codebook_size);
  }
  return ObjectText(object);
}

std::string StageText(const StageConfig& stage) {
  return ObjectText({{"channels", std::to_string(stage.channels)}, {"blocks", std::to_string(stage.blocks)}});
}

}  // namespace

Result<Config> ParseConfig(std::string_view text) {
  const std::optional<Json> root = ParseJson(text);
  if (!root) return Error{"configuration: not valid JSON"};
  Config config;
  Fields fields(*root, "configuration");
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
    const Json* object = fields.Find(named.key);
    if (object == nullptr) break;
    const std::string error = ReadStage(*object, std::string("configuration, ") + named.key, *named.stage);
    if (!error.empty()) return Error{error};
  }
  if (const Json* object = fields.Find("bottleneck")) {
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
  return ObjectText({
      {"name", StringText(config.name)},
      {"sample_rate", std::to_string(config.sample_rate)},
      {"hop", std::to_string(config.hop)},
      {"window", std::to_string(config.window)},
      {"overlap", std::to_string(config.overlap)},
      {"conv_kernel", std::to_string(config.conv_kernel)},
      {"block_kernel", std::to_string(config.block_kernel)},
      {"expansion", std::to_string(config.expansion)},
      {"encoder_hops", StageText(config.encoder_hops)},
      {"encoder_frames", StageText(config.encoder_frames)},
      {"decoder_frames", StageText(config.decoder_frames)},
      {"decoder_hops", StageText(config.decoder_hops)},
      {"bottleneck", BottleneckText(config.bottleneck)},
  });
}

}  // namespace quaver
