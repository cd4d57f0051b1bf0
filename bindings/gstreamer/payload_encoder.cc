#include "bindings/gstreamer/payload_encoder.h"

#include <algorithm>
#include <new>

namespace quaver_gst {
namespace {

constexpr int kRemembered = QUAVER_RTP_MAX_REDUNDANT;
constexpr int kComfortFrames = 20;  // 400 ms
constexpr int kComfortTokens = 4;
constexpr std::array kRedundantFrames = {4, 2, 1, 0};

}  // namespace

std::unique_ptr<PayloadEncoder> PayloadEncoder::Create(const quaver_model* model) {
  std::unique_ptr<PayloadEncoder> made(new (std::nothrow) PayloadEncoder(model));
  if (made == nullptr || made->encoder_ == nullptr) return nullptr;
  return made;
}

PayloadEncoder::PayloadEncoder(const quaver_model* model)
    : model_(model), encoder_(quaver_encoder_create_live(model)), groups_(quaver_groups(model)) {}

void PayloadEncoder::Reset() {
  quaver_encoder_reset(encoder_.get());
  detector_.Reset();
  remembered_ = 0;
  pausing_ = false;
  unsent_frames_ = 0;
}

SentPayload PayloadEncoder::Encode(std::span<const float> samples, const SendOptions& options) {
  const int frames = static_cast<int>(samples.size()) / kFrameSamples;
  if (frames < 1 || frames > QUAVER_RTP_MAX_FRAMES) return {};
  EncodeRows(samples, options.n_q);
  bool pause = options.dtx;
  for (int f = 0; f < frames; ++f) {
    const auto frame = samples.subspan(static_cast<size_t>(f) * kFrameSamples, kFrameSamples);
    pause = detector_.Add(frame) && pause;  // a payload is a pause if all its frames are
  }
  const bool begins = pause && !pausing_;
  const bool ends = !pause && pausing_;
  pausing_ = pause;
  SentPayload sent;
  // The next payload would come too late.
  const bool due = unsent_frames_ + 2 * frames > kComfortFrames;
  if (pause && !begins && !options.last && !due) {
    unsent_frames_ += frames;
  } else {
    const int most = pause ? 0 : std::min(options.redundant_frames, remembered_);
    const int redundant = *std::ranges::find_if(kRedundantFrames, [&](int n) { return n <= most; });
    const bool comfort = pause && !options.last;
    sent =
        Pack(comfort ? 1 : frames, redundant, comfort ? std::min(options.n_q, kComfortTokens) : options.n_q,
             options.redundant_tokens, pause);
    sent.talk_spurt = ends;
    unsent_frames_ = 0;
  }
  Remember(frames);
  return sent;
}

// Fills the rows from `remembered_` on.
void PayloadEncoder::EncodeRows(std::span<const float> samples, int n_q) {
  for (int row = remembered_; !samples.empty(); ++row, samples = samples.subspan(kFrameSamples)) {
    quaver_encode(encoder_.get(), samples.data(), kFrameSamples, n_q,
                  tokens_.data() + static_cast<ptrdiff_t>(row) * groups_, static_cast<size_t>(n_q));
    n_q_[static_cast<size_t>(row)] = static_cast<uint8_t>(n_q);
  }
}

SentPayload PayloadEncoder::Pack(int frames, int redundant_frames, int n_q, int redundant_tokens,
                                 bool pause) {
  const int first = remembered_ - redundant_frames;
  const quaver_rtp_payload header = {frames, redundant_frames,
                                     redundant_frames == 0 ? 0 : std::min(redundant_tokens, groups_), n_q,
                                     pause ? 1 : 0};
  // Own frames are cut to n_q, redundant ones by the packer.
  std::array<uint8_t, kRows> sent_n_q = n_q_;
  for (int f = remembered_; f < remembered_ + frames; ++f)
    sent_n_q[static_cast<size_t>(f)] = static_cast<uint8_t>(n_q);
  const int bytes = quaver_rtp_pack(model_, &header, tokens_.data() + static_cast<ptrdiff_t>(first) * groups_,
                                    sent_n_q.data() + first, payload_.data(), payload_.size());
  if (bytes < 0) return {};
  return {std::span<const uint8_t>(payload_).first(static_cast<size_t>(bytes))};
}

// Moves the last rows to the front.
void PayloadEncoder::Remember(int frames) {
  const int all = remembered_ + frames;
  remembered_ = std::min(all, kRemembered);
  const int first = all - remembered_;
  std::copy(n_q_.begin() + first, n_q_.begin() + all, n_q_.begin());
  std::copy(tokens_.begin() + static_cast<ptrdiff_t>(first) * groups_,
            tokens_.begin() + static_cast<ptrdiff_t>(all) * groups_, tokens_.begin());
}

}  // namespace quaver_gst
