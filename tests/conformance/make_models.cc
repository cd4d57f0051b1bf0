// Writes the models that the tiny one leaves open, and packets of each: make_models FOLDER. Their weights and
// tokens are random, so they have no sound worth hearing: entropy networks, codebooks, every version of
// weights files. Only for a new version of the bitstream, as make_vectors.
#include <cstdio>
#include <fstream>

#include "codec/model/eight_bit.h"
#include "tests/conformance/random_packets.h"
#include "tests/conformance/vectors.h"
#include "tests/model/random_weights.h"

namespace quaver {
namespace {

constexpr int kPackets = 40;

struct Kind {
  const char* name;
  BottleneckConfig bottleneck;
  TableContexts contexts;
  int units;  // of the entropy network; 0: none
  bool eight_bit;
  bool shared_codebook;
};

BottleneckConfig Scalars(int groups, std::vector<int> levels) {
  BottleneckConfig bottleneck;
  bottleneck.groups = groups;
  bottleneck.levels = std::move(levels);
  return bottleneck;
}

// As few weights as a network can have.
Config SmallestConfig(const Kind& kind) {
  Config config = TinyConfig();
  config.name = kind.name;
  config.sample_rate = 8000;
  config.hop = 80;
  config.window = 80;
  config.overlap = 20;
  config.conv_kernel = 1;
  config.block_kernel = 1;
  config.expansion = 1;
  config.encoder_hops = config.encoder_frames = config.decoder_frames = config.decoder_hops = {4, 1};
  config.bottleneck = kind.bottleneck;
  return config;
}

Result<std::vector<uint8_t>> MakeWeights(Random& random, const Kind& kind) {
  const Config config = SmallestConfig(kind);
  Weights weights = RandomWeights(config, random());
  const EntropyModel entropy = RandomModel(random, kind.bottleneck, 2.0, kind.contexts);
  weights.frequencies.assign(entropy.frequencies().begin(), entropy.frequencies().end());
  if (kind.units > 0)
    weights.entropy_network = RandomEntropyNetwork(random, kind.bottleneck, kind.units, 2.0);
  if (!kind.bottleneck.scalar()) {
    Tensor& codebook = weights.tensors[kCodebook];
    if (kind.shared_codebook) {
      codebook.shape[0] = 1;
      codebook.values.resize(codebook.values.size() / static_cast<size_t>(kind.bottleneck.groups));
    }
    for (float& value : codebook.values) value *= 10;  // beyond what the network clamps
  }
  if (kind.eight_bit) {
    if (Status status = StoreMatricesAsEightBit(weights); !status.ok()) return status.error();
  }
  return SerializeWeights(weights);
}

Status Write(const std::string& folder, Random& random, const Kind& kind) {
  const std::string base = folder + "/" + kind.name;
  const auto bytes = MakeWeights(random, kind);
  if (!bytes.ok()) return bytes.error();
  const auto model = Model::FromBytes(bytes.value(), kind.name);
  if (!model.ok()) return model.error();
  std::ofstream(base + ".safetensors", std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.value().data()), std::ssize(bytes.value()));

  const EntropyModel& entropy = model.value()->entropy();
  const PacketDefaults defaults = {4, 2};
  const auto groups = static_cast<size_t>(kind.bottleneck.groups);
  auto npy = NpyWriter::Create(base + ".npy", groups);
  if (!npy.ok()) return npy.error();
  std::ofstream packets(base + ".packets");
  for (int i = 0; i < kPackets; ++i) {
    const PacketTokens tokens = RandomPacketTokens(random, entropy, defaults);
    packets << Hexadecimal(Encoded(entropy, defaults, tokens)) << '\n';
    for (size_t f = 0; f < static_cast<size_t>(tokens.frames); ++f) {
      if (Status status = npy.value()->Write(std::span(tokens.token[f]).first(groups)); !status.ok())
        return status;
    }
  }
  return npy.value()->Commit();
}

int Run(const std::string& folder) {
  const Kind kinds[] = {{"fsp-network", Scalars(3, {8, 5, 3}), TableContexts::kFrameBefore, 3, true, false},
                        {"fsp-one-digit", Scalars(2, {64}), TableContexts::kFrameBefore, 0, false, false},
                        {"vp-network", Vp(96, 3), TableContexts::kThisFrame, 4, true, false},
                        {"vp-shared", Vp(30, 4), TableContexts::kFrameBefore, 2, false, true}};
  Random random(20240711);
  for (const Kind& kind : kinds) {
    if (const Status status = Write(folder, random, kind); !status.ok()) {
      std::fprintf(stderr, "make_models: %s: %s\n", kind.name, status.message().c_str());
      return 1;
    }
  }
  return 0;
}

}  // namespace
}  // namespace quaver

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_models FOLDER\n");
    return 2;
  }
  return quaver::Run(argv[1]);
}
