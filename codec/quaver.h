/* The C API: the stable face of the codec for other languages. codec/codec.h is the C++ face.
 *
 *   quaver_model* model = quaver_model_open(NULL, NULL, 0);      // the built-in one
 *   quaver_encoder* encoder = quaver_encoder_create(model);
 *   quaver_decoder* decoder = quaver_decoder_create(model);
 *   float in[320], out[320];                                     // 20 ms at 16 kHz
 *   uint16_t tokens[6];
 *   uint8_t packet[QUAVER_MAX_PACKET_BYTES];
 *   const quaver_format format = {1, 6};                         // both ends agree on it: 1 frame, 6 tokens
 *   quaver_encode(encoder, in, 320, 6, tokens, 6);
 *   int bytes = quaver_pack(model, &format, tokens, 1, 6, packet, sizeof packet);
 *   ... the packet travels ...
 *   quaver_decode_packet(decoder, &format, packet, bytes, out, 320);   // or, if it was lost:
 *   quaver_conceal(decoder, out, 320);
 *
 * Samples are mono floats at quaver_sample_rate() (16 kHz), nominally -1 .. 1. Tokens are [frames, n_q] row
 * by row. Calls that can fail return a negative quaver_error. No call throws, aborts or prints. Encoding,
 * decoding and packets allocate nothing, lock nothing and make no system call. One stream belongs to one
 * thread at a time; a model may be shared by any number of streams and threads. Passing NULL where an object
 * or a buffer with a size above 0 is expected is QUAVER_ERROR_ARGUMENT. */
#ifndef QUAVER_CODEC_QUAVER_H_
#define QUAVER_CODEC_QUAVER_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct quaver_model quaver_model;
typedef struct quaver_encoder quaver_encoder;
typedef struct quaver_decoder quaver_decoder;

typedef enum quaver_error {
  QUAVER_ERROR_ARGUMENT = -1, /* a value out of range, a NULL, a buffer too short: nothing was done */
  QUAVER_ERROR_PACKET = -2,   /* bytes that are no packet of this model */
  QUAVER_ERROR_STATE = -3     /* bytes that are no state of this stream */
} quaver_error;

enum {
  QUAVER_MAX_FRAMES = 25,        /* of a packet */
  QUAVER_MAX_GROUPS = 18,        /* tokens of a frame */
  QUAVER_MAX_PACKET_BYTES = 8192 /* what quaver_pack needs room for; packets are far smaller */
};

/* What both ends of a stream have agreed on: a packet like that says nothing of it and costs the least.
 * Other packets decode all the same. */
typedef struct quaver_format {
  int frames; /* a packet, 1 .. 25 */
  int n_q;    /* tokens a frame, 0 .. quaver_groups() */
} quaver_format;

/* A model from a weights file, or the built-in one if `path` is NULL. Returns NULL on failure and then writes
 * the reason, cut to `error_size` bytes with its final 0, to `error` unless that is NULL. */
quaver_model* quaver_model_open(const char* path, char* error, size_t error_size);
/* The same from a weights file in memory, which may be freed afterwards. */
quaver_model* quaver_model_from_memory(const void* bytes, size_t size, char* error, size_t error_size);
/* Gives up the handle; the model lives on while a stream uses it. NULL is allowed, as in all _close calls. */
void quaver_model_close(quaver_model* model);

int quaver_sample_rate(const quaver_model* model);   /* Hz */
int quaver_frame_samples(const quaver_model* model); /* samples of a frame: 320 */
int quaver_groups(const quaver_model* model);        /* tokens of a frame at most */
int quaver_codes(const quaver_model* model);         /* tokens are 0 .. codes - 1 */
int quaver_delay(const quaver_model* model);         /* samples by which decoded sound lags the input */
/* SHA-256 of configuration and weights: both ends of a stream need the same. Returns 0. */
int quaver_model_identity(const quaver_model* model, uint8_t identity[32]);

/* NULL if the model is NULL or memory is short. */
quaver_encoder* quaver_encoder_create(const quaver_model* model);
void quaver_encoder_close(quaver_encoder* encoder);
/* Takes any number of samples and writes the tokens of every frame that they complete, n_q (0 ..
 * quaver_groups()) each, to `tokens`, which has room for `capacity` of them. Returns the frames completed. */
int quaver_encode(quaver_encoder* encoder, const float* samples, size_t count, int n_q, uint16_t* tokens,
                  size_t capacity);
/* Frames that so many more samples would complete. */
int quaver_encoder_frames_after(const quaver_encoder* encoder, size_t samples);
int quaver_encoder_reset(quaver_encoder* encoder); /* as fresh; returns 0 */

quaver_decoder* quaver_decoder_create(const quaver_model* model);
void quaver_decoder_close(quaver_decoder* decoder);
/* tokens [frames, n_q] -> samples [frames * quaver_frame_samples()]; `capacity` in samples. n_q may differ at
 * every call. Returns the samples written. */
int quaver_decode(quaver_decoder* decoder, const uint16_t* tokens, int frames, int n_q, float* samples,
                  size_t capacity);
/* One missing frame: continues the stream as well as the network can. Returns the samples written. */
int quaver_conceal(quaver_decoder* decoder, float* samples, size_t capacity);
/* Unpacks and decodes. Returns the samples written; on QUAVER_ERROR_PACKET the stream is as it was: conceal
 * quaver_packet_frames() frames then, or the agreed number if that fails too. */
int quaver_decode_packet(quaver_decoder* decoder, const quaver_format* format, const void* packet,
                         size_t size, float* samples, size_t capacity);
int quaver_decoder_reset(quaver_decoder* decoder); /* as fresh; returns 0 */

/* tokens [frames, n_q] -> one packet of 1 .. 25 frames. `capacity` must be at least QUAVER_MAX_PACKET_BYTES.
 * Returns the bytes written. */
int quaver_pack(const quaver_model* model, const quaver_format* format, const uint16_t* tokens, int frames,
                int n_q, uint8_t* packet, size_t capacity);
/* The tokens of a packet: tokens [25, quaver_groups()], of which row f holds n_q[f] tokens and 65535 behind
 * them, and n_q [25]. Returns the frames. */
int quaver_unpack(const quaver_model* model, const quaver_format* format, const void* packet, size_t size,
                  uint16_t* tokens, uint8_t* n_q);
/* Frames of a packet, known without its tokens. */
int quaver_packet_frames(const quaver_format* format, const void* packet, size_t size);

/* The state of a stream as bytes, to copy, store or move to another stream of the same model. Save returns 0;
 * `size` must be what the _state_size call says. Restore leaves the stream as it was on QUAVER_ERROR_STATE.
 */
size_t quaver_encoder_state_size(const quaver_encoder* encoder); /* 0 for NULL */
int quaver_encoder_save(const quaver_encoder* encoder, void* state, size_t size);
int quaver_encoder_restore(quaver_encoder* encoder, const void* state, size_t size);
size_t quaver_decoder_state_size(const quaver_decoder* decoder);
int quaver_decoder_save(const quaver_decoder* decoder, void* state, size_t size);
int quaver_decoder_restore(quaver_decoder* decoder, const void* state, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* QUAVER_CODEC_QUAVER_H_ */
