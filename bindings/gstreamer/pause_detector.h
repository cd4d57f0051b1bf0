// Which frames are pauses, for discontinuous transmission.
#ifndef QUAVER_BINDINGS_GSTREAMER_PAUSE_DETECTOR_H_
#define QUAVER_BINDINGS_GSTREAMER_PAUSE_DETECTOR_H_

#include <span>

namespace quaver_gst {

// By level. The background is the quietest of late: it falls at once and rises by 3 dB a second, so a talk
// spurt does not become background. A frame is quiet below -60 dBFS, or if it is within 8 dB of the
// background and 25 dB below the loudest of late, which falls by 1 dB a second. A pause begins after 200 ms
// that are quiet, and ends with the first frame that is not: the end of a word is never cut, and the payload
// after a pause repeats frames from before it, where a soft beginning may lie. No look-ahead.
class PauseDetector {
 public:
  // The samples of one frame, -1 .. 1. True: it belongs to a pause.
  bool Add(std::span<const float> frame);
  void Reset() { *this = PauseDetector(); }

 private:
  double background_ = -60;  // dBFS
  double loudest_ = -60;     // dBFS
  int quiet_frames_ = 0;
};

}  // namespace quaver_gst

#endif  // QUAVER_BINDINGS_GSTREAMER_PAUSE_DETECTOR_H_
