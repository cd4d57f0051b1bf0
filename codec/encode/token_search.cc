// Analysis by synthesis, as in CELP coders: candidates are decoded and compared with the original after the
// decoder, not before it. The encoder's token is the nearest code, but the decoder overlaps and filters
// frames, so a neighbour of that code may sound nearer. Searched greedily, frame by frame and group by group:
// each token's neighbours in every digit, all decoded as one batch from the state before the frame. What is
// minimised is distance + price * bits, with the bits that the token takes in its packet after the tokens
// before it.
//
// A token also sounds in the frames behind, whose state it leaves; two of them are decoded along, with the
// tokens that they have so far. Invariant: before frame f, stream_ and segment.decoded are what a listener
// has who received the frames before f as they stand now; `state_` is stream_ at that moment, where every
// trial begins.
#include "codec/encode/token_search.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "codec/bitstream/entropy_model.h"

namespace quaver {
namespace {

constexpr size_t kAhead = 3;  // frames decoded for a trial: its own and the next two

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

// Bits of the token as the next one of its packet; the contexts go on with it.
double Cost(TokenContexts& contexts, std::span<const int> radix, size_t group, int token) {
  double bits = 0;
  contexts.Token(static_cast<int>(group), [&](int digit, std::span<const uint16_t> cumulative) {
    const int value = token % radix[static_cast<size_t>(digit)];
    token /= radix[static_cast<size_t>(digit)];
    const auto at = static_cast<size_t>(value);
    bits -= std::log2((cumulative[at + 1] - cumulative[at]) / static_cast<double>(cumulative.back()));
    return value;
  });
  return bits;
}

}  // namespace

struct TokenSearch::Segment {
  std::span<const int> n_q;
  double price;
  std::span<uint16_t> tokens;
  MaskedDistance& distance;
  std::vector<float> decoded;  // all of it, as far as it is decoded

  size_t Ahead(size_t frame) const { return std::min(kAhead, n_q.size() - frame); }
};

TokenSearch::TokenSearch(std::shared_ptr<const Model> model, int frames_per_packet)
    : model_(std::move(model)),
      radix_(model_->entropy().radix().begin(), model_->entropy().radix().end()),
      groups_(static_cast<size_t>(model_->groups())),
      frame_(static_cast<size_t>(model_->frame())),
      packet_(static_cast<size_t>(frames_per_packet)),
      batch_(model_),
      stream_(model_, 1),
      state_(stream_.state_size()) {
  const size_t most = std::max<size_t>(1, 2 * radix_.size());
  for (size_t i = 0; i < most; ++i) trials_.emplace_back(model_, 1);
  for (Decoder& trial : trials_) pointers_.push_back(&trial);
  rows_.resize(most * groups_);
  frames_.resize(most * frame_);
  decoded_.resize(most * (1 + kAhead) * frame_);
  distances_.resize(most);
}

void TokenSearch::Improve(const Decoder& receiver, std::span<const int> n_q, double price,
                          std::span<uint16_t> tokens, MaskedDistance& distance) {
  receiver.Save(state_);
  stream_.Restore(state_);
  Segment segment{n_q, price, tokens, distance, std::vector<float>(n_q.size() * frame_)};
  std::optional<TokenContexts> contexts;
  for (size_t frame = 0; frame < n_q.size(); ++frame) {
    if (frame % packet_ == 0) contexts.emplace(model_->entropy());
    stream_.Save(state_);
    ImproveFrame(segment, frame, *contexts);
    const auto sent = tokens.subspan(frame * groups_, static_cast<size_t>(n_q[frame]));
    stream_.Decode(sent, n_q[frame], std::span(segment.decoded).subspan(frame * frame_, frame_));
  }
}

void TokenSearch::ImproveFrame(Segment& segment, size_t frame, TokenContexts& contexts) {
  const auto row = segment.tokens.subspan(frame * groups_, static_cast<size_t>(segment.n_q[frame]));
  Try(segment, frame, 0, row.first(1));
  double distance = distances_[0];  // with the tokens as they are
  contexts.StartFrame();
  for (size_t group = 0; group < row.size(); ++group) {
    const auto bits = [&, before = contexts](int token) {
      TokenContexts after = before;
      return Cost(after, radix_, group, token);
    };
    const auto candidates = Neighbours(row[group], radix_);
    Try(segment, frame, group, candidates);
    double least = distance + segment.price * bits(row[group]);
    for (size_t i = 0; i < candidates.size(); ++i) {
      const double cost = distances_[i] + segment.price * bits(candidates[i]);
      if (cost >= least) continue;
      least = cost;
      distance = distances_[i];
      row[group] = candidates[i];
    }
    Cost(contexts, radix_, group, row[group]);
  }
  for (size_t group = row.size(); group < groups_; ++group) contexts.Skip(static_cast<int>(group));
}

void TokenSearch::Try(Segment& segment, size_t frame, size_t group, std::span<const uint16_t> candidates) {
  const size_t trials = candidates.size();
  const size_t ahead = segment.Ahead(frame);
  const size_t before = frame > 0 ? 1 : 0;  // frames
  const size_t length = (before + ahead) * frame_;
  for (size_t i = 0; i < trials; ++i) {
    trials_[i].Restore(state_);
    std::copy_n(segment.decoded.data() + (frame - before) * frame_, before * frame_,
                decoded_.data() + i * length);
  }
  for (size_t next = 0; next < ahead; ++next) {
    DecodeTrials(segment, frame + next, trials, group, next == 0 ? candidates : std::span<const uint16_t>());
    for (size_t i = 0; i < trials; ++i)
      std::copy_n(frames_.data() + i * frame_, frame_,
                  decoded_.data() + i * length + (before + next) * frame_);
  }
  // From the last window of the frame before, as the others see nothing of the trial, to the last one that
  // sees no more than what is decoded.
  constexpr size_t kWindows = MaskedDistance::kWindows;
  for (size_t i = 0; i < trials; ++i) {
    const double sum = segment.distance.SumOfSquares(std::span(decoded_).subspan(i * length, length),
                                                     (frame - before) * frame_, frame * kWindows - before,
                                                     (frame + ahead) * kWindows - (ahead - 1));
    distances_[i] = sum / kWindows;
  }
}

// The frame of all trials, with a candidate in place of the token of `group` if there are candidates.
void TokenSearch::DecodeTrials(Segment& segment, size_t frame, size_t trials, size_t group,
                               std::span<const uint16_t> candidates) {
  const auto row = segment.tokens.subspan(frame * groups_, groups_);
  n_q_.assign(trials, segment.n_q[frame]);
  for (size_t i = 0; i < trials; ++i) {
    std::ranges::copy(row, rows_.begin() + static_cast<std::ptrdiff_t>(i * groups_));
    if (!candidates.empty()) rows_[i * groups_ + group] = candidates[i];
  }
  batch_.Decode(std::span(pointers_).first(trials), std::span(rows_).first(trials * groups_), n_q_,
                std::span(frames_).first(trials * frame_));
}

}  // namespace quaver
