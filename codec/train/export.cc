#include "codec/train/export.h"

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>

#include "codec/bitstream/entropy_model.h"
#include "codec/bitstream/packet.h"
#include "codec/codec.h"
#include "codec/model/layers.h"
#include "codec/train/bottlenecks/vp.h"
#include "codec/train/fit_codebook.h"

namespace quaver {
namespace {

// Share of the clips on which the rates are measured: with frequency tables counted on all of them.
constexpr size_t kRateStride = 16;

struct ClipTokens {
  int frames = 0;
  std::vector<uint16_t> tokens;  // [frames, groups]
};

// In blocks, so that an hour of speech in one file takes no more memory than a second.
ClipTokens Tokenise(const std::shared_ptr<const Model>& model, const Clip& clip) {
  constexpr size_t kBlock = 16384;
  Encoder encoder(model);
  ClipTokens out;
  out.frames = static_cast<int>(clip.samples.size() / model->frame());
  const auto width = static_cast<size_t>(model->groups());
  out.tokens.resize(static_cast<size_t>(out.frames) * width);
  std::vector<float> block;
  size_t done = 0;  // tokens
  for (size_t at = 0; at < clip.samples.size(); at += kBlock) {
    block.clear();
    for (size_t i = at; i < std::min(at + kBlock, clip.samples.size()); ++i)
      block.push_back(static_cast<float>(clip.samples[i]) / 32768.0f);
    done += static_cast<size_t>(encoder.Encode(block, model->groups(), std::span(out.tokens).subspan(done))) *
            width;
  }
  return out;
}

size_t PacketBytes(const EntropyModel& model, const ClipTokens& clip, int n_q) {
  const PacketDefaults defaults{kMaxFramesPerPacket, n_q};
  std::array<uint8_t, kMaxPacketBytes> bytes;
  size_t total = 0;
  for (int first = 0; first < clip.frames; first += kMaxFramesPerPacket) {
    PacketTokens packet;
    packet.frames = std::min(kMaxFramesPerPacket, clip.frames - first);
    for (int t = 0; t < packet.frames; ++t) {
      packet.n_q[t] = static_cast<uint8_t>(n_q);
      const uint16_t* row = clip.tokens.data() + static_cast<size_t>(first + t) * model.groups();
      std::copy(row, row + n_q, packet.token[t].begin());
    }
    total += EncodePacket(model, defaults, packet, bytes);
  }
  return total;
}

// Bits per second of packets at each n_q.
std::vector<int> MeasureRates(const EntropyModel& model, const std::vector<ClipTokens>& clips,
                              const Config& config) {
  std::vector<int> rates;
  for (int n_q = 1; n_q <= config.bottleneck.groups; ++n_q) {
    double bytes = 0;
    double frames = 0;
    for (const ClipTokens& clip : clips) {
      bytes += static_cast<double>(PacketBytes(model, clip, n_q));
      frames += clip.frames;
    }
    rates.push_back(static_cast<int>(8 * bytes * config.frame_rate() / std::max(1.0, frames) + 0.5));
  }
  return rates;
}

// The codebooks of vector perturbation, F32 [groups or 1, codes, dims].
void AddCodebooks(const Bottleneck& bottleneck, std::map<std::string, Tensor>& tensors) {
  const auto* perturbation = dynamic_cast<const VectorPerturbation*>(&bottleneck);
  if (perturbation == nullptr) return;
  const torch::Tensor codebook = perturbation->codebook().cpu().contiguous();
  const float* values = codebook.const_data_ptr<float>();
  tensors[kCodebook] = {codebook.sizes().vec(), {values, values + codebook.numel()}};
}

std::string Summary(const TrainingState& state, const Dataset& data) {
  nlohmann::json summary = {{"steps", state.step},
                            {"hours_of_training", state.seconds / 3600},
                            {"hours_of_audio_seen", state.audio_seconds / 3600},
                            {"clips", data.clips.size()},
                            {"hours_of_data", data.seconds() / 3600},
                            {"options", nlohmann::json::parse(TrainingJson(state.config.training))}};
  if (!state.origin.empty()) summary["began_with"] = nlohmann::json::parse(state.origin);
  return summary.dump();
}

}  // namespace

Status CheckExport(const Config& config) {
  const std::string& type = config.bottleneck.type;
  if (type == "fsp" || type == "vp") return {};
  const std::string why = type == "none" ? "its latents are not quantised, so there are no tokens to send"
                                         : "it is there to be compared with, and the codec cannot run it";
  return Error{"a bottleneck of type \"" + type + "\" is not exported: " + why};
}

Result<Weights> ExportWeights(TrainingState& state, const Dataset& data,
                              const std::function<void(size_t done, size_t total)>& progress) {
  const Config& config = state.config.model;
  const Status possible = CheckExport(config);
  if (!possible.ok()) return possible.error();
  Weights weights;
  weights.config = config;
  weights.tensors = ReadTensors(*state.average);
  if (NeedsCodebook(state)) {
    const auto fitted = FitCodebooks(state, data, {}, {});
    if (!fitted.ok()) return fitted.error();
  }
  AddCodebooks(*state.bottleneck, weights.tensors);
  const EntropyModel flat = EntropyModel::Uniform(config.bottleneck);
  weights.frequencies.assign(flat.frequencies().begin(), flat.frequencies().end());
  // Through the file format once, so that tokens are counted with the weights that the runtime will have.
  const auto bytes = SerializeWeights(weights);
  if (!bytes.ok()) return bytes.error();
  const auto runtime = Model::FromBytes(bytes.value(), "exported weights", Verify::kTrusted);
  if (!runtime.ok()) return runtime.error();
  EntropyCounter counter(config.bottleneck, kMaxFramesPerPacket);
  std::vector<ClipTokens> measured;
  for (size_t i = 0; i < data.clips.size(); ++i) {
    ClipTokens clip = Tokenise(runtime.value(), data.clips[i]);
    counter.Add(clip.tokens, clip.frames);
    if (i % kRateStride == 0) measured.push_back(std::move(clip));
    if (progress) progress(i + 1, data.clips.size());
  }
  weights.frequencies = counter.Frequencies();
  auto model = EntropyModel::Create(config.bottleneck, weights.frequencies);
  if (!model.ok()) return model.error();
  weights.metadata["licence"] = "Apache-2.0";
  weights.metadata["training"] = Summary(state, data);
  weights.metadata["payload_bps"] = nlohmann::json(MeasureRates(model.value(), measured, config)).dump();
  return weights;
}

}  // namespace quaver
