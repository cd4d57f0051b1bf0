#include "apps/token_search.h"

#include <algorithm>

#include "codec/bitstream/entropy_model.h"

namespace quaver {
namespace {

// Of the disturbance with the token as it is: what another one must stay below. At .995 a rate grows by 1 %
// more and the score with it by less than what 1 % is worth; at .94 half of the gain is lost.
constexpr double kWorthwhile = 0.97;
constexpr size_t kAhead = 2;  // frames decoded for a trial: its own and the next

// Tokens with one digit one lower or higher.
std::vector<uint16_t> Neighbours(int token, std::span<const int> radix) {
  std::vector<uint16_t> out;
  int place = 1;
  for (const int base : radix) {
    const int digit = token / place % base;
    if (digit > 0) out.push_back(static_cast<uint16_t>(token - place));
    if (digit + 1 < base) out.push_back(static_cast<uint16_t>(token + place));
    place *= base;
  }
  return out;
}

}  // namespace

struct TokenSearch::Stretch {
  std::span<const int> n_q;
  std::span<uint16_t> tokens;
  Disturbance& disturbance;
  std::vector<float> decoded;  // all of it, as far as it is decoded

  size_t Ahead(size_t frame) const { return std::min(kAhead, n_q.size() - frame); }
};

TokenSearch::TokenSearch(std::shared_ptr<const Model> model)
    : model_(std::move(model)),
      radix_(model_->entropy().radix().begin(), model_->entropy().radix().end()),
      groups_(static_cast<size_t>(model_->groups())),
      frame_(static_cast<size_t>(model_->frame())),
      batch_(model_),
      stream_(model_, 1),
      state_(stream_.state_size()) {
  const size_t most = std::max<size_t>(1, 2 * radix_.size());
  for (size_t i = 0; i < most; ++i) trials_.emplace_back(model_, 1);
  for (Decoder& trial : trials_) pointers_.push_back(&trial);
  rows_.resize(most * groups_);
  frames_.resize(most * frame_);
  decoded_.resize(most * (1 + kAhead) * frame_);
  disturbed_.resize(most);
}

void TokenSearch::Improve(std::span<const int> n_q, std::span<uint16_t> tokens, Disturbance& disturbance) {
  Stretch stretch{n_q, tokens, disturbance, std::vector<float>(n_q.size() * frame_)};
  for (size_t frame = 0; frame < n_q.size(); ++frame) {
    stream_.Save(state_);
    ImproveFrame(stretch, frame);
    const auto sent = tokens.subspan(frame * groups_, static_cast<size_t>(n_q[frame]));
    stream_.Decode(sent, n_q[frame], std::span(stretch.decoded).subspan(frame * frame_, frame_));
  }
}

void TokenSearch::ImproveFrame(Stretch& stretch, size_t frame) {
  const auto row = stretch.tokens.subspan(frame * groups_, static_cast<size_t>(stretch.n_q[frame]));
  Try(stretch, frame, 0, row.first(1));
  double least = disturbed_[0];
  for (size_t group = 0; group < row.size(); ++group) {
    const auto candidates = Neighbours(row[group], radix_);
    Try(stretch, frame, group, candidates);
    const auto best = std::min_element(disturbed_.begin(), disturbed_.begin() + std::ssize(candidates));
    if (*best >= kWorthwhile * least) continue;
    least = *best;
    row[group] = candidates[static_cast<size_t>(best - disturbed_.begin())];
  }
}

void TokenSearch::Try(Stretch& stretch, size_t frame, size_t group, std::span<const uint16_t> candidates) {
  const size_t trials = candidates.size();
  const size_t ahead = stretch.Ahead(frame);
  const size_t before = frame > 0 ? 1 : 0;  // frames
  const size_t length = (before + ahead) * frame_;
  for (size_t i = 0; i < trials; ++i) {
    trials_[i].Restore(state_);
    std::copy_n(stretch.decoded.data() + (frame - before) * frame_, before * frame_,
                decoded_.data() + i * length);
  }
  for (size_t next = 0; next < ahead; ++next) {
    DecodeTrials(stretch, frame + next, trials, group, next == 0 ? candidates : std::span<const uint16_t>());
    for (size_t i = 0; i < trials; ++i)
      std::copy_n(frames_.data() + i * frame_, frame_,
                  decoded_.data() + i * length + (before + next) * frame_);
  }
  // From the last window of the frame before to the first of the next: the others see too little of the
  // trial, or what is not decoded yet.
  constexpr size_t kWindows = Disturbance::kWindows;
  for (size_t i = 0; i < trials; ++i) {
    disturbed_[i] = stretch.disturbance.SumOfSquares(std::span(decoded_).subspan(i * length, length),
                                                     (frame - before) * frame_, frame * kWindows - before,
                                                     (frame + ahead) * kWindows - (ahead - 1));
  }
}

// The frame of all trials, with a candidate in place of the token of `group` if there are candidates.
void TokenSearch::DecodeTrials(Stretch& stretch, size_t frame, size_t trials, size_t group,
                               std::span<const uint16_t> candidates) {
  const auto row = stretch.tokens.subspan(frame * groups_, groups_);
  n_q_.assign(trials, stretch.n_q[frame]);
  for (size_t i = 0; i < trials; ++i) {
    std::ranges::copy(row, rows_.begin() + static_cast<std::ptrdiff_t>(i * groups_));
    if (!candidates.empty()) rows_[i * groups_ + group] = candidates[i];
  }
  batch_.Decode(std::span(pointers_).first(trials), std::span(rows_).first(trials * groups_), n_q_,
                std::span(frames_).first(trials * frame_));
}

}  // namespace quaver
