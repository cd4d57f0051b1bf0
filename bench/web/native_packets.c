/* Times of the packets of a live stream with the native library, for speed.mjs: native_packets MODEL SOUND.
 * SOUND: floats, one channel, 16 kHz. Prints microseconds of CPU time, "encode decode", a line for each
 * packet of 20 ms. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "codec/quaver.h"

static double Now(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e6 * (double)now.tv_sec + 1e-3 * (double)now.tv_nsec;
}

int main(int count, char** arguments) {
  if (count != 3) return 2;
  char why[1000];
  quaver_model* model = quaver_model_open(arguments[1], why, sizeof why);
  FILE* sound = fopen(arguments[2], "rb");
  if (model == NULL || sound == NULL) {
    fprintf(stderr, "%s\n", model == NULL ? why : "the sound cannot be opened");
    return 1;
  }
  quaver_options options;
  quaver_options_default(&options);
  options.frames_per_packet = 1;
  quaver_format format;
  quaver_stream_encoder* encoder = quaver_stream_encoder_create(model, &options, why, sizeof why);
  if (encoder == NULL || quaver_stream_encoder_format(encoder, &format) != 0) return 1;
  quaver_stream_decoder* decoder = quaver_stream_decoder_create(model, &format, 0, why, sizeof why);
  if (decoder == NULL) return 1;
  float samples[320], heard[320];
  uint8_t packet[QUAVER_MAX_PACKET_BYTES];
  while (fread(samples, sizeof *samples, 320, sound) == 320) {
    const double start = Now();
    quaver_stream_encoder_write(encoder, samples, 320);
    const int bytes = quaver_stream_encoder_read(encoder, packet, sizeof packet);
    const double encoded = Now();
    if (bytes <= 0) continue;
    quaver_stream_decoder_write(decoder, packet, (size_t)bytes);
    quaver_stream_decoder_read(decoder, heard, 320);
    printf("%.1f %.1f\n", encoded - start, Now() - encoded);
  }
  return 0;
}
