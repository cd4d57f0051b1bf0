#include "apps/cli/packet_loss.h"

#include <algorithm>
#include <cctype>
#include <fstream>

#include "codec/util/format.h"

namespace quaver {

LossModel::LossModel(double loss, double burst, uint64_t seed) : random_(seed) {
  Set(loss, burst);
  bad_ = Uniform() < loss_;
}

double LossModel::Uniform() { return std::generate_canonical<double, 53>(random_); }

// The share of time in the bad state is enter / (enter + leave), the mean stay in it 1 / leave.
void LossModel::Set(double loss, double burst) {
  loss_ = std::clamp(loss, 0.0, 1.0);
  if (loss_ == 0 || loss_ == 1) {
    enter_ = loss_;
    leave_ = 1 - loss_;
    return;
  }
  const double independent = 1 / (1 - loss_);
  const double shortest = std::max(1.0, loss_ / (1 - loss_));
  leave_ = 1 / std::max(shortest, burst > 0 ? burst : independent);
  enter_ = std::min(1.0, leave_ * loss_ / (1 - loss_));
}

bool LossModel::NextIsLost() {
  bad_ = bad_ ? Uniform() >= leave_ : Uniform() < enter_;
  return bad_;
}

Result<std::vector<bool>> ReadLossTrace(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<bool> trace;
  char c = 0;
  for (size_t at = 0; file.get(c); ++at) {
    if (std::isspace(static_cast<unsigned char>(c)) != 0) continue;
    if (c != '0' && c != '1') {
      return Error{path + Format(": byte %zu: neither 0 (received) nor 1 (lost)", at)};
    }
    trace.push_back(c == '1');
  }
  if (!file.eof()) return Error{path + ": cannot be read"};
  if (trace.empty()) return Error{path + ": contains no 0 (received) and no 1 (lost)"};
  return trace;
}

bool PacketLoss::NextIsLost() {
  const bool lost = trace_.empty() ? chance_.NextIsLost() : trace_[packets_ % trace_.size()];
  ++packets_;
  lost_ += lost ? 1 : 0;
  return lost;
}

}  // namespace quaver
