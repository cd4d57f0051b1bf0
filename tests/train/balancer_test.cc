#include "codec/train/balancer.h"

#include <gtest/gtest.h>
#include <torch/serialize/archive.h>

#include <sstream>

namespace quaver {
namespace {

torch::Tensor Gradient(double size) {
  return torch::ones({4, 100}) * (size / 10);
}  // norm of each sample: size

// Whatever the scale of a loss, its gradient has the size asked for, relative to the first.
TEST(Balancer, GradientsAreInProportion) {
  for (const double scale : {1e-6, 1.0, 1e6}) {
    Balancer balancer(0.9);
    torch::Tensor sum;
    for (int step = 0; step < 5; ++step)
      sum = balancer.Combine({{"reconstruction", Gradient(2), 1}, {"adversarial", Gradient(scale), 0.5}});
    EXPECT_NEAR(sum.norm(2, 1).mean().item<double>(), 2 + 1, 1e-4) << scale;
  }
}

// One loud step is not levelled away: the scale follows the average.
TEST(Balancer, FollowsTheAverageNotTheStep) {
  Balancer balancer(0.99);
  for (int step = 0; step < 200; ++step)
    balancer.Combine({{"reconstruction", Gradient(1), 1}, {"adversarial", Gradient(1), 1}});
  const auto sum = balancer.Combine({{"reconstruction", Gradient(1), 1}, {"adversarial", Gradient(10), 1}});
  EXPECT_GT(sum.norm(2, 1).mean().item<double>(), 1 + 8);
}

TEST(Balancer, SavedAndLoadedGoesOn) {
  Balancer straight(0.9);
  const auto combine = [](Balancer& b, double size) {
    return b.Combine({{"reconstruction", Gradient(1), 1}, {"adversarial", Gradient(size), 1}});
  };
  combine(straight, 3);
  torch::serialize::OutputArchive out;
  straight.Save(out);
  std::stringstream stream;
  out.save_to(stream);
  torch::serialize::InputArchive in;
  in.load_from(stream);
  Balancer resumed(0.9);
  resumed.Load(in);
  EXPECT_TRUE(torch::equal(combine(straight, 7), combine(resumed, 7)));
}

// One backward pass of the sum of scaled terms gives what the gradients one by one do.
TEST(Balancer, ScaleIsThatOfTheLastCombination) {
  Balancer balancer(0.9);
  EXPECT_EQ(balancer.Scale("adversarial", 0.5), 0) << "nothing was measured";
  torch::Tensor sum;
  for (const double size : {1.0, 3.0, 7.0})
    sum = balancer.Combine({{"reconstruction", Gradient(2), 1}, {"adversarial", Gradient(size), 0.5}});
  const torch::Tensor again = Gradient(2) + balancer.Scale("adversarial", 0.5) * Gradient(7);
  EXPECT_TRUE(torch::allclose(sum, again, 1e-5));
}

}  // namespace
}  // namespace quaver
