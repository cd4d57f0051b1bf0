#include "codec/device/variable_resampler.h"

#include <samplerate.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace quaver {
namespace {

constexpr size_t kSpare = 16;  // samples of room beyond the exact length

struct StateDelete {
  void operator()(SRC_STATE* state) const { src_delete(state); }
};

}  // namespace

struct VariableResampler::Impl {
  double in_rate = 0;
  double ratio = 0;   // output samples for one of input, before the trim
  double inside = 0;  // input samples that have not come out
  std::unique_ptr<SRC_STATE, StateDelete> state;
};

VariableResampler::VariableResampler() : impl_(std::make_unique<Impl>()) {}
VariableResampler::~VariableResampler() = default;

Result<std::unique_ptr<VariableResampler>> VariableResampler::Create(double in_rate, double out_rate) {
  const double ratio = out_rate / in_rate;
  if (!std::isfinite(ratio) || src_is_valid_ratio(ratio) == 0) {
    return Error{"cannot resample from " + std::to_string(in_rate) + " Hz to " + std::to_string(out_rate) +
                 " Hz"};
  }
  std::unique_ptr<VariableResampler> resampler(new VariableResampler);
  int problem = 0;
  resampler->impl_->in_rate = in_rate;
  resampler->impl_->ratio = ratio;
  resampler->impl_->state.reset(src_new(SRC_SINC_MEDIUM_QUALITY, 1, &problem));
  if (resampler->impl_->state != nullptr) return resampler;
  return Error{std::string("cannot start the resampler: ") + src_strerror(problem)};
}

Status VariableResampler::Process(std::span<const float> in, double trim, std::vector<float>& out) {
  const double ratio = impl_->ratio * trim;
  const size_t before = out.size();
  // What waits inside may come out as well when the ratio grows.
  const double most = (static_cast<double>(in.size()) + impl_->inside) * std::max(ratio, impl_->ratio);
  out.resize(before + static_cast<size_t>(std::max(0.0, most)) + kSpare);
  SRC_DATA data{};
  data.src_ratio = ratio;
  size_t made = 0;
  while (!in.empty()) {
    data.data_in = in.data();
    data.input_frames = static_cast<long>(in.size());
    data.data_out = out.data() + before + made;
    data.output_frames = static_cast<long>(out.size() - before - made);
    if (const int problem = src_process(impl_->state.get(), &data); problem != 0) {
      return Error{std::string("resampling failed: ") + src_strerror(problem)};
    }
    if (data.input_frames_used == 0 && data.output_frames_gen == 0) {
      return Error{"resampling failed: the resampler stopped taking samples"};
    }
    made += static_cast<size_t>(data.output_frames_gen);
    impl_->inside +=
        static_cast<double>(data.input_frames_used) - static_cast<double>(data.output_frames_gen) / ratio;
    in = in.subspan(static_cast<size_t>(data.input_frames_used));
  }
  out.resize(before + made);
  return {};
}

double VariableResampler::delay() const { return std::max(0.0, impl_->inside) / impl_->in_rate; }

}  // namespace quaver
