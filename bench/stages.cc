#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/packet_stream.h"
#include "bench/packets.h"
#include "bench/timing.h"
#include "codec/model/layers.h"
#include "codec/model_access.h"
#include "codec/runtime/arena.h"
#include "codec/runtime/bottleneck.h"
#include "codec/runtime/buffer.h"
#include "codec/runtime/layers.h"
#include "codec/runtime/network_plan.h"

namespace quaver::bench {
namespace {

using internal::Buffer;
using Json = nlohmann::ordered_json;

// "encoder.hops.1" -> "encoder.hops"
std::string GroupOf(const std::string& name) {
  const size_t dot = name.rfind('.');
  const bool numbered = name.find_first_not_of("0123456789", dot + 1) == std::string::npos;
  return numbered ? name.substr(0, dot) : name;
}

// Seconds of each stage in each packet.
class StageTimes {
 public:
  void NextPacket() { ++packets_; }
  void Add(const std::string& name, double seconds) {
    auto stage = std::find_if(stages_.begin(), stages_.end(), [&](const Stage& s) { return s.name == name; });
    if (stage == stages_.end()) stage = stages_.insert(stage, {name, {}});
    stage->seconds.resize(packets_);
    stage->seconds.back() += seconds;
  }
  Json ToJson(const std::string& half) const {
    Json list = Json::array();
    for (const Stage& stage : stages_) {
      const Spread spread = SpreadOf(stage.seconds);
      list.push_back({{"name", stage.name},
                      {"half", half},
                      {"low", spread.low},
                      {"median", spread.median},
                      {"high", spread.high}});
    }
    return list;
  }

 private:
  struct Stage {
    std::string name;
    std::vector<double> seconds;
  };
  size_t packets_ = 0;
  std::vector<Stage> stages_;
};

// The layers of one half, each called and timed by itself.
class TimedChain {
 public:
  TimedChain(const std::vector<LayerSpec>& specs, const WeightsView& weights, int steps) : steps_(steps) {
    int at = steps;
    size_t scratch = 0;
    for (const LayerSpec& spec : specs) {
      auto layer = internal::MakeLayer(spec, weights, arena_);
      scratch = std::max(scratch, layer->ScratchSize(1, at));
      at = layer->OutSteps(at);
      const size_t out = static_cast<size_t>(at) * layer->out_stride();
      const auto state = static_cast<size_t>(layer->state_size());
      links_.push_back({GroupOf(spec.name), std::move(layer), Buffer(state), Buffer(out)});
    }
    scratch_ = std::make_unique<Buffer>(scratch);
  }

  float* Run(const float* in, StageTimes& times) {
    int steps = steps_;
    for (Link& link : links_) {
      times.Add(link.group, TimeOf([&] {
                  float* state = link.state.data();
                  link.layer->Forward(in, steps, link.out.data(), {&state, 1}, scratch_->data());
                }));
      in = link.out.data();
      steps = link.layer->OutSteps(steps);
    }
    return links_.back().out.data();
  }

 private:
  struct Link {
    std::string group;
    std::unique_ptr<const internal::Layer> layer;
    Buffer state;
    Buffer out;
  };
  int steps_;
  internal::Arena arena_;
  std::vector<Link> links_;
  std::unique_ptr<Buffer> scratch_;
};

}  // namespace

Json MeasureStages(const WeightsView& weights, const std::shared_ptr<const Model>& model, int n_q,
                   const Speech& speech) {
  const Network network = BuildNetwork(weights.config);
  TimedChain encoder(network.encoder, weights, 2);
  TimedChain decoder(network.decoder, weights, 1);
  const internal::Bottleneck& bottleneck = internal::ModelAccess::plan(*model).bottleneck();
  Packer packer(model, {1, n_q});
  std::vector<uint16_t> tokens(n_q);
  Buffer latents(bottleneck.stride());
  StageTimes encode;
  StageTimes decode;
  for (size_t at = 0; at < speech.size(); at += kFrame) {
    encode.NextPacket();
    decode.NextPacket();
    std::span<const uint8_t> packet;
    float* raw = encoder.Run(&speech[at], encode);
    encode.Add("quantise", TimeOf([&] { bottleneck.Quantise(raw, 1, n_q, tokens.data()); }));
    encode.Add("range coder", TimeOf([&] { packet = packer.Pack(tokens, 1); }));
    decode.Add("range decoder", TimeOf([&] { packer.Unpack(packet, tokens); }));
    decode.Add("dequantise", TimeOf([&] { bottleneck.Dequantise(tokens.data(), 1, n_q, latents.data()); }));
    decoder.Run(latents.data(), decode);
  }
  Json stages = encode.ToJson("encode");
  for (Json& stage : decode.ToJson("decode")) stages.push_back(std::move(stage));
  return stages;
}

}  // namespace quaver::bench
