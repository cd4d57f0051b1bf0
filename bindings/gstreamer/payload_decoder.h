// RTP payloads to speech, without GStreamer: knows from positions what is missing, takes lost frames from the
// redundant ones that come later, conceals the others, and fills pauses.
#ifndef QUAVER_BINDINGS_GSTREAMER_PAYLOAD_DECODER_H_
#define QUAVER_BINDINGS_GSTREAMER_PAYLOAD_DECODER_H_

#include <quaver/quaver.h>
#include <quaver/rtp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "bindings/gstreamer/model.h"

namespace quaver_gst {

struct ReceiverStats {
  uint64_t packets = 0;    // that were decoded, at least in part
  uint64_t bytes = 0;      // of these
  uint64_t frames = 0;     // of their own
  uint64_t recovered = 0;  // lost frames that redundancy brought back
  uint64_t concealed = 0;  // lost frames that it did not
  uint64_t paused = 0;     // frames that the sender left out
  uint64_t late = 0;       // packets too late or there before
  uint64_t damaged = 0;    // packets that are no payload of this model
  uint64_t newer = 0;      // packets of a newer version of the payload
};

// What a call decoded: samples that follow those of the last call, but where `jump` is set.
struct Decoded {
  std::vector<uint8_t> bytes;  // 16-bit integers or floats
  int64_t position = 0;        // of the first sample
  bool jump = false;           // the stream goes on elsewhere
};

class PayloadDecoder {
 public:
  // NULL if memory is short. The model must outlive it. floats: samples are floats, not 16-bit integers.
  static std::unique_ptr<PayloadDecoder> Create(const quaver_model* model, bool floats);

  // Positions are samples at 16 kHz on one time line; none: right behind what was there before. What is
  // missing before the payload's own frames is filled first. clip_start, clip_end: samples at both ends of
  // the own frames that are not sound; a clip_start begins a new sound. Gives 0, or the error of
  // quaver_rtp_unpack: then nothing was decoded, and Lost tells the rest.
  int Packet(std::span<const uint8_t> payload, std::optional<int64_t> position, int clip_start, int clip_end,
             bool use_redundancy, Decoded& out);
  // The samples from `position` on were lost. They wait until the next packet, or Conceal.
  void Lost(std::optional<int64_t> position, int64_t samples);
  // Fills what was lost, but for the last `keep` frames of it.
  void Conceal(int keep, Decoded& out);
  // Another time line: the next packet stands where it says. What was lost and waits is forgotten.
  void Restart();
  void Reset();  // as fresh, but for the statistics

  // What gaps between positions mean: with false, nothing is filled (the element's property plc).
  void set_fill(bool fill) { fill_ = fill; }
  const ReceiverStats& stats() const { return stats_; }
  int packet_frames() const { return packet_frames_; }  // of the last packet

 private:
  static constexpr size_t kRecent = 8;

  PayloadDecoder(const quaver_model* model, bool floats);
  uint8_t* Room(int samples, Decoded& out) const;
  void DecodeFrame(const uint16_t* tokens, int n_q, Decoded& out);
  void ConcealFrame(Decoded& out);
  void PauseFrame(Decoded& out);
  void FillFrame(Decoded& out);
  void Clip(size_t before, int from_start, int from_end, Decoded& out) const;
  void RememberRow(const uint16_t* tokens, int n_q);

  Owned<quaver_decoder> decoder_;
  const quaver_model* model_;
  int groups_;
  bool floats_;
  size_t sample_bytes_;
  bool fill_ = true;
  bool started_ = false;
  int64_t end_ = 0;         // position behind the last sample that was given out
  int64_t lost_until_ = 0;  // where what was lost ends
  int64_t lag_ = 0;         // samples that were clipped at the start of the sound
  int packet_frames_ = 1;
  bool pause_ = false;
  uint32_t random_ = 1;
  // Rows of the last own frames: in a pause, the background.
  std::array<uint16_t, kRecent* QUAVER_MAX_GROUPS> recent_ = {};
  std::array<int, kRecent> recent_n_q_ = {};
  size_t recent_rows_ = 0;
  size_t next_row_ = 0;
  ReceiverStats stats_;
};

}  // namespace quaver_gst

#endif  // QUAVER_BINDINGS_GSTREAMER_PAYLOAD_DECODER_H_
