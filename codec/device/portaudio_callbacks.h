// The very functions that PortAudio calls on its audio thread; apart, so that a test can call them too.
#ifndef QUAVER_CODEC_DEVICE_PORTAUDIO_CALLBACKS_H_
#define QUAVER_CODEC_DEVICE_PORTAUDIO_CALLBACKS_H_

#include <portaudio.h>

namespace quaver {

// `port` is a CapturePort; one channel of floats comes in.
int CaptureCallback(const void* input, void* output, unsigned long frames,
                    const PaStreamCallbackTimeInfo* time, PaStreamCallbackFlags flags, void* port) noexcept;
// `port` is a PlayoutPort; one channel of floats goes out.
int PlayoutCallback(const void* input, void* output, unsigned long frames,
                    const PaStreamCallbackTimeInfo* time, PaStreamCallbackFlags flags, void* port) noexcept;

}  // namespace quaver

#endif  // QUAVER_CODEC_DEVICE_PORTAUDIO_CALLBACKS_H_
