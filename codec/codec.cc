#include "codec/codec.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <utility>

#include "codec/bitstream/entropy_model.h"
#include "codec/model/builtin.h"
#include "codec/model/config.h"
#include "codec/model/weights.h"
#include "codec/runtime/bottleneck.h"
#include "codec/runtime/buffer.h"
#include "codec/runtime/network_plan.h"

namespace quaver {
namespace {

using internal::Bottleneck;
using internal::Buffer;
using internal::Chain;
using internal::kBlockFrames;

constexpr size_t kMaxWeightsBytes = size_t{1} << 30;  // of a weights file
constexpr float kMaxSample = 16.0f;                   // 24 dB over full scale

float Sanitised(float sample) {
  return std::isfinite(sample) ? std::clamp(sample, -kMaxSample, kMaxSample) : 0.0f;
}

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

// Writes and reads the pieces of a stream's state one after the other.
void Put(std::byte*& at, const void* from, size_t size) {
  std::memcpy(at, from, size);
  at += size;
}

void Get(const std::byte*& at, void* to, size_t size) {
  std::memcpy(to, at, size);
  at += size;
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
  const auto weights = ParseWeights(bytes, source, verify);
  if (!weights.ok()) return weights.error();
  auto model = FromWeights(weights.value());
  if (!model.ok()) return Error{source + ": " + model.message()};
  return model;
}

Result<std::shared_ptr<const Model>> Model::FromWeights(const Weights& weights) {
  auto plan = internal::NetworkPlan::Create(weights);
  if (!plan.ok()) return plan.error();
  auto entropy = EntropyModel::Create(weights.config.bottleneck, weights.frequencies);
  if (!entropy.ok()) return entropy.error();
  auto impl = std::make_unique<const Impl>(Impl{weights.config, weights.identity, weights.metadata,
                                                std::move(entropy).value(), std::move(plan).value()});
  return std::shared_ptr<const Model>(new Model(std::move(impl)));
}

Result<std::shared_ptr<const Model>> Model::BuiltIn() {
  const std::span<const uint8_t> bytes = BuiltInWeights();
  if (bytes.empty()) return Error{"built-in model: none was embedded when the library was built"};
  return FromBytes(bytes, "built-in model", Verify::kTrusted);
}

// The state of the stream is `state`, `pending` and the first `pending` samples of `block`; the rest is
// scratch.
struct Encoder::Impl {
  explicit Impl(std::shared_ptr<const Model> shared)
      : model(std::move(shared)),
        chain(model->plan().encoder()),
        bottleneck(model->config().bottleneck),
        frame(model->frame()),
        state(chain.state_size()),
        block(static_cast<size_t>(kBlockFrames) * frame),
        latents(static_cast<size_t>(kBlockFrames) * chain.out_stride()),
        scratch(chain.ScratchSize(2 * kBlockFrames)) {}

  size_t FramesAfter(size_t samples) const { return samples / frame + (pending + samples % frame) / frame; }

  // Moves samples into the block until it is full; returns how many.
  size_t Fill(std::span<const float> samples) {
    const size_t count = std::min(samples.size(), block.size() - pending);
    std::transform(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(count),
                   block.data() + pending, Sanitised);
    pending += count;
    return count;
  }

  // Encodes the whole frames of the block and moves the rest to its start; returns the frames.
  int Drain(int n_q, uint16_t* tokens) {
    const int frames = static_cast<int>(pending / frame);
    if (frames == 0) return 0;
    chain.Run(block.data(), 2 * frames, latents.data(), state.data(), scratch.data());
    bottleneck.Quantise(latents.data(), frames, n_q, tokens);
    const size_t used = frames * frame;
    std::copy(block.data() + used, block.data() + pending, block.data());
    pending -= used;
    return frames;
  }

  std::shared_ptr<const Model> model;
  const Chain& chain;
  Bottleneck bottleneck;
  size_t frame;
  Buffer state;
  size_t pending = 0;
  Buffer block;
  Buffer latents;
  Buffer scratch;
};

Encoder::Encoder(std::shared_ptr<const Model> model) : impl_(std::make_unique<Impl>(std::move(model))) {}
Encoder::~Encoder() = default;
Encoder::Encoder(Encoder&&) noexcept = default;

int Encoder::Encode(std::span<const float> samples, int n_q, std::span<uint16_t> tokens) noexcept {
  const size_t frames = impl_->FramesAfter(samples.size());
  if (n_q < 0 || n_q > impl_->model->groups() || frames > INT_MAX) return -1;
  if (n_q > 0 && tokens.size() / static_cast<size_t>(n_q) < frames) return -1;
  uint16_t* out = tokens.data();
  while (!samples.empty()) {
    samples = samples.subspan(impl_->Fill(samples));
    const int done = impl_->Drain(n_q, out);
    if (n_q > 0) out += static_cast<size_t>(done) * n_q;
  }
  return static_cast<int>(frames);
}

int Encoder::FramesAfter(size_t samples) const noexcept {
  return static_cast<int>(std::min<size_t>(impl_->FramesAfter(samples), INT_MAX));
}

const Model& Encoder::model() const noexcept { return *impl_->model; }

void Encoder::Reset() noexcept {
  std::fill_n(impl_->state.data(), impl_->state.size(), 0.0f);
  impl_->pending = 0;
}

size_t Encoder::state_size() const noexcept {
  return sizeof(uint32_t) + (impl_->frame + impl_->state.size()) * sizeof(float);
}

bool Encoder::Save(std::span<std::byte> state) const noexcept {
  if (state.size() != state_size()) return false;
  const auto pending = static_cast<uint32_t>(impl_->pending);
  const size_t used = pending * sizeof(float);
  const size_t unused = impl_->frame * sizeof(float) - used;
  std::byte* at = state.data();
  Put(at, &pending, sizeof(pending));
  Put(at, impl_->block.data(), used);
  std::memset(at, 0, unused);  // so that equal streams give equal bytes
  at += unused;
  Put(at, impl_->state.data(), impl_->state.size() * sizeof(float));
  return true;
}

bool Encoder::Restore(std::span<const std::byte> state) noexcept {
  if (state.size() != state_size()) return false;
  uint32_t pending = 0;
  const std::byte* at = state.data();
  Get(at, &pending, sizeof(pending));
  if (pending >= impl_->frame) return false;
  impl_->pending = pending;
  Get(at, impl_->block.data(), impl_->frame * sizeof(float));
  Get(at, impl_->state.data(), impl_->state.size() * sizeof(float));
  return true;
}

struct Decoder::Impl {
  explicit Impl(std::shared_ptr<const Model> shared)
      : model(std::move(shared)),
        chain(model->plan().decoder()),
        bottleneck(model->config().bottleneck),
        frame(model->frame()),
        state(chain.state_size()),
        latents(static_cast<size_t>(kBlockFrames) * chain.in_stride()),
        scratch(chain.ScratchSize(kBlockFrames)) {}

  bool Valid(std::span<const uint16_t> tokens) const {
    return std::ranges::all_of(tokens, [this](uint16_t token) { return token < bottleneck.codes(); });
  }

  void Run(const uint16_t* tokens, int frames, int n_q, float* samples) {
    bottleneck.Dequantise(tokens, frames, n_q, latents.data());
    chain.Run(latents.data(), frames, samples, state.data(), scratch.data());
    // Only weights or a restored state that are not finite can cause this; the network forgets them in time.
    for (size_t i = 0; i < frames * frame; ++i) {
      if (!std::isfinite(samples[i])) samples[i] = 0.0f;
    }
  }

  std::shared_ptr<const Model> model;
  const Chain& chain;
  Bottleneck bottleneck;
  size_t frame;
  Buffer state;
  Buffer latents;
  Buffer scratch;
};

Decoder::Decoder(std::shared_ptr<const Model> model) : impl_(std::make_unique<Impl>(std::move(model))) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;

bool Decoder::Decode(std::span<const uint16_t> tokens, int n_q, std::span<float> samples) noexcept {
  if (n_q < 0 || n_q > impl_->model->groups() || samples.size() % impl_->frame != 0) return false;
  const size_t frames = samples.size() / impl_->frame;
  const auto width = static_cast<size_t>(n_q);
  if (tokens.size() != frames * width || !impl_->Valid(tokens)) return false;
  for (size_t done = 0; done < frames; done += kBlockFrames) {
    const auto count = static_cast<int>(std::min<size_t>(frames - done, kBlockFrames));
    impl_->Run(tokens.data() + done * width, count, n_q, samples.data() + done * impl_->frame);
  }
  return true;
}

bool Decoder::Conceal(std::span<float> samples) noexcept {
  return samples.size() == impl_->frame && Decode({}, 0, samples);
}

const Model& Decoder::model() const noexcept { return *impl_->model; }

void Decoder::Reset() noexcept { std::fill_n(impl_->state.data(), impl_->state.size(), 0.0f); }

size_t Decoder::state_size() const noexcept { return impl_->state.size() * sizeof(float); }

bool Decoder::Save(std::span<std::byte> state) const noexcept {
  if (state.size() != state_size()) return false;
  std::memcpy(state.data(), impl_->state.data(), state.size());
  return true;
}

bool Decoder::Restore(std::span<const std::byte> state) noexcept {
  if (state.size() != state_size()) return false;
  std::memcpy(impl_->state.data(), state.data(), state.size());
  return true;
}

}  // namespace quaver
