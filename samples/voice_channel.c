/* A voice channel in C: raw 16-bit speech at 16 kHz from standard input, through packets, to standard output.
 *   cc voice_channel.c $(pkg-config --cflags --libs quaver) -o voice_channel */
#include <quaver/quaver.h>
#include <stdio.h>

enum { kFrame = 320, kTokens = 6 }; /* samples of 20 ms; 6 tokens a frame are 3 kbit/s at most */

static const quaver_format kFormat = {1, kTokens}; /* both ends agree on it: packets of one frame */

/* 20 ms of speech -> a packet. Returns its bytes, or a negative error. */
static int send_frame(const quaver_model* model, quaver_encoder* encoder, const int16_t* sound,
                      uint8_t packet[QUAVER_MAX_PACKET_BYTES]) {
  uint16_t tokens[kTokens];
  const int frames = quaver_encode_i16(encoder, sound, kFrame, kTokens, tokens, kTokens);
  if (frames < 0) return frames;
  return quaver_pack(model, &kFormat, tokens, frames, kTokens, packet, QUAVER_MAX_PACKET_BYTES);
}

/* A packet, or none (`bytes` 0) -> 20 ms of speech. A damaged packet is concealed like one that was lost. */
static int receive_frame(quaver_decoder* decoder, const uint8_t* packet, int bytes, int16_t* sound) {
  int samples = QUAVER_ERROR_PACKET;
  if (bytes > 0) samples = quaver_decode_packet_i16(decoder, &kFormat, packet, (size_t)bytes, sound, kFrame);
  return samples == QUAVER_ERROR_PACKET ? quaver_conceal_i16(decoder, sound, kFrame) : samples;
}

int main(void) {
  char why[200] = "";
  quaver_model* model = quaver_model_open(NULL, why, sizeof why); /* the built-in one */
  quaver_encoder* encoder = quaver_encoder_create_live(model);    /* NULL if there is no model */
  quaver_decoder* decoder = quaver_decoder_create_live(model);
  int16_t sound[kFrame];
  uint8_t packet[QUAVER_MAX_PACKET_BYTES];
  int result = encoder != NULL && decoder != NULL ? 0 : QUAVER_ERROR_MEMORY;
  while (result >= 0 && fread(sound, sizeof *sound, kFrame, stdin) == kFrame) {
    result = send_frame(model, encoder, sound, packet);
    /* ... the packet travels; a receiver passes 0 bytes when it does not arrive in time ... */
    if (result >= 0) result = receive_frame(decoder, packet, result, sound);
    if (result > 0 && fwrite(sound, sizeof *sound, (size_t)result, stdout) != (size_t)result) break;
  }
  if (result < 0) fprintf(stderr, "%s\n", *why != 0 ? why : quaver_error_text(result));
  quaver_decoder_close(decoder);
  quaver_encoder_close(encoder);
  quaver_model_close(model);
  return result < 0 || ferror(stdin) || ferror(stdout);
}
