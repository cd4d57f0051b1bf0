#include "codec/train/adversarial_pass.h"

#include <torch/autograd.h>

#include <cmath>

#include "codec/train/worker_gradients.h"

namespace quaver {
namespace {

using torch::Tensor;

// The adversarial and the feature loss each need a backward pass of their own for their gradients to be
// measured. So that is done each so many steps, and by turns between them one pass gives the sum, each term
// scaled by what was measured before (Balancer::Scale).
constexpr int64_t kMeasureEvery = 8;

// Of one worker. Losses are means over its samples.
struct Verdict {
  Tensor decoded;  // where the graph begins
  Judgement of_recorded, of_decoded;
  double discriminator = 0;
  double adversarial = 0, features = 0;
  Tensor at_adversarial, at_features;  // gradients at the decoded samples of the batch's losses
  Tensor at_both;                      // or that of their sum, in the balancer's proportion
};

class Pass {
 public:
  Pass(TrainingState& state, const std::vector<GeneratorPass::Part>& parts, Workers& workers)
      : adversary_(*state.adversary),
        options_(state.config.training.adversary),
        learns_(state.step % options_.every == 0),
        felt_(state.step >= options_.start_step),
        measured_((state.step - options_.start_step) % kMeasureEvery == 0),
        parts_(parts),
        workers_(workers),
        verdicts_(parts.size()) {
    adversary_.discriminators->set_bf16(state.UsesBf16());
  }

  bool learns() const { return learns_; }
  bool felt() const { return felt_; }

  void Judge() {
    workers_.Run([&](int worker) {
      const auto i = static_cast<size_t>(worker);
      Verdict& verdict = verdicts_[i];
      {
        const torch::AutoGradMode with_graph(learns_);
        verdict.of_recorded = adversary_.discriminators(parts_[i].reference);
      }
      verdict.decoded = parts_[i].decoded.detach().requires_grad_(felt_);
      verdict.of_decoded = adversary_.discriminators(verdict.decoded);
    });
  }

  // The decoder's gradients come from the same graph, so it is kept.
  void Learn(double rate, GradientSum& sum) {
    WorkerGradients gradients(workers_, sum);
    workers_.Run([&](int worker) {
      const auto i = static_cast<size_t>(worker);
      const Tensor loss =
          parts_[i].share * DiscriminatorLoss(verdicts_[i].of_recorded, verdicts_[i].of_decoded);
      verdicts_[i].discriminator = loss.item<double>();
      gradients.Backward(worker, {loss}, {torch::ones_like(loss)}, {}, /*keep_graph=*/true);
    });
    gradients.Finish();
    const double norm = adversary_.optimizer->GradientNorm(&workers_);
    if (std::isfinite(norm)) adversary_.optimizer->Step(options_.learning_rate * rate, 1, &workers_);
    adversary_.optimizer->ZeroGrad();
  }

  void Complain() {
    workers_.Run([&](int worker) {
      const auto i = static_cast<size_t>(worker);
      Verdict& verdict = verdicts_[i];
      const auto gradient = [&](const Tensor& loss) {
        return torch::autograd::grad({loss}, {verdict.decoded}, {}, /*retain_graph=*/true)[0];
      };
      const Tensor adversarial = parts_[i].share * AdversarialLoss(verdict.of_decoded);
      const Tensor features = parts_[i].share * FeatureLoss(verdict.of_recorded, verdict.of_decoded);
      verdict.adversarial = adversarial.item<double>();
      verdict.features = features.item<double>();
      if (!measured_) {
        verdict.at_both = gradient(Scale("adversarial", options_.adversarial) * adversarial +
                                   Scale("features", options_.features) * features);
        return;
      }
      if (options_.adversarial > 0) verdict.at_adversarial = gradient(adversarial);
      if (options_.features > 0) verdict.at_features = gradient(features);
    });
  }

  // Losses of this rank.
  std::vector<std::pair<std::string, double>> Terms() const {
    double discriminator = 0, adversarial = 0, features = 0;
    for (const Verdict& verdict : verdicts_) {
      discriminator += verdict.discriminator;
      adversarial += verdict.adversarial;
      features += verdict.features;
    }
    std::vector<std::pair<std::string, double>> terms;
    if (learns_) terms.emplace_back("discriminator", discriminator);
    if (felt_) terms.insert(terms.end(), {{"adversarial", adversarial}, {"features", features}});
    return terms;
  }

  // The gradient at the decoded samples: the reconstruction's, and what the discriminators add to it.
  Tensor Combined(const Tensor& reconstruction, DataParallel& peers) const {
    if (!felt_) return reconstruction;
    const Tensor added = measured_ ? Measured(reconstruction, peers) : Collected(&Verdict::at_both);
    if (options_.one_token_share == 1) return reconstruction + added;
    std::vector<Tensor> tokens;
    for (const GeneratorPass::Part& part : parts_) tokens.push_back(part.tokens);
    return reconstruction + AdversaryShares(options_, torch::cat(tokens)).unsqueeze(-1) * added;
  }

 private:
  double Scale(const char* term, double weight) const {
    return weight > 0 ? adversary_.balancer.Scale(term, weight) : 0;
  }
  // What the terms add, in proportion, once each is measured.
  Tensor Measured(const Tensor& reconstruction, DataParallel& peers) const {
    std::vector<Balancer::Term> terms = {{"reconstruction", reconstruction, 1}};
    if (options_.adversarial > 0)
      terms.push_back({"adversarial", Collected(&Verdict::at_adversarial), options_.adversarial});
    if (options_.features > 0)
      terms.push_back({"features", Collected(&Verdict::at_features), options_.features});
    const auto mean = [&](const Tensor& norms) { return peers.Mean(norms); };
    return adversary_.balancer.Combine(terms, mean) - reconstruction;
  }
  Tensor Collected(Tensor Verdict::*gradient) const {
    std::vector<Tensor> parts;
    for (const Verdict& verdict : verdicts_) parts.push_back(verdict.*gradient);
    return torch::cat(parts);
  }

  Adversary& adversary_;
  const AdversaryOptions& options_;
  const bool learns_;    // it is the discriminators' turn
  const bool felt_;      // the decoder listens to them
  const bool measured_;  // each term's gradient by itself
  const std::vector<GeneratorPass::Part>& parts_;
  Workers& workers_;
  std::vector<Verdict> verdicts_;
};

}  // namespace

torch::Tensor AdversaryShares(const AdversaryOptions& options, const torch::Tensor& tokens) {
  const double slope = (1 - options.one_token_share) / (options.full_tokens - 1);
  return (options.one_token_share + slope * (tokens - 1)).clamp(0, 1);
}

AdversarialResult AdversarialPass(TrainingState& state, const std::vector<GeneratorPass::Part>& parts,
                                  const std::vector<torch::Tensor>& at_decoded, double rate,
                                  DataParallel& peers, Workers& workers) {
  Pass pass(state, parts, workers);
  pass.Judge();
  if (pass.learns()) pass.Learn(rate, *peers.discriminators);
  if (pass.felt()) pass.Complain();
  AdversarialResult result;
  result.terms = pass.Terms();
  std::vector<double> values;
  for (const auto& [name, value] : result.terms) values.push_back(value);
  values = peers.Mean(values);
  for (size_t i = 0; i < values.size(); ++i) result.terms[i].second = values[i];
  result.at_decoded = workers.Split(pass.Combined(torch::cat(at_decoded), peers));
  return result;
}

}  // namespace quaver
