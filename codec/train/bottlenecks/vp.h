// VP, vector perturbation (Zhai et al., VP-VAE, arXiv 2602.17133, sections 3.1 and 3.2): while training, each
// vector of latents makes one Metropolis-Hastings step of about the size of a cell of the codebook that will
// be fitted in the end. How large that is, and how likely the place it would move to, the distances to its
// neighbours say, in a queue of latents of the steps before.
#ifndef QUAVER_CODEC_TRAIN_BOTTLENECKS_VP_H_
#define QUAVER_CODEC_TRAIN_BOTTLENECKS_VP_H_

#include <cstdint>
#include <string>
#include <torch/serialize/archive.h>
#include <torch/types.h>
#include <vector>

#include "codec/train/bottlenecks/bottleneck.h"
#include "codec/train/bottlenecks/nearest.h"
#include "codec/train/bottlenecks/options.h"

namespace quaver {

// What one Metropolis-Hastings step made of vectors [count, dims].
struct VpMove {
  torch::Tensor offset;     // [count, dims], of the proposal
  torch::Tensor radius;     // [count], eta times the distance of the M-th neighbour: its largest length
  torch::Tensor supported;  // [count] bool: the way back would have been possible
  torch::Tensor accepted;   // [count] bool; the others stay where they are
};

// Buffers: queue [sets, codes * M, dims], codebook [sets, codes, dims]; a set is a group, or all of them
// (VpOptions::shared).
class VectorPerturbation : public Bottleneck {
 public:
  VectorPerturbation(const BottleneckConfig& config, const VpOptions& options);

  // Moves the vectors that are kept; gradients pass as if nothing was added. Loss: the moment loss towards
  // variance 1. Watched, of the kept ones: accept, the share of proposals accepted; move, the mean length of
  // the accepted ones over the latents' root mean square; queue_age, the mean age of the queue in steps.
  // No tokens.
  BottleneckOutput Forward(const BottleneckInput& input) override;
  // The nearest code of each vector. An exception if there is no codebook.
  BottleneckOutput Quantize(const torch::Tensor& latents) const override;
  // Pushes a random small part of the vectors that the last Forward saw kept, audible and finite, so many
  // that a queue turns over in VpOptions::queue_steps steps, or all of them if they are fewer. All ranks push
  // those of all ranks, in the order of the samples; which ones, the number of the step decides.
  void EndStep(Group* group) override;
  std::string NotReady() const override;
  // A quick codebook from the queue, unless there is one of this very step.
  void PrepareToQuantize(Group* group) override;

  // The codebook, from latents [count, groups * dims] of the data that it is for, count > 0: what is not
  // finite is left out. Sets share the threads. Deterministic for the seed.
  void FitCodebook(const torch::Tensor& latents, uint64_t seed);
  bool fitted() const;  // there is such a codebook, and no step was made since

  // draws() uniform numbers a vector: uniform [count, draws()]; set [count] int64.
  VpMove Propose(const torch::Tensor& vectors, const torch::Tensor& set, const torch::Tensor& uniform);
  int64_t draws() const;
  // How much further quantisation moves the vectors of latents [count, groups * dims] than an accepted
  // proposal does, in the mean over those accepted: eta times this is calibrated.
  double EtaRatio(const torch::Tensor& latents, const at::Generator& generator);

  int neighbours() const;  // M
  int64_t sets() const { return queue_.size(0); }
  const torch::Tensor& queue() const { return queue_; }
  const torch::Tensor& codebook() const { return codebook_; }
  void SetQueue(const torch::Tensor& queue);  // [sets, codes * M, dims], as if pushed in this step

  void load(torch::serialize::InputArchive& archive) override;

 private:
  enum Mark : int64_t { kSteps, kSource, kFittedAt, kCursors };  // places in marks_
  enum Source : int64_t { kNone, kFromQueue, kFromData };        // of the codebook

  torch::Tensor Vectors(const torch::Tensor& latents) const;  // [.., groups * dims] -> [.. * groups, dims]
  torch::Tensor SetOf(const torch::Tensor& index) const;      // of vectors by their place in the above
  std::vector<torch::Tensor> BySet(const torch::Tensor& latents) const;  // finite vectors of each set
  std::vector<std::vector<int64_t>> ChooseFresh(const torch::Tensor& eligible) const;
  void Push(int64_t set, const torch::Tensor& vectors);
  void Fit(const std::vector<torch::Tensor>& vectors, int iterations, uint64_t seed, Source source);
  void SearchQueue();  // the trees follow the queue, whoever changed it
  void RememberQueue();
  void SetMark(int64_t mark, int64_t value);
  int64_t mark(int64_t mark) const { return marks_now_[static_cast<size_t>(mark)]; }

  BottleneckConfig config_;
  VpOptions options_;
  torch::Tensor queue_;
  torch::Tensor born_;  // [sets, codes * M] int32, the step in which each vector was pushed
  torch::Tensor codebook_;
  torch::Tensor marks_;             // int64, saved: Mark, and where each queue goes on
  std::vector<int64_t> marks_now_;  // the same at hand
  NearestSets neighbours_;
  const void* searched_ = nullptr;  // the queue that neighbours_ knows, and its version
  int64_t searched_version_ = -1;
  double born_sum_ = 0;
  torch::Tensor seen_;      // [batch * frames * groups, dims]: of the last Forward
  torch::Tensor eligible_;  // [batch * frames * groups] bool
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_BOTTLENECKS_VP_H_
