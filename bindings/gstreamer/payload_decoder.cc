// A packet stands on the time line where its timestamp says. What lies between the end of the sound so far
// and the packet is missing: as many of the last frames as the packet repeats are decoded from it, those
// before are concealed, or are background if the sender was in a pause. Timestamps that went through a jitter
// buffer drift a little, so up to half a frame moves the time line instead of making a gap. A packet behind
// the end of the sound is late, or there before, and what of it is behind the end is left out.
//
// A pause is filled with frames from shortly before it in random order, because one
// frame that repeats every 20 ms is a buzz of 50 Hz.
#include "bindings/gstreamer/payload_decoder.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>

namespace quaver_gst {
namespace {

constexpr size_t kRows = QUAVER_RTP_MAX_ALL_FRAMES;
constexpr int64_t kHalfFrame = kFrameSamples / 2;
constexpr int64_t kMostBack = 2 * kRate;  // further back is no late packet, but another time line

int64_t Frames(int64_t samples) { return (samples + kHalfFrame) / kFrameSamples; }

}  // namespace

std::unique_ptr<PayloadDecoder> PayloadDecoder::Create(const quaver_model* model, bool floats) {
  std::unique_ptr<PayloadDecoder> made(new (std::nothrow) PayloadDecoder(model, floats));
  if (made == nullptr || made->decoder_ == nullptr) return nullptr;
  return made;
}

PayloadDecoder::PayloadDecoder(const quaver_model* model, bool floats)
    : decoder_(quaver_decoder_create_live(model)),
      model_(model),
      groups_(quaver_groups(model)),
      floats_(floats),
      sample_bytes_(floats ? sizeof(float) : sizeof(int16_t)) {}

void PayloadDecoder::Restart() {
  started_ = false;
  lag_ = 0;
  pause_ = false;
}

void PayloadDecoder::Reset() {
  Restart();
  quaver_decoder_reset(decoder_.get());
  recent_rows_ = next_row_ = 0;
}

int PayloadDecoder::Packet(std::span<const uint8_t> payload, std::optional<int64_t> position, int clip_start,
                           int clip_end, bool use_redundancy, Decoded& out) {
  quaver_rtp_payload header = {};
  std::array<uint16_t, kRows * QUAVER_MAX_GROUPS> tokens;
  std::array<uint8_t, kRows> n_q;
  const int rows =
      quaver_rtp_unpack(model_, payload.data(), payload.size(), &header, tokens.data(), n_q.data());
  if (rows < 0) {
    ++(rows == QUAVER_ERROR_VERSION ? stats_.newer : stats_.damaged);
    return rows;
  }
  packet_frames_ = header.frames;
  if (clip_start > 0) lag_ = 0;
  const int64_t place = position.has_value() ? *position - lag_ : end_;
  if (clip_start > 0) lag_ = std::min(clip_start, header.frames * kFrameSamples);
  if (!started_) {
    quaver_decoder_reset(decoder_.get());
    started_ = true;
    out.jump = true;
    end_ = lost_until_ = place;
  }
  int64_t missing = 0;
  int late = 0;
  const int64_t ahead = place - end_;
  const int64_t until = place + int64_t{header.frames} * kFrameSamples - clip_start - clip_end;
  if (ahead >= kHalfFrame && fill_ && Frames(ahead) <= QUAVER_MAX_LOST_FRAMES) {
    missing = Frames(ahead);
  } else if (ahead < 0 && ahead >= -kMostBack && until <= end_) {
    ++stats_.late;
    return 0;
  } else if (ahead > -kHalfFrame || ahead < -kMostBack) {
    out.jump = out.jump || std::abs(ahead) >= kHalfFrame;
    end_ = place;
  } else {
    late = static_cast<int>(std::min<int64_t>(Frames(-ahead), header.frames));
  }
  out.position = end_;
  const auto row = [&](int64_t f) { return tokens.data() + f * groups_; };
  for (; missing > 0; --missing) {
    const int64_t f = header.redundant_frames - missing;
    if (use_redundancy && f >= 0 && n_q[static_cast<size_t>(f)] > 0) {
      DecodeFrame(row(f), n_q[static_cast<size_t>(f)], out);
      ++stats_.recovered;
    } else {
      FillFrame(out);
    }
  }
  const size_t before = out.bytes.size();
  for (int f = header.redundant_frames + late; f < rows; ++f) {
    if (const int count = n_q[static_cast<size_t>(f)]; count > 0) {
      DecodeFrame(row(f), count, out);
      RememberRow(row(f), count);
      ++stats_.frames;
    } else {
      FillFrame(out);
    }
  }
  Clip(before, clip_start, clip_end, out);
  end_ = lost_until_ = out.position + static_cast<int64_t>(out.bytes.size() / sample_bytes_);
  pause_ = header.pause != 0;
  ++stats_.packets;
  stats_.bytes += payload.size();
  return 0;
}

// Drops samples at both ends of what begins at byte `before`.
void PayloadDecoder::Clip(size_t before, int from_start, int from_end, Decoded& out) const {
  const auto bytes = [&](int samples) {
    return std::min(static_cast<size_t>(std::max(samples, 0)) * sample_bytes_, out.bytes.size() - before);
  };
  const auto start = out.bytes.begin() + static_cast<ptrdiff_t>(before);
  out.bytes.erase(start, start + static_cast<ptrdiff_t>(bytes(from_start)));
  out.bytes.resize(out.bytes.size() - bytes(from_end));
}

void PayloadDecoder::Lost(std::optional<int64_t> position, int64_t samples) {
  if (!started_ || !fill_) return;
  const int64_t begin = position.has_value() ? *position - lag_ : lost_until_;
  const int64_t most = end_ + int64_t{QUAVER_MAX_LOST_FRAMES} * kFrameSamples;
  if (begin < most) lost_until_ = std::max(lost_until_, std::min(begin + samples, most));
}

void PayloadDecoder::Conceal(int keep, Decoded& out) {
  out.position = end_;
  if (!started_) return;
  for (int64_t left = Frames(lost_until_ - end_); left > keep; --left) FillFrame(out);
  end_ = out.position + static_cast<int64_t>(out.bytes.size() / sample_bytes_);
  lost_until_ = std::max(lost_until_, end_);
}

uint8_t* PayloadDecoder::Room(int samples, Decoded& out) const {
  const size_t before = out.bytes.size();
  out.bytes.resize(before + static_cast<size_t>(samples) * sample_bytes_);
  return out.bytes.data() + before;
}

void PayloadDecoder::DecodeFrame(const uint16_t* tokens, int n_q, Decoded& out) {
  uint8_t* room = Room(kFrameSamples, out);
  if (floats_) {
    quaver_decode(decoder_.get(), tokens, 1, n_q, reinterpret_cast<float*>(room), kFrameSamples);
  } else {
    quaver_decode_i16(decoder_.get(), tokens, 1, n_q, reinterpret_cast<int16_t*>(room), kFrameSamples);
  }
}

void PayloadDecoder::FillFrame(Decoded& out) {
  if (pause_ && recent_rows_ > 0) {
    PauseFrame(out);
  } else {
    ConcealFrame(out);
  }
}

void PayloadDecoder::ConcealFrame(Decoded& out) {
  uint8_t* room = Room(kFrameSamples, out);
  ++stats_.concealed;
  if (floats_) {
    quaver_conceal(decoder_.get(), reinterpret_cast<float*>(room), kFrameSamples);
  } else {
    quaver_conceal_i16(decoder_.get(), reinterpret_cast<int16_t*>(room), kFrameSamples);
  }
}

void PayloadDecoder::PauseFrame(Decoded& out) {
  random_ = random_ * 1664525 + 1013904223;  // Numerical Recipes
  const size_t row = (random_ >> 16) % recent_rows_;
  DecodeFrame(recent_.data() + row * static_cast<size_t>(groups_), recent_n_q_[row], out);
  ++stats_.paused;
}

void PayloadDecoder::RememberRow(const uint16_t* tokens, int n_q) {
  std::copy_n(tokens, n_q, recent_.data() + next_row_ * static_cast<size_t>(groups_));
  recent_n_q_[next_row_] = n_q;
  next_row_ = (next_row_ + 1) % kRecent;
  recent_rows_ = std::min(recent_rows_ + 1, kRecent);
}

}  // namespace quaver_gst
