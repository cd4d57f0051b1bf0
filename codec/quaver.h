/* The C API: the stable face of the codec for other languages. codec/codec.h is the C++ face. Installed as
 * <quaver/quaver.h>; samples/voice_channel.c is a whole program.
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
 * Samples are mono at quaver_sample_rate() (16 kHz): floats, nominally -1 .. 1, clamped to -16 .. 16 on the
 * way in, where what is not finite counts as 0; or, through the calls that end in _i16, 16-bit integers in
 * the order of the machine's bytes. An integer s goes in as s / 32768 (exact). A decoded x comes out as 32768
 * * x, rounded to the nearest integer, halves to the even one, -32768 or 32767 where it is beyond them. Both
 * kinds may alternate in one stream. Tokens are [frames, n_q] row by row.
 *
 * Calls that can fail return a negative quaver_error, which quaver_error_text() puts into words. No call
 * throws, aborts or prints. Encoding, decoding and packets allocate nothing, lock nothing and make no system
 * call; only _open, _from_memory, _create and _close do, so keep those off an audio thread.
 *
 * Ownership: what _open, _from_memory or _create returned, the caller gives back to the _close call of its
 * kind, in any order. Every other pointer is the caller's own and is used during the call only; buffers must
 * not overlap. Passing NULL where an object or a buffer with a size above 0 is expected is
 * QUAVER_ERROR_ARGUMENT.
 *
 * Threads: a model never changes, so any number of streams and threads may share it. One encoder or decoder
 * belongs to one thread at a time; different ones need no care. */
#ifndef QUAVER_CODEC_QUAVER_H_
#define QUAVER_CODEC_QUAVER_H_

#include <stddef.h>
#include <stdint.h>

#include "codec/export.h"

/* Number of the binary interface, which the library's soname carries too (libquaver.so.0). It grows when a
 * program that was built with an older header would no longer run; new functions alone leave it as it is. */
#define QUAVER_ABI 0

#ifdef __cplusplus
extern "C" {
#endif

typedef struct quaver_model quaver_model;
typedef struct quaver_encoder quaver_encoder;
typedef struct quaver_decoder quaver_decoder;
typedef struct quaver_batch quaver_batch;

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

/* Of the library that runs: quaver_abi() == QUAVER_ABI says that it fits the header that you compiled with.
 */
QUAVER_API int quaver_abi(void);
QUAVER_API const char* quaver_version(void); /* such as "0.1.0"; never freed */
/* What a negative quaver_error means, in English, without a final stop; never NULL, never freed. Values of 0
 * and above are no errors and say so. */
QUAVER_API const char* quaver_error_text(int code);

/* What both ends of a stream have agreed on: a packet like that says nothing of it and costs the least.
 * Other packets decode all the same. */
typedef struct quaver_format {
  int frames; /* a packet, 1 .. 25 */
  int n_q;    /* tokens a frame, 0 .. quaver_groups() */
} quaver_format;

/* A model from a weights file, or the built-in one if `path` is NULL. Returns NULL on failure and then writes
 * the reason, cut to `error_size` bytes with its final 0, to `error` unless that is NULL. */
QUAVER_API quaver_model* quaver_model_open(const char* path, char* error, size_t error_size);
/* The same from a weights file in memory, which may be freed afterwards. */
QUAVER_API quaver_model* quaver_model_from_memory(const void* bytes, size_t size, char* error,
                                                  size_t error_size);
/* Gives up the handle; the model lives on while a stream uses it. NULL is allowed, as in all _close calls. */
QUAVER_API void quaver_model_close(quaver_model* model);

QUAVER_API int quaver_sample_rate(const quaver_model* model);   /* Hz */
QUAVER_API int quaver_frame_samples(const quaver_model* model); /* samples of a frame: 320 */
QUAVER_API int quaver_groups(const quaver_model* model);        /* tokens of a frame at most */
QUAVER_API int quaver_codes(const quaver_model* model);         /* tokens are 0 .. codes - 1 */
QUAVER_API int quaver_delay(const quaver_model* model); /* samples by which decoded sound lags the input */
/* SHA-256 of configuration and weights: both ends of a stream need the same. Returns 0. */
QUAVER_API int quaver_model_identity(const quaver_model* model, uint8_t identity[32]);

/* NULL if the model is NULL or memory is short. */
QUAVER_API quaver_encoder* quaver_encoder_create(const quaver_model* model);
/* The same for calls that bring one frame each, as a live stream and the streams of a batch: a tenth of the
 * memory (0.1 MiB for encoder and decoder together), slower where a call brings many frames. */
QUAVER_API quaver_encoder* quaver_encoder_create_live(const quaver_model* model);
QUAVER_API void quaver_encoder_close(quaver_encoder* encoder);
/* Takes any number of samples and writes the tokens of every frame that they complete, n_q (0 ..
 * quaver_groups()) each, to `tokens`, which has room for `capacity` of them. Returns the frames completed. */
QUAVER_API int quaver_encode(quaver_encoder* encoder, const float* samples, size_t count, int n_q,
                             uint16_t* tokens, size_t capacity);
QUAVER_API int quaver_encode_i16(quaver_encoder* encoder, const int16_t* samples, size_t count, int n_q,
                                 uint16_t* tokens, size_t capacity);
/* Frames that so many more samples would complete. */
QUAVER_API int quaver_encoder_frames_after(const quaver_encoder* encoder, size_t samples);
QUAVER_API int quaver_encoder_reset(quaver_encoder* encoder); /* as fresh; returns 0 */

QUAVER_API quaver_decoder* quaver_decoder_create(const quaver_model* model);
QUAVER_API quaver_decoder* quaver_decoder_create_live(const quaver_model* model);
QUAVER_API void quaver_decoder_close(quaver_decoder* decoder);
/* tokens [frames, n_q] -> samples [frames * quaver_frame_samples()]; `capacity` in samples. n_q may differ at
 * every call. Returns the samples written. */
QUAVER_API int quaver_decode(quaver_decoder* decoder, const uint16_t* tokens, int frames, int n_q,
                             float* samples, size_t capacity);
QUAVER_API int quaver_decode_i16(quaver_decoder* decoder, const uint16_t* tokens, int frames, int n_q,
                                 int16_t* samples, size_t capacity);
/* One missing frame: continues the stream as well as the network can. Returns the samples written. */
QUAVER_API int quaver_conceal(quaver_decoder* decoder, float* samples, size_t capacity);
QUAVER_API int quaver_conceal_i16(quaver_decoder* decoder, int16_t* samples, size_t capacity);
/* Unpacks and decodes. Returns the samples written; on QUAVER_ERROR_PACKET the stream is as it was: conceal
 * quaver_packet_frames() frames then, or the agreed number if that fails too. */
QUAVER_API int quaver_decode_packet(quaver_decoder* decoder, const quaver_format* format, const void* packet,
                                    size_t size, float* samples, size_t capacity);
QUAVER_API int quaver_decode_packet_i16(quaver_decoder* decoder, const quaver_format* format,
                                        const void* packet, size_t size, int16_t* samples, size_t capacity);
QUAVER_API int quaver_decoder_reset(quaver_decoder* decoder); /* as fresh; returns 0 */

/* tokens [frames, n_q] -> one packet of 1 .. 25 frames. `capacity` must be at least QUAVER_MAX_PACKET_BYTES.
 * Returns the bytes written. */
QUAVER_API int quaver_pack(const quaver_model* model, const quaver_format* format, const uint16_t* tokens,
                           int frames, int n_q, uint8_t* packet, size_t capacity);
/* The tokens of a packet: tokens [25, quaver_groups()], of which row f holds n_q[f] tokens and 65535 behind
 * them, and n_q [25]. Returns the frames. */
QUAVER_API int quaver_unpack(const quaver_model* model, const quaver_format* format, const void* packet,
                             size_t size, uint16_t* tokens, uint8_t* n_q);
/* Frames of a packet, known without its tokens. */
QUAVER_API int quaver_packet_frames(const quaver_format* format, const void* packet, size_t size);

/* The state of a stream as bytes, to copy, store or move to another stream of the same model. Save returns 0;
 * `size` must be what the _state_size call says. Restore leaves the stream as it was on QUAVER_ERROR_STATE.
 */
QUAVER_API size_t quaver_encoder_state_size(const quaver_encoder* encoder); /* 0 for NULL */
QUAVER_API int quaver_encoder_save(const quaver_encoder* encoder, void* state, size_t size);
QUAVER_API int quaver_encoder_restore(quaver_encoder* encoder, const void* state, size_t size);
QUAVER_API size_t quaver_decoder_state_size(const quaver_decoder* decoder);
QUAVER_API int quaver_decoder_save(const quaver_decoder* decoder, void* state, size_t size);
QUAVER_API int quaver_decoder_restore(quaver_decoder* decoder, const void* state, size_t size);

/* Many streams of one model, one frame of each in a call, for a server: the weights travel from memory once
 * for 28 streams, and no bit changes. A batch is scratch memory, one a thread; the streams keep their state
 * and may be used alone between two calls. `most` streams fit into a call. NULL if the model is NULL, `most`
 * is below 1 or memory is short. */
QUAVER_API quaver_batch* quaver_batch_create(const quaver_model* model, int most);
QUAVER_API void quaver_batch_close(quaver_batch* batch);
/* samples [count, quaver_frame_samples()], n_q [count] -> tokens [count, quaver_groups()], of which row i
 * gets n_q[i] values and keeps the rest. Returns `count`; on QUAVER_ERROR_ARGUMENT, also for a NULL among the
 * streams or one of another model, they are as they were. No stream may stand there twice. */
QUAVER_API int quaver_batch_encode(quaver_batch* batch, quaver_encoder* const* encoders, int count,
                                   const float* samples, const int* n_q, uint16_t* tokens);
/* The other way; n_q[i] = 0: the frame of stream i is missing, and concealed. */
QUAVER_API int quaver_batch_decode(quaver_batch* batch, quaver_decoder* const* decoders, int count,
                                   const uint16_t* tokens, const int* n_q, float* samples);

#ifdef __cplusplus
}
#endif

#endif /* QUAVER_CODEC_QUAVER_H_ */
