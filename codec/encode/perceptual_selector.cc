#include "codec/encode/perceptual_selector.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "codec/encode/token_rows.h"
#include "codec/model/config.h"
#include "codec/samples.h"

namespace quaver {
namespace {

constexpr double kSegment = 30;  // seconds
// Bits that another number of tokens than the frame before costs: 7 in the header of the packet, the rest in
// the contexts of what follows. Of 7, 20 and 40, 20 gave the best scores on 7 clips.
constexpr double kChange = 20;
constexpr double kMostSaved = 0.5;  // seconds of the rate
// The price of a bit in the search, over that of the allocation: of 0.4, 1, 1.6 and 2.5, 1.6 gave the best
// scores at 1.5 kbit/s on the same clips. The payload then becomes kSearchGrowth of what it was (at 0.5
// kbit/s .91, at 6 kbit/s 1.01).
constexpr double kSearchPrice = 1.6;
// dB^2 a bit, for what the search weighs: the rate is not to be held at any price.
constexpr double kMostPrice = 10;
constexpr int kTries = 8;
constexpr double kCloseEnough = 0.995;  // of the budget

// More tokens than that are of no use at this rate.
size_t MostTokens(double bits_per_frame, const std::vector<double>& bits) {
  const auto even = std::ranges::upper_bound(bits, bits_per_frame) - bits.begin();
  return std::min(bits.size(), static_cast<size_t>(2 * even + 4));
}

std::vector<double> BitsAFrame(const std::vector<double>& expected, double frames_per_second) {
  std::vector<double> bits;
  for (const double rate : expected) bits.push_back(rate / frames_per_second);
  return bits;
}

// As if more tokens than these were of no use.
void ForbidMore(std::span<const int> n_q, FrameCosts& costs) {
  for (size_t frame = 0; frame < n_q.size(); ++frame) {
    const auto row = std::span(costs.cost).subspan(frame * costs.most(), costs.most());
    const auto kept = static_cast<size_t>(n_q[frame]);
    std::ranges::fill(row.subspan(kept), row[kept - 1]);
  }
}

}  // namespace

PerceptualSelector::PerceptualSelector(std::shared_ptr<const Model> model, double bits_per_second,
                                       const std::vector<double>& expected, const PacketDefaults& packets,
                                       bool search)
    : model_(std::move(model)),
      bits_per_frame_(bits_per_second / model_->frame_rate()),
      packets_(packets),
      groups_(static_cast<size_t>(model_->groups())),
      frame_(static_cast<size_t>(model_->frame())),
      bits_(BitsAFrame(expected, model_->frame_rate())),
      distance_(model_->sample_rate(), model_->frame()),
      receiver_(model_, 1),
      sound_(static_cast<size_t>(model_->delay())) {
  const auto packet = static_cast<size_t>(packets.frames);
  segment_ = std::max<size_t>(1, std::lround(kSegment * model_->frame_rate()) / packet) * packet;
  bits_.resize(MostTokens(bits_per_frame_, bits_));
  for (size_t i = 0; i < bits_.size(); ++i) decoders_.emplace_back(model_);
  if (search) search_.emplace(model_, packets.frames);
}

std::vector<uint16_t> PerceptualSelector::Add(std::span<const float> samples,
                                              std::span<const uint16_t> tokens) {
  std::ranges::transform(samples, std::back_inserter(sound_), ClampSample);
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  std::vector<uint16_t> decided;
  while (waiting() >= segment_) {
    const auto rows = Decide(segment_);
    decided.insert(decided.end(), rows.begin(), rows.end());
  }
  return decided;
}

std::vector<uint16_t> PerceptualSelector::Finish() {
  return waiting() > 0 ? Decide(waiting()) : std::vector<uint16_t>();
}

FrameCosts PerceptualSelector::Measure(size_t frames) {
  distance_.SetReference(std::span(sound_).first(frames * frame_));
  FrameCosts costs{bits_, std::vector<double>(frames * bits_.size())};
  std::vector<float> decoded(frames * frame_);
  for (size_t i = 0; i < bits_.size(); ++i) {
    const size_t n_q = i + 1;
    std::vector<uint16_t> tokens;
    for (size_t frame = 0; frame < frames; ++frame) {
      const auto row = std::span(tokens_).subspan(frame * groups_, n_q);
      tokens.insert(tokens.end(), row.begin(), row.end());
    }
    decoders_[i].Decode(tokens, static_cast<int>(n_q), decoded);
    const auto squares = distance_.Squares(decoded);
    for (size_t frame = 0; frame < frames; ++frame) {
      double& cost = costs.cost[frame * bits_.size() + i];
      // A token that makes it worse here may help elsewhere: it is no reason to want fewer.
      cost = i == 0 ? squares[frame] : std::min(squares[frame], *(&cost - 1));
    }
  }
  return costs;
}

double PerceptualSelector::Payload(std::span<const int> n_q) const {
  std::array<uint8_t, kMaxPacketBytes> bytes;
  double bits = 0;
  const auto packet_frames = static_cast<size_t>(packets_.frames);
  for (size_t first = 0; first < n_q.size(); first += packet_frames) {
    PacketTokens packet;
    const size_t count = std::min(packet_frames, n_q.size() - first);
    for (size_t frame = first; frame < first + count; ++frame)
      AppendFrame(packet, std::span(tokens_).subspan(frame * groups_, static_cast<size_t>(n_q[frame])));
    bits += 8 * static_cast<double>(EncodePacket(model_->entropy(), packets_, packet, bytes));
  }
  return bits;
}

Allocation PerceptualSelector::Fill(const FrameCosts& costs, double budget) const {
  Allocation best = {std::vector<int>(costs.frames(), 1), kMostPrice};
  double taken = Payload(best.n_q);
  double asked = budget;  // what a frame takes is only expected, what packets take is known
  for (int i = 0; i < kTries && taken < kCloseEnough * budget; ++i) {
    const Allocation now = AllocateBits(costs, kChange, asked);
    const double payload = Payload(now.n_q);
    if (payload <= budget && payload > taken) {
      best = now;
      taken = payload;
    }
    asked = (1 + kCloseEnough) / 2 * budget / payload * BitsOf(costs, kChange, now.n_q);
  }
  return best;
}

void PerceptualSelector::Receive(std::span<const int> n_q, std::span<const uint16_t> rows) {
  std::vector<float> decoded(frame_);
  for (size_t frame = 0; frame < n_q.size(); ++frame)
    receiver_.Decode(rows.subspan(frame * groups_, static_cast<size_t>(n_q[frame])), n_q[frame], decoded);
}

std::vector<uint16_t> PerceptualSelector::Decide(size_t frames) {
  FrameCosts costs = Measure(frames);
  const double budget = static_cast<double>(frames) * bits_per_frame_ + saved_;
  auto [n_q, price] = Fill(costs, search_ ? budget / kSearchGrowth : budget);
  if (search_) {
    search_->Improve(receiver_, n_q, kSearchPrice * std::min(price, kMostPrice),
                     std::span(tokens_).first(frames * groups_), distance_);
    if (Payload(n_q) > budget) {
      ForbidMore(n_q, costs);
      n_q = Fill(costs, budget).n_q;
    }
  }
  const double most = kMostSaved * bits_per_frame_ * model_->frame_rate();
  saved_ = std::clamp(budget - Payload(n_q), 0.0, most);
  const auto end = tokens_.begin() + static_cast<std::ptrdiff_t>(frames * groups_);
  std::vector<uint16_t> rows(tokens_.begin(), end);
  TruncateRows(n_q, rows);
  if (search_) Receive(n_q, rows);
  tokens_.erase(tokens_.begin(), end);
  sound_.erase(sound_.begin(), sound_.begin() + static_cast<std::ptrdiff_t>(frames * frame_));
  return rows;
}

}  // namespace quaver
