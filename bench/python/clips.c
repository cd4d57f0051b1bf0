/* What the C library does with clips, for bench/python/speed.py: encodes and decodes one clip again and again on one
 * core, and prints the best time of each in seconds, as the core gave them to the thread.
 *   clips TOKENS ROUNDS < float32-samples-at-16-kHz */
#include <quaver/quaver.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { kMost = 16000 * 60 };

static double Now(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double Less(double a, double b) { return a < b ? a : b; }

int main(int argc, char** argv) {
  static float sound[kMost], again[kMost];
  static uint16_t tokens[kMost / 320 * QUAVER_MAX_GROUPS];
  static float silence[640];
  const int n_q = argc > 2 ? atoi(argv[1]) : 0;
  quaver_model* model = quaver_model_open(NULL, NULL, 0);
  quaver_encoder* encoder = quaver_encoder_create(model);
  quaver_decoder* decoder = quaver_decoder_create(model);
  const size_t count = fread(sound, sizeof *sound, kMost - 640, stdin);
  const int frames = (int)((count + (size_t)quaver_delay(model) + 319) / 320);
  const size_t padding = (size_t)frames * 320 - count, room = sizeof tokens / sizeof *tokens;
  double encoding = 1e9, decoding = 1e9;
  for (int round = argc > 2 ? atoi(argv[2]) : 0; round > 0; --round) {
    const double start = Now();
    int done = quaver_encode(encoder, sound, count, n_q, tokens, room);
    done += quaver_encode(encoder, silence, padding, n_q, tokens + done * n_q, room - (size_t)(done * n_q));
    quaver_encoder_reset(encoder);
    const double middle = Now();
    if (done != frames || quaver_decode(decoder, tokens, frames, n_q, again, kMost) != frames * 320) return 1;
    quaver_decoder_reset(decoder);
    encoding = Less(encoding, middle - start);
    decoding = Less(decoding, Now() - middle);
  }
  printf("%.9f %.9f\n", encoding, decoding);
  quaver_decoder_close(decoder);
  quaver_encoder_close(encoder);
  quaver_model_close(model);
  return 0;
}
