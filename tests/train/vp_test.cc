// Acceptance tests t9 to t12 of vector perturbation: figures simulated from its definition on Gaussian
// latents.
#include "codec/train/bottlenecks/vp.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/serialize/archive.h>

#include <cmath>
#include <limits>
#include <sstream>
#include <stdexcept>

namespace quaver {
namespace {

using torch::Tensor;

at::Generator Generator(uint64_t seed) { return at::detail::createCPUGenerator(seed); }

BottleneckConfig Config(int dims, int codes, int groups = 1) {
  BottleneckConfig config;
  config.type = "vp";
  config.groups = groups;
  config.vector_dims = dims;
  config.codebook_size = codes;
  return config;
}

VpOptions Options(double eta = 1) {
  VpOptions options;
  options.eta = eta;
  return options;
}

VpMove Propose(VectorPerturbation& vp, const Tensor& z, uint64_t seed) {
  const Tensor uniform = torch::rand({z.size(0), vp.draws()}, Generator(seed));
  return vp.Propose(z, torch::zeros({z.size(0)}, torch::kInt64), uniform);
}

double Mean(const Tensor& x) { return x.to(torch::kDouble).mean().item<double>(); }

struct Batch {
  Tensor latents, kept, audible;
};

Batch RandomBatch(const BottleneckConfig& config, int64_t batch, int64_t frames, uint64_t seed) {
  return {torch::randn({batch, frames, config.latents()}, Generator(seed)),
          torch::ones({batch, frames, config.groups}), torch::ones({batch, frames})};
}

BottleneckOutput Forward(VectorPerturbation& vp, const Batch& batch, uint64_t seed) {
  const BatchRandom random(seed, 0, static_cast<int>(batch.latents.size(0)));
  return vp.Forward({batch.latents, batch.kept, batch.audible, random});
}

double Watched(const BottleneckOutput& out, const std::string& name) {
  for (const auto& [key, value] : out.watch) {
    if (key == name) return value.item<double>();
  }
  ADD_FAILURE() << name;
  return 0;
}

TEST(Vp, T9MovesStayInsideTheBallOfBothEnds) {
  VectorPerturbation vp(Config(4, 64), Options());
  const Tensor z = torch::randn({2000, 4}, Generator(1));
  const VpMove move = Propose(vp, z, 2);
  const Tensor length = move.offset.norm(2, {1});
  EXPECT_TRUE((length <= move.radius * (1 + 1e-5)).all().item<bool>());
  const Tensor there = NearestDistances(z + move.offset, vp.queue()[0], {vp.neighbours()}).squeeze(1);
  EXPECT_TRUE((length <= there * (1 + 1e-5)).masked_select(move.accepted).all().item<bool>());
  const Tensor here = NearestDistances(z, vp.queue()[0], {vp.neighbours()}).squeeze(1);
  EXPECT_TRUE(torch::allclose(move.radius, here));
}

TEST(Vp, T9GradientIsTheIdentity) {
  VectorPerturbation vp(Config(4, 64, 3), {});
  Batch batch = RandomBatch(Config(4, 64, 3), 2, 20, 3);
  batch.latents.requires_grad_(true);
  const BottleneckOutput out = Forward(vp, batch, 4);
  const Tensor weights = torch::randn(out.y.sizes(), Generator(5));
  const Tensor gradient = torch::autograd::grad({(out.y * weights).sum()}, {batch.latents})[0];
  EXPECT_TRUE(torch::equal(gradient, weights));
  EXPECT_FALSE(torch::equal(out.y, batch.latents));
  EXPECT_TRUE(out.loss.requires_grad());
}

TEST(Vp, T9QueueIsARing) {
  VpOptions options = Options();
  options.queue_steps = 3.5;  // 4 * 32 places: 36 or 37 a step
  options.cell_neighbour = 32;
  VectorPerturbation vp(Config(2, 4), options);
  Tensor expected = vp.queue()[0].clone();
  int64_t cursor = 0;
  for (uint64_t step = 1; step <= 9; ++step) {
    const Batch batch = RandomBatch(Config(2, 4), 1, 37, 10 + step);
    Forward(vp, batch, step);
    vp.EndStep(nullptr);
    // In the order of the frames, if some were left out.
    const int64_t count =
        static_cast<int64_t>(step * 128 / 3.5) - static_cast<int64_t>((step - 1) * 128 / 3.5);
    int64_t next = 0;
    for (int64_t i = 0; i < count; ++i) {
      const Tensor pushed = vp.queue()[0][(cursor + i) % 128];
      while (next < 37 && !torch::equal(batch.latents[0][next], pushed)) ++next;
      ASSERT_LT(next++, 37) << "step " << step << ", vector " << i;
      expected[(cursor + i) % 128].copy_(pushed);
    }
    cursor = (cursor + count) % 128;
    EXPECT_TRUE(torch::equal(vp.queue()[0], expected)) << "step " << step;
  }
  Forward(vp, RandomBatch(Config(2, 4), 1, 37, 1), 1);
  EXPECT_NEAR(Watched(Forward(vp, RandomBatch(Config(2, 4), 1, 37, 1), 1), "queue_age"), 1.2, 0.2);
}

// d = 3, K = 256, M = 48, k = 8, eta = 1.
TEST(Vp, T10AcceptanceOnGaussianLatents) {
  VectorPerturbation vp(Config(3, 256), Options());
  EXPECT_EQ(vp.neighbours(), 48);
  const VpMove move = Propose(vp, torch::randn({40000, 3}, Generator(6)), 7);
  EXPECT_NEAR(Mean(move.accepted), 0.67, 0.02);
  EXPECT_NEAR(Mean(move.supported), 0.896, 0.01);
}

TEST(Vp, T10MetropolisKeepsTheLawAndAlwaysAcceptingDoesNot) {
  const Tensor z = torch::randn({100000, 3}, Generator(8));
  const double before = Mean(z.square());
  for (const bool metropolis : {true, false}) {
    VpOptions options = Options();
    options.metropolis = metropolis;
    VectorPerturbation vp(Config(3, 256), options);
    const VpMove move = Propose(vp, z, 9);
    const Tensor moved = z + torch::where(move.accepted.unsqueeze(1), move.offset, torch::zeros_like(z));
    const double drift = Mean(moved.square()) - before;
    if (metropolis) {
      EXPECT_LT(std::abs(drift), 0.015);
    } else {
      EXPECT_GT(drift, 0.03);
      EXPECT_EQ(Mean(move.accepted), 1);
    }
  }
}

TEST(Vp, T10CodebookMovesVectorsSomewhatFurtherThanEtaOne) {
  VectorPerturbation vp(Config(3, 256), Options());
  vp.FitCodebook(vp.queue()[0], 1);
  EXPECT_TRUE(vp.fitted());
  EXPECT_NEAR(vp.EtaRatio(torch::randn({20000, 3}, Generator(10)), Generator(11)), 1.12, 0.03);
}

TEST(Vp, T11ScaleOfLatentsIsTheScaleOfMoves) {
  VectorPerturbation vp(Config(4, 64), Options(1.1));
  VectorPerturbation large(Config(4, 64), Options(1.1));
  constexpr double kScale = 8;  // a power of two: nothing is rounded otherwise
  large.SetQueue(vp.queue() * kScale);
  const Tensor z = torch::randn({3000, 4}, Generator(12));
  const VpMove move = Propose(vp, z, 13);
  const VpMove scaled = Propose(large, z * kScale, 13);
  EXPECT_TRUE(torch::allclose(scaled.offset, move.offset * kScale, 1e-5, 1e-6));
  EXPECT_LT(Mean(scaled.accepted != move.accepted), 0.002);  // the logarithms are rounded otherwise
}

TEST(Vp, T12MovesHaveNoDirectionWhereTheDensityIsFlat) {
  VectorPerturbation vp(Config(3, 256), Options());
  vp.SetQueue(torch::rand(vp.queue().sizes(), Generator(14)));
  const Tensor z = 0.25 + 0.5 * torch::rand({40000, 3}, Generator(15));
  const VpMove move = Propose(vp, z, 16);
  const Tensor offset = move.offset.index_select(0, torch::nonzero(move.accepted).squeeze(1));
  const double spread = offset.square().mean().sqrt().item<double>();
  EXPECT_LT(offset.mean(0).abs().max().item<double>(), 0.02 * spread);
  const Tensor covariance = torch::mm(offset.t(), offset) / offset.size(0) / (spread * spread);
  EXPECT_LT((covariance - torch::eye(3)).abs().max().item<double>(), 0.05);
}

TEST(Vp, GroupsThatAreDroppedAreLeftAlone) {
  const BottleneckConfig config = Config(4, 64, 3);
  VectorPerturbation vp(config, Options());
  Batch batch = RandomBatch(config, 2, 30, 17);
  batch.kept.select(2, 2).zero_();
  batch.kept.select(2, 1).slice(1, 10).zero_();
  const Tensor before = vp.queue().clone();
  const BottleneckOutput out = Forward(vp, batch, 18);
  const Tensor moved = (out.y != batch.latents).view({2, 30, 3, 4}).any(-1);
  EXPECT_FALSE((moved & (batch.kept == 0)).any().item<bool>());
  EXPECT_GT(Mean(moved.masked_select(batch.kept > 0)), 0.3);
  vp.EndStep(nullptr);
  EXPECT_TRUE(torch::equal(vp.queue()[2], before[2]));
  EXPECT_FALSE(torch::equal(vp.queue()[0], before[0]));
}

TEST(Vp, SilenceAndWhatIsNotFiniteStayOutOfTheQueue) {
  const BottleneckConfig config = Config(4, 16, 2);
  VpOptions options = Options();
  options.queue_steps = 1;
  VectorPerturbation vp(config, options);
  Batch batch = RandomBatch(config, 2, 30, 19);
  batch.audible[0].zero_();
  batch.latents[0].fill_(77);
  batch.latents[1][3].fill_(NAN);
  batch.latents[1][4][2] = std::numeric_limits<float>::infinity();
  const BottleneckOutput out = Forward(vp, batch, 20);
  vp.EndStep(nullptr);
  EXPECT_TRUE(torch::isfinite(vp.queue()).all().item<bool>());
  EXPECT_FALSE((vp.queue() == 77).any().item<bool>());
  EXPECT_TRUE(torch::equal(vp.queue()[0].slice(0, 0, 3), batch.latents[1].slice(0, 0, 3).slice(1, 0, 4)));
  for (const auto& [name, value] : out.watch) EXPECT_TRUE(torch::isfinite(value).item<bool>()) << name;
}

TEST(Vp, ABatchOfWhichNothingIsKept) {
  const BottleneckConfig config = Config(4, 16, 2);
  VectorPerturbation vp(config, Options());
  Batch batch = RandomBatch(config, 1, 5, 21);
  batch.kept.zero_();
  const BottleneckOutput out = Forward(vp, batch, 22);
  vp.EndStep(nullptr);
  EXPECT_TRUE(torch::equal(out.y, batch.latents));
  for (const auto& [name, value] : out.watch) EXPECT_TRUE(torch::isfinite(value).item<bool>()) << name;
}

TEST(Vp, NoiseBelongsToTheSample) {
  const BottleneckConfig config = Config(4, 32, 2);
  VectorPerturbation vp(config, Options());
  const Batch batch = RandomBatch(config, 4, 12, 23);
  const Tensor whole = Forward(vp, batch, 24).y;
  const BatchRandom last(24, 2, 2);
  const Tensor part =
      vp.Forward({batch.latents.slice(0, 2), batch.kept.slice(0, 2), batch.audible.slice(0, 2), last}).y;
  EXPECT_TRUE(torch::equal(part, whole.slice(0, 2)));
}

TEST(Vp, SharedQueueServesAllGroups) {
  const BottleneckConfig config = Config(4, 32, 3);
  VpOptions options = Options();
  options.shared = true;
  options.queue_steps = 20;
  VectorPerturbation vp(config, options);
  EXPECT_EQ(vp.sets(), 1);
  const Batch batch = RandomBatch(config, 2, 30, 25);
  const BottleneckOutput out = Forward(vp, batch, 26);
  EXPECT_GT(Mean((out.y != batch.latents).view({2, 30, 3, 4}).select(2, 2)), 0.3);
  vp.EndStep(nullptr);
  vp.PrepareToQuantize(nullptr);
  EXPECT_EQ(vp.codebook().size(0), 1);
  EXPECT_EQ(vp.Quantize(batch.latents).token.sizes(), torch::IntArrayRef({2, 30, 3}));
}

TEST(Vp, QuantisesToTheNearestCodeOnceThereIsACodebook) {
  const BottleneckConfig config = Config(3, 64, 2);
  VectorPerturbation vp(config, Options());
  const Tensor latents = torch::randn({2, 50, 6}, Generator(27));
  EXPECT_FALSE(vp.NotReady().empty());
  EXPECT_THROW(vp.Quantize(latents), std::runtime_error);
  vp.PrepareToQuantize(nullptr);
  EXPECT_EQ(vp.NotReady(), "");
  EXPECT_FALSE(vp.fitted());
  const BottleneckOutput out = vp.Quantize(latents);
  for (int64_t group = 0; group < 2; ++group) {
    const Tensor z = latents.slice(2, 3 * group, 3 * group + 3).reshape({-1, 3});
    const Tensor nearest = std::get<1>(torch::cdist(z, vp.codebook()[group], 2, 2).min(1));
    const Tensor token = out.token.select(2, group).reshape({-1});
    EXPECT_GT(Mean(token == nearest), 0.99);
    EXPECT_TRUE(torch::equal(out.y.slice(2, 3 * group, 3 * group + 3).reshape({-1, 3}),
                             vp.codebook()[group].index_select(0, token)));
  }
}

TEST(Vp, ACodebookOfTheDataStaysUntilTrainingGoesOn) {
  const BottleneckConfig config = Config(3, 16);
  VectorPerturbation vp(config, Options());
  vp.FitCodebook(torch::randn({500, 3}, Generator(28)), 1);
  const Tensor codebook = vp.codebook().clone();
  vp.PrepareToQuantize(nullptr);
  EXPECT_TRUE(torch::equal(vp.codebook(), codebook));
  Forward(vp, RandomBatch(config, 1, 20, 29), 30);
  vp.EndStep(nullptr);
  EXPECT_FALSE(vp.fitted());
  vp.PrepareToQuantize(nullptr);
  EXPECT_FALSE(torch::equal(vp.codebook(), codebook));
}

std::string Saved(const VectorPerturbation& vp) {
  torch::serialize::OutputArchive archive;
  vp.save(archive);
  std::ostringstream out;
  archive.save_to(out);
  return out.str();
}

void Load(VectorPerturbation& vp, const std::string& bytes) {
  std::istringstream in(bytes);
  torch::serialize::InputArchive archive;
  archive.load_from(in);
  vp.load(archive);
}

TEST(Vp, GoesOnFromASavedQueueBitForBit) {
  const BottleneckConfig config = Config(4, 32, 2);
  VpOptions options = Options();
  options.queue_steps = 10;
  const auto step = [&](VectorPerturbation& vp, uint64_t number) {
    const Tensor y = Forward(vp, RandomBatch(config, 2, 40, number), number).y;
    vp.EndStep(nullptr);
    return y;
  };
  VectorPerturbation whole(config, options);
  for (uint64_t i = 0; i < 7; ++i) step(whole, i);
  whole.PrepareToQuantize(nullptr);
  VectorPerturbation resumed(config, options);
  step(resumed, 99);
  Load(resumed, Saved(whole));
  EXPECT_TRUE(torch::equal(resumed.codebook(), whole.codebook()));
  EXPECT_EQ(resumed.NotReady(), "");
  for (uint64_t i = 7; i < 20; ++i) EXPECT_TRUE(torch::equal(step(resumed, i), step(whole, i))) << i;
  EXPECT_TRUE(torch::equal(resumed.queue(), whole.queue()));
}

TEST(Vp, RefusesAQueueOfAnotherShape) {
  VectorPerturbation other(Config(4, 32, 2), Options());
  VectorPerturbation vp(Config(4, 64, 2), Options());
  EXPECT_THROW(Load(vp, Saved(other)), std::runtime_error);
}

}  // namespace
}  // namespace quaver
