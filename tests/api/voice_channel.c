#include "tests/api/voice_channel.h"

static int SendFrame(const quaver_model* model, quaver_encoder* encoder, quaver_decoder* decoder, int n_q,
                     const float* samples, int lost, float* received) {
  const quaver_format format = {1, n_q};
  const size_t size = (size_t)quaver_frame_samples(model);
  uint16_t tokens[QUAVER_MAX_GROUPS];
  uint8_t packet[QUAVER_MAX_PACKET_BYTES];
  const int frames = quaver_encode(encoder, samples, size, n_q, tokens, QUAVER_MAX_GROUPS);
  if (frames != 1) return frames;
  const int bytes = quaver_pack(model, &format, tokens, 1, n_q, packet, sizeof packet);
  if (bytes < 0) return bytes;
  const int written = lost ? quaver_conceal(decoder, received, size)
                           : quaver_decode_packet(decoder, &format, packet, (size_t)bytes, received, size);
  return written < 0 ? written : bytes;
}

int SendThroughPackets(const quaver_model* model, int n_q, const float* samples, int frames, const char* lost,
                       float* received) {
  quaver_encoder* encoder = quaver_encoder_create(model);
  quaver_decoder* decoder = quaver_decoder_create(model);
  int total = 0;
  for (int f = 0; f < frames; ++f) {
    const size_t at = (size_t)f * (size_t)quaver_frame_samples(model);
    const int bytes = SendFrame(model, encoder, decoder, n_q, samples + at, lost[f], received + at);
    total = bytes < 0 ? bytes : total + bytes;
    if (bytes < 0) break;
  }
  quaver_encoder_close(encoder);
  quaver_decoder_close(decoder);
  return total;
}
