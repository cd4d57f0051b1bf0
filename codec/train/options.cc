#include "codec/train/options.h"

#include <concepts>
#include <cstdint>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <type_traits>
#include <utility>

namespace quaver {
namespace {

using nlohmann::json;

// One list of the options serves reading and writing: Visit(visitor, options) names each of them.
template <typename V>
void Visit(V& v, LossOptions& o) {
  v("log_mel", o.log_mel), v("convergence", o.convergence), v("waveform", o.waveform);
  v("waveform_end", o.waveform_end), v("norm", o.norm), v("fft_sizes", o.fft_sizes);
}

template <typename V>
void Visit(V& v, DropOptions& o) {
  v("full_rate", o.full_rate), v("power", o.power), v("change_rate", o.change_rate),
      v("frame_crops", o.frame_crops);
  v("frame_rate", o.frame_rate), v("mean_burst", o.mean_burst);
}

template <typename V>
void Visit(V& v, FspOptions& o) {
  v("quantize_rate", o.quantize_rate), v("joint", o.joint);
  v("mean_weight", o.moments.mean_weight), v("variance_weight", o.moments.variance_weight);
}

template <typename V>
void Visit(V& v, FsqOptions& o) {
  v("noise_rate", o.noise_rate);
}

template <typename V>
void Visit(V& v, VpOptions& o) {
  v("eta", o.eta), v("density_neighbour", o.density_neighbour), v("cell_neighbour", o.cell_neighbour);
  v("queue_steps", o.queue_steps), v("metropolis", o.metropolis), v("shared", o.shared);
  v("mean_weight", o.moments.mean_weight), v("variance_weight", o.moments.variance_weight);
}

template <typename V>
void Visit(V& v, VqOptions& o) {
  v("commitment", o.commitment), v("ema", o.ema), v("decay", o.decay), v("restart_below", o.restart_below);
}

template <typename V>
void Visit(V& v, NoneOptions& o) {
  v("mean_weight", o.moments.mean_weight), v("variance_weight", o.moments.variance_weight);
}

template <typename V>
void Visit(V& v, AugmentOptions& o) {
  v("speed", o.speed), v("reverb", o.reverb), v("mix", o.mix), v("noise", o.noise), v("clip", o.clip);
  v("band", o.band), v("telephone", o.telephone);
}

template <typename V>
void Visit(V& v, AdversaryOptions& o) {
  v("adversarial", o.adversarial), v("features", o.features), v("start_step", o.start_step);
  v("every", o.every), v("learning_rate", o.learning_rate), v("channels", o.channels);
  v("fft_sizes", o.fft_sizes), v("periods", o.periods), v("balance_decay", o.balance_decay);
  v("one_token_share", o.one_token_share), v("full_tokens", o.full_tokens);
}

template <typename V>
void Visit(V& v, TrainingOptions& o) {
  v("steps", o.steps), v("minutes", o.minutes), v("batch", o.batch), v("crop_frames", o.crop_frames);
  v("learning_rate", o.learning_rate), v("warmup_steps", o.warmup_steps), v("decay_start", o.decay_start);
  v("final_rate", o.final_rate), v("weight_decay", o.weight_decay), v("clip_norm", o.clip_norm);
  v("ema_decay", o.ema_decay), v("low_level_db", o.low_level_db), v("high_level_db", o.high_level_db);
  v("bf16", o.bf16), v("seed", o.seed), v("validate_every", o.validate_every);
  v("validate_clips", o.validate_clips), v("held_out", o.held_out);
  v("checkpoint_minutes", o.checkpoint_minutes), v("leave_out", o.leave_out);
  v("keep_checkpoints", o.keep_checkpoints), v("bad_steps", o.bad_steps),
      v("loader_threads", o.loader_threads);
  v("loss", o.loss), v("drop", o.drop), v("adversary", o.adversary), v("augment", o.augment);
  v("fsp", o.bottleneck.fsp), v("fsq", o.bottleneck.fsq), v("vp", o.bottleneck.vp), v("vq", o.bottleneck.vq);
  v("none", o.bottleneck.none);
}

template <typename T>
concept Group = std::is_same_v<T, LossOptions> || std::is_same_v<T, DropOptions> ||
    std::is_same_v<T, FspOptions> || std::is_same_v<T, FsqOptions> || std::is_same_v<T, VpOptions> ||
    std::is_same_v<T, VqOptions> || std::is_same_v<T, NoneOptions> || std::is_same_v<T, AdversaryOptions> ||
    std::is_same_v<T, AugmentOptions>;

struct Writer {
  json out = json::object();
  template <typename T>
  void operator()(const char* key, T& value) {
    if constexpr (Group<T>) {
      Writer inner;
      Visit(inner, value);
      out[key] = inner.out;
    } else {
      out[key] = value;
    }
  }
};

// Options that are gone, each with the reason. Checkpoints of before name them, switched off (0 or false).
const std::map<std::string, std::string> kRetired = {
    {"training.loss.estoi", "no loss follows a measure of quality"},
    {"training.loss.disturbance", "no loss follows a measure of quality"},
    {"training.loss.a_weighting", "it changed no score"},
};

bool IsOff(const json& value) { return value == 0 || value == false; }

template <std::integral T>
bool Fits(const json& number) {
  return number.is_number_unsigned() ? std::in_range<T>(number.get<uint64_t>())
                                     : std::in_range<T>(number.get<int64_t>());
}

// What is wrong with a value for an option of type T; "": nothing. Numbers of JSON may be of any size.
template <typename T>
std::string Fault(const json& item, const T&) {
  constexpr const char* kType = "has the wrong type";
  if constexpr (std::is_same_v<T, bool>) {
    return item.is_boolean() ? "" : kType;
  } else if constexpr (std::is_same_v<T, std::string>) {
    return item.is_string() ? "" : kType;
  } else if constexpr (std::is_floating_point_v<T>) {
    return item.is_number() ? "" : kType;
  } else {
    if (!item.is_number_integer()) return kType;
    return Fits<T>(item) ? "" : "is out of range";
  }
}

template <typename T>
std::string Fault(const json& item, const std::vector<T>&) {
  if (!item.is_array()) return "has the wrong type";
  for (const json& element : item) {
    const std::string fault = Fault(element, T());
    if (!fault.empty()) return "has a value that " + fault;
  }
  return "";
}

struct Reader {
  const json& in;
  std::string place;
  std::string error;
  size_t found = 0;

  template <typename T>
  void operator()(const char* key, T& value) {
    if (!error.empty() || !in.contains(key)) return;  // what is not there keeps its default
    ++found;
    const json& item = in[key];
    if constexpr (Group<T>) {
      Reader inner{item, place + "." + key, "", 0};
      error = inner.Read(value);
    } else {
      const std::string fault = Fault(item, value);
      if (fault.empty()) {
        value = item.get<T>();
      } else {
        error = place + ": \"" + key + "\" " + fault;
      }
    }
  }

  template <typename T>
  std::string Read(T& options) {
    if (!in.is_object()) return place + " is not an object";
    Visit(*this, options);
    if (!error.empty() || found == in.size()) return error;
    Writer known;
    Visit(known, options);
    for (const auto& item : in.items()) {
      const std::string name = place + ": \"" + item.key() + "\"";
      const auto retired = kRetired.find(place + "." + item.key());
      if (retired != kRetired.end()) {
        if (!IsOff(item.value()))
          return name + " is no longer supported, as " + retired->second + ": remove it, or switch it off";
      } else if (!known.out.contains(item.key())) {
        return name + " is not known";
      }
    }
    return error;
  }
};

std::string Check(const TrainingOptions& o) {
  const auto share = [](double x) { return x >= 0 && x <= 1; };
  if (o.steps < 1) return "\"steps\" must be at least 1";
  if (o.batch < 1 || o.batch > 4096) return "\"batch\" must be 1 .. 4096";
  if (o.crop_frames < 2 || o.crop_frames > 3000) return "\"crop_frames\" must be 2 .. 3000";
  if (!(o.learning_rate > 0)) return "\"learning_rate\" must be positive";
  if (!share(o.decay_start) || !share(o.final_rate))
    return "\"decay_start\" and \"final_rate\" must be 0 .. 1";
  if (!(o.ema_decay >= 0 && o.ema_decay < 1)) return "\"ema_decay\" must be in [0, 1)";
  if (!(o.low_level_db <= o.high_level_db) || o.high_level_db > 0)
    return "levels must be low <= high <= 0 dBFS";
  if (!share(o.held_out) || o.held_out == 1) return "\"held_out\" must be in [0, 1)";
  if (!share(o.bottleneck.fsp.quantize_rate)) return "\"fsp.quantize_rate\" must be 0 .. 1";
  if (!share(o.bottleneck.fsq.noise_rate)) return "\"fsq.noise_rate\" must be 0 .. 1";
  const VpOptions& vp = o.bottleneck.vp;
  if (!(vp.eta > 0)) return "\"vp.eta\" must be positive";
  if (vp.density_neighbour < 1 || vp.cell_neighbour < 0 || vp.cell_neighbour > 1024 ||
      (vp.cell_neighbour > 0 && vp.cell_neighbour <= vp.density_neighbour))
    return "\"vp.density_neighbour\" must be at least 1, \"vp.cell_neighbour\" above it, at most 1024";
  if (!(vp.queue_steps >= 1)) return "\"vp.queue_steps\" must be at least 1";
  const VqOptions& vq = o.bottleneck.vq;
  if (!(vq.commitment >= 0)) return "\"vq.commitment\" must be at least 0";
  if (!(vq.decay >= 0 && vq.decay < 1)) return "\"vq.decay\" must be in [0, 1)";
  if (!(vq.restart_below >= 0)) return "\"vq.restart_below\" must be at least 0";
  if (!share(o.drop.full_rate) || !share(o.drop.change_rate) || !share(o.drop.frame_crops) ||
      !share(o.drop.frame_rate) || !(o.drop.mean_burst >= 1)) {
    return "\"drop\" has a share outside 0 .. 1 or a burst below 1";
  }
  const AugmentOptions& g = o.augment;
  for (const double chance : {g.speed, g.reverb, g.mix, g.noise, g.clip, g.band, g.telephone}) {
    if (!share(chance)) return "\"augment\" has a probability outside 0 .. 1";
  }
  if (!(o.drop.power > 0)) return "\"drop.power\" must be positive";
  if (o.keep_checkpoints < 1) return "\"keep_checkpoints\" must be at least 1";
  if (o.bad_steps < 0) return "\"bad_steps\" must be at least 0";
  if (o.loader_threads < 1 || o.loader_threads > 64) return "\"loader_threads\" must be 1 .. 64";
  const AdversaryOptions& a = o.adversary;
  if (!(a.adversarial >= 0 && a.features >= 0)) return "\"adversary\": the weights must be at least 0";
  if (a.every < 1) return "\"adversary.every\" must be at least 1";
  if (a.channels < 1 || a.channels > 256) return "\"adversary.channels\" must be 1 .. 256";
  if (!(a.balance_decay >= 0 && a.balance_decay < 1)) return "\"adversary.balance_decay\" must be in [0, 1)";
  if (!share(a.one_token_share)) return "\"adversary.one_token_share\" must be 0 .. 1";
  if (!(a.full_tokens > 1)) return "\"adversary.full_tokens\" must be above 1";
  if (a.on() && a.fft_sizes.empty() && a.periods.empty())
    return "\"adversary.fft_sizes\" and \"adversary.periods\" are both empty";
  for (const int period : a.periods) {
    if (period < 1 || period > 64) return "\"adversary.periods\" must be 1 .. 64 samples";
  }
  for (const int size : a.fft_sizes) {
    if (size < 64 || size > 4096 || size % 32 != 0 || size > o.crop_frames * 320)
      return "\"adversary.fft_sizes\" must be multiples of 32 in 64 .. 4096, no longer than a crop";
  }
  if (o.loss.fft_sizes.empty()) return "\"loss.fft_sizes\" is empty";
  for (const int size : o.loss.fft_sizes) {
    if (size < 64 || size > 8192 || size % 4 != 0)
      return "\"loss.fft_sizes\" must be multiples of 4 in 64 .. 8192";
    if (size > o.crop_frames * 320) return "\"loss.fft_sizes\" has a size longer than a crop";
  }
  return "";
}

Result<TrainingOptions> FromJson(const json& object) {
  TrainingOptions options;
  Reader reader{object, "training", "", 0};
  std::string error = reader.Read(options);
  if (error.empty()) {
    error = Check(options);
    if (!error.empty()) error = "training: " + error;
  }
  if (!error.empty()) return Error{error};
  return options;
}

}  // namespace

Result<TrainingOptions> ParseTrainingOptions(const std::string& text) {
  const json object = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (object.is_discarded()) return Error{"training: not valid JSON"};
  return FromJson(object);
}

std::string TrainingJson(const TrainingOptions& options) {
  TrainingOptions copy = options;
  Writer writer;
  Visit(writer, copy);
  return writer.out.dump();
}

Result<TrainingConfig> LoadTrainingConfig(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Error{path + ": cannot be opened"};
  std::stringstream text;
  text << file.rdbuf();
  const json root = json::parse(text.str(), nullptr, /*allow_exceptions=*/false);
  if (root.is_discarded() || !root.is_object()) return Error{path + ": not a JSON object"};
  for (const auto& item : root.items()) {
    if (item.key() != "model" && item.key() != "training")
      return Error{path + ": \"" + item.key() + "\" is not known"};
  }
  if (!root.contains("model")) return Error{path + ": \"model\" is missing"};
  auto model = ParseConfig(root["model"].dump());
  if (!model.ok()) return Error{path + ": " + model.message()};
  auto training = FromJson(root.value("training", json::object()));
  if (!training.ok()) return Error{path + ": " + training.message()};
  return TrainingConfig{std::move(model).value(), std::move(training).value()};
}

}  // namespace quaver
