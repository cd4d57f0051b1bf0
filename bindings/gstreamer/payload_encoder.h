// Speech to RTP payloads, without GStreamer: encodes, remembers the frames that the next payload repeats, and
// decides what a pause sends.
#ifndef QUAVER_BINDINGS_GSTREAMER_PAYLOAD_ENCODER_H_
#define QUAVER_BINDINGS_GSTREAMER_PAYLOAD_ENCODER_H_

#include <quaver/quaver.h>
#include <quaver/rtp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "bindings/gstreamer/model.h"
#include "bindings/gstreamer/pause_detector.h"

namespace quaver_gst {

struct SendOptions {
  int n_q = 6;               // tokens of a frame, 1 .. quaver_groups()
  int redundant_frames = 0;  // 0, 1, 2, 4
  int redundant_tokens = 2;  // 1 .. 4
  bool dtx = false;          // send nothing in pauses, but a comfort payload every 400 ms
  bool last = false;         // send these frames in any case, so that the receiver knows where the sound ends
};

struct SentPayload {
  std::span<const uint8_t> bytes;  // empty: nothing is sent for these frames; good until the next call
  bool talk_spurt = false;         // the first after a pause: the marker bit
};

class PayloadEncoder {
 public:
  // NULL if memory is short. The model must outlive it.
  static std::unique_ptr<PayloadEncoder> Create(const quaver_model* model);

  // 1 .. QUAVER_RTP_MAX_FRAMES whole frames. An error is a payload without bytes.
  SentPayload Encode(std::span<const float> samples, const SendOptions& options);
  void Reset();  // as fresh

 private:
  static constexpr int kRows = QUAVER_RTP_MAX_ALL_FRAMES;

  explicit PayloadEncoder(const quaver_model* model);
  void EncodeRows(std::span<const float> samples, int n_q);
  SentPayload Pack(int frames, int redundant_frames, int n_q, int redundant_tokens, bool pause);
  void Remember(int frames);

  const quaver_model* model_;
  Owned<quaver_encoder> encoder_;
  int groups_;
  PauseDetector detector_;
  // Rows of `groups_` tokens: first those that went before, kRemembered at most, then the own ones.
  std::array<uint16_t, kRows* QUAVER_MAX_GROUPS> tokens_ = {};
  std::array<uint8_t, kRows> n_q_ = {};
  int remembered_ = 0;  // frames in the rows before the own ones
  bool pausing_ = false;
  int unsent_frames_ = 0;  // of a pause, since the last payload
  std::array<uint8_t, QUAVER_RTP_MAX_BYTES> payload_;
};

}  // namespace quaver_gst

#endif  // QUAVER_BINDINGS_GSTREAMER_PAYLOAD_ENCODER_H_
