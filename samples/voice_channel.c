/* A voice channel in C: raw 16-bit speech at 16 kHz from standard input, through packets, to standard output.
 *   cc voice_channel.c $(pkg-config --cflags --libs quaver) -o voice_channel */
#include <quaver/quaver.h>
#include <stdio.h>

enum { kFrame = 320, kTokens = 6 }; /* samples of 20 ms; 6 tokens a frame are 3 kbit/s */

int main(void) {
  char why[200];
  const quaver_format format = {1, kTokens}; /* both ends agree on it: packets of one frame */
  quaver_model* model = quaver_model_open(NULL, why, sizeof why);
  if (model == NULL) return fprintf(stderr, "%s\n", why), 1;
  quaver_encoder* encoder = quaver_encoder_create(model);
  quaver_decoder* decoder = quaver_decoder_create(model);
  int16_t sound[kFrame];
  uint16_t tokens[kTokens];
  uint8_t packet[QUAVER_MAX_PACKET_BYTES];
  int result = 0;
  while (result >= 0 && fread(sound, sizeof *sound, kFrame, stdin) == kFrame) {
    quaver_encode_i16(encoder, sound, kFrame, kTokens, tokens, kTokens);
    const int bytes = quaver_pack(model, &format, tokens, 1, kTokens, packet, sizeof packet);
    /* ... the packet travels; in place of a lost one: quaver_conceal_i16(decoder, sound, kFrame) ... */
    result = quaver_decode_packet_i16(decoder, &format, packet, (size_t)bytes, sound, kFrame);
    if (result > 0) fwrite(sound, sizeof *sound, (size_t)result, stdout);
  }
  if (result < 0) fprintf(stderr, "%s\n", quaver_error_text(result));
  quaver_decoder_close(decoder);
  quaver_encoder_close(encoder);
  quaver_model_close(model);
  return result < 0;
}
