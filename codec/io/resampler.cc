#include "codec/io/resampler.h"

#include <soxr.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

namespace quaver {
namespace {

constexpr double kMaxRatio = 1000;
constexpr size_t kChunk = 4096;  // input samples cleaned and converted at a time

struct SoxrDelete {
  void operator()(soxr* state) const { soxr_delete(state); }
};

}  // namespace

struct Resampler::Impl {
  double in_rate = 0;
  double out_rate = 0;
  uint64_t taken = 0;
  uint64_t given = 0;
  std::unique_ptr<soxr, SoxrDelete> state;  // null: equal rates

  // `in` null: end of the signal.
  Status Run(const float* in, size_t n, std::vector<float>& out);
  Status Drain(std::vector<float>& out);
};

Resampler::Resampler() : impl_(std::make_unique<Impl>()) {}
Resampler::~Resampler() = default;

uint64_t ResampledLength(uint64_t n, double in_rate, double out_rate) {
  return static_cast<uint64_t>(std::floor(static_cast<double>(n) * out_rate / in_rate + 0.5));
}

Result<std::unique_ptr<Resampler>> Resampler::Create(double in_rate, double out_rate) {
  const double ratio = in_rate / out_rate;
  if (!std::isfinite(in_rate) || !std::isfinite(out_rate) || in_rate <= 0 || out_rate <= 0 ||
      ratio > kMaxRatio || ratio < 1 / kMaxRatio) {
    return Error{"cannot resample from " + std::to_string(in_rate) + " Hz to " + std::to_string(out_rate) +
                 " Hz"};
  }
  std::unique_ptr<Resampler> resampler(new Resampler);
  Impl& impl = *resampler->impl_;
  impl.in_rate = in_rate;
  impl.out_rate = out_rate;
  if (in_rate == out_rate) return resampler;
  const soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
  const soxr_io_spec_t io = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I);
  const soxr_runtime_spec_t runtime = soxr_runtime_spec(1);
  soxr_error_t error = nullptr;
  impl.state.reset(soxr_create(in_rate, out_rate, 1, &error, &io, &quality, &runtime));
  if (error != nullptr || impl.state == nullptr) {
    return Error{std::string("cannot start the resampler: ") + (error != nullptr ? error : "out of memory")};
  }
  return resampler;
}

Status Resampler::Impl::Run(const float* in, size_t n, std::vector<float>& out) {
  std::array<float, kChunk> room;
  size_t used_total = 0;
  for (;;) {
    size_t used = 0;
    size_t made = 0;
    const float* from = in == nullptr ? nullptr : in + used_total;
    const soxr_error_t error =
        soxr_process(state.get(), from, n - used_total, &used, room.data(), room.size(), &made);
    if (error != nullptr) return Error{std::string("resampling failed: ") + error};
    out.insert(out.end(), room.begin(), room.begin() + static_cast<ptrdiff_t>(made));
    given += made;
    used_total += used;
    if (in == nullptr ? made == 0 : used_total == n && made < room.size()) return {};
    if (used == 0 && made == 0) return Error{"resampling failed: the resampler stopped taking samples"};
  }
}

Status Resampler::Process(std::span<const float> in, std::vector<float>& out) {
  std::array<float, kChunk> clean;
  while (!in.empty()) {
    const size_t n = std::min(in.size(), clean.size());
    std::transform(in.begin(), in.begin() + static_cast<ptrdiff_t>(n), clean.begin(),
                   [](float x) { return std::isfinite(x) ? x : 0.0F; });
    impl_->taken += n;
    if (impl_->state == nullptr) {
      out.insert(out.end(), clean.begin(), clean.begin() + static_cast<ptrdiff_t>(n));
    } else if (Status status = impl_->Run(clean.data(), n, out); !status.ok()) {
      return status;
    }
    in = in.subspan(n);
  }
  return {};
}

// soxr ends within a sample or so of the exact length, depending on the ratio; ours is part of the contract.
Status Resampler::Impl::Drain(std::vector<float>& out) {
  if (Status status = Run(nullptr, 0, out); !status.ok()) return status;
  const uint64_t due = ResampledLength(taken, in_rate, out_rate);
  if (given < due) {
    out.resize(out.size() + static_cast<size_t>(due - given), 0.0F);
  } else {
    out.resize(out.size() - std::min<size_t>(out.size(), static_cast<size_t>(given - due)));
  }
  return {};
}

Status Resampler::Flush(std::vector<float>& out) {
  Status status;
  if (impl_->state != nullptr) {
    status = impl_->Drain(out);
    soxr_clear(impl_->state.get());
  }
  impl_->taken = impl_->given = 0;
  return status;
}

Result<std::vector<float>> Resample(std::span<const float> in, double in_rate, double out_rate) {
  Result<std::unique_ptr<Resampler>> resampler = Resampler::Create(in_rate, out_rate);
  if (!resampler.ok()) return resampler.error();
  std::vector<float> out;
  out.reserve(static_cast<size_t>(ResampledLength(in.size(), in_rate, out_rate)) + kChunk);
  if (Status status = resampler.value()->Process(in, out); !status.ok()) return status.error();
  if (Status status = resampler.value()->Flush(out); !status.ok()) return status.error();
  return out;
}

}  // namespace quaver
