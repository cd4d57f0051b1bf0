#include "codec/train/distributed/gradient_sum.h"

#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>
#include <torch/utils.h>

#include <cstdint>

namespace quaver {

using torch::Tensor;

// A bucket's tensor holds the gradients of some parameters, one after the other, and then for each of them 1
// if it has a gradient on this rank.
struct GradientSum::Buckets {
  struct Bucket {
    Tensor values;
    int64_t floats = 0;
    std::vector<size_t> members;  // parameters
    size_t waiting = 0;           // members whose gradient has not come
    std::unique_ptr<PendingSum> sum;
  };
  struct Place {
    size_t bucket = 0;
    int64_t begin = 0;  // of the gradient in the bucket
    int64_t mark = 0;   // of the flag, counted from the end of the gradients
    bool ready = false;
  };

  Group& group;
  std::vector<Tensor> parameters;
  std::vector<Bucket> buckets;
  std::vector<Place> places;  // of the parameters
  size_t next = 0;            // buckets start in order on all ranks, whatever comes when
  bool active = false;

  Buckets(Group& the_group, const std::vector<Tensor>& list, int64_t bucket_bytes)
      : group(the_group), parameters(list), places(list.size()) {
    for (size_t i = list.size(); i-- > 0;) {
      const Tensor& p = list[i];
      const auto full = [&](const Bucket& b) {
        return b.floats * p.element_size() >= bucket_bytes || b.values.scalar_type() != p.scalar_type() ||
               b.values.device() != p.device();
      };
      if (buckets.empty() || full(buckets.back())) {
        buckets.emplace_back();
        buckets.back().values = torch::zeros({0}, p.options().requires_grad(false));
      }
      Bucket& bucket = buckets.back();
      places[i] = {buckets.size() - 1, bucket.floats, static_cast<int64_t>(bucket.members.size()), false};
      bucket.floats += p.numel();
      bucket.members.push_back(i);
    }
    for (Bucket& b : buckets)
      b.values = torch::zeros({b.floats + static_cast<int64_t>(b.members.size())}, b.values.options());
  }

  Tensor Slice(size_t i) {
    const Place& place = places[i];
    return buckets[place.bucket].values.narrow(0, place.begin, parameters[i].numel());
  }
  Tensor Mark(size_t i) {
    const Place& place = places[i];
    return buckets[place.bucket].values.narrow(0, buckets[place.bucket].floats + place.mark, 1);
  }

  void Begin() {
    for (Bucket& bucket : buckets) {
      bucket.values.zero_();
      bucket.waiting = bucket.members.size();
      bucket.sum.reset();
    }
    for (size_t i = 0; i < parameters.size(); ++i) {
      parameters[i].mutable_grad().reset();
      places[i].ready = false;
    }
    next = 0;
    active = true;
  }
  void Ready(size_t i) {
    if (!active) return;
    TORCH_CHECK(!places[i].ready, "GradientSum: a second backward pass between Begin and Finish");
    places[i].ready = true;
    torch::NoGradGuard no_grad;
    Slice(i).copy_(parameters[i].grad().reshape({-1}));
    Mark(i).fill_(1);
    --buckets[places[i].bucket].waiting;
    while (next < buckets.size() && buckets[next].waiting == 0) Start();
  }
  void Start() {
    buckets[next].sum = group.SumLater(buckets[next].values);
    ++next;
  }
  void Finish() {
    torch::NoGradGuard no_grad;
    active = false;
    while (next < buckets.size()) Start();
    for (Bucket& bucket : buckets) {
      bucket.sum->Wait();
      bucket.sum.reset();
      const Tensor marks =
          bucket.values.narrow(0, bucket.floats, static_cast<int64_t>(bucket.members.size()));
      const Tensor seen = marks.to(torch::kCPU, torch::kFloat);
      bucket.values.div_(group.size());
      for (const size_t i : bucket.members) {
        if (seen[places[i].mark].item<float>() == 0) continue;
        Tensor& gradient = parameters[i].mutable_grad();
        if (!gradient.defined()) gradient = torch::empty_like(parameters[i]);
        gradient.copy_(Slice(i).view_as(parameters[i]));
      }
    }
  }
};

namespace {

struct Hook : torch::autograd::PostAccumulateGradHook {
  explicit Hook(std::function<void()> f) : call(std::move(f)) {}
  void operator()(const Tensor&) override { call(); }
  std::function<void()> call;
};

}  // namespace

GradientSum::GradientSum(Group& group, std::vector<Tensor> parameters, int64_t bucket_bytes)
    : parameters_(std::move(parameters)) {
  if (group.alone()) return;
  buckets_ = std::make_unique<Buckets>(group, parameters_, bucket_bytes);
  for (size_t i = 0; i < parameters_.size(); ++i) {
    torch::autograd::impl::set_post_acc_grad_hooks(
        parameters_[i], std::make_unique<Hook>([buckets = buckets_.get(), i] { buckets->Ready(i); }));
  }
}

GradientSum::~GradientSum() {
  if (!buckets_) return;
  for (const Tensor& p : parameters_) torch::autograd::impl::set_post_acc_grad_hooks(p, nullptr);
}

void GradientSum::Begin() {
  if (buckets_) return buckets_->Begin();
  for (Tensor& p : parameters_) p.mutable_grad().reset();
}

void GradientSum::Give(size_t parameter, const Tensor& gradient) {
  // The optimiser goes through both as they lie in memory.
  const bool alike = gradient.strides() == parameters_[parameter].strides();
  parameters_[parameter].mutable_grad() =
      alike ? gradient : torch::empty_like(parameters_[parameter]).copy_(gradient);
  if (buckets_) buckets_->Ready(parameter);
}

void GradientSum::Finish() {
  if (buckets_) buckets_->Finish();
}

int64_t GradientSum::bytes_per_step() const {
  int64_t bytes = 0;
  if (buckets_) {
    for (const auto& bucket : buckets_->buckets) bytes += static_cast<int64_t>(bucket.values.nbytes());
  }
  return bytes;
}

size_t GradientSum::buckets() const { return buckets_ ? buckets_->buckets.size() : 0; }

}  // namespace quaver
