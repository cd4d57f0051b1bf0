/* The C API: the stable interface of the codec, for C and for other languages. codec.h is the C++ API.
 * Installed as <quaver/quaver.h>; the example voice_channel.c is a complete program.
 *
 * There are two layers. A quaver_stream_encoder takes samples and gives packets at a bit rate, and a
 * quaver_stream_decoder takes packets and gives samples. Below them, a quaver_encoder makes tokens, the
 * caller decides how many of them to send, and packs them:
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
 * throws, aborts or prints. Encoding, decoding and packing allocate nothing, lock nothing and make no system
 * call, so they may run on an audio thread. What opens, finds, creates or closes something, metadata and
 * bit rates may allocate; for quaver_stream_encoder and quaver_stream_decoder see there.
 *
 * Ownership: what _open, _find, _from_memory or _create returned, the caller gives back to the _close call of
 * its kind, in any order. Every other pointer is the caller's own and is used during the call only; buffers
 * must not overlap. Passing NULL where an object or a buffer with a size above 0 is expected is
 * QUAVER_ERROR_ARGUMENT.
 *
 * Threads: a model never changes, so any number of streams and threads may share it. One encoder or decoder
 * belongs to one thread at a time; different ones need no care. */
#ifndef QUAVER_CODEC_QUAVER_H_
#define QUAVER_CODEC_QUAVER_H_

#include <stddef.h>
#include <stdint.h>

#include "codec/export.h"

/* Number of the binary interface, which the library's soname carries too (libquaver.so.1). It grows when a
 * program that was built with an older header would no longer run; new functions alone leave it as it is. */
#define QUAVER_ABI 1

#ifdef __cplusplus
extern "C" {
#endif

typedef struct quaver_model quaver_model;
typedef struct quaver_encoder quaver_encoder;
typedef struct quaver_decoder quaver_decoder;
typedef struct quaver_batch quaver_batch;
typedef struct quaver_stream_encoder quaver_stream_encoder;
typedef struct quaver_stream_decoder quaver_stream_decoder;

typedef enum quaver_error {
  QUAVER_ERROR_ARGUMENT = -1, /* a value out of range or a NULL: nothing was done */
  QUAVER_ERROR_PACKET = -2,   /* bytes that are no packet of this model, or one of more frames than agreed */
  QUAVER_ERROR_STATE = -3,    /* bytes that are no state of this stream */
  QUAVER_ERROR_SHORT = -4,    /* a buffer is too short for the result: nothing was done */
  QUAVER_ERROR_ENDED = -5,    /* the stream was flushed and takes nothing more */
  QUAVER_ERROR_MEMORY = -6,   /* no memory left */
  QUAVER_ERROR_IO = -7,       /* a callback could not read or write (quaver_file.h) */
  QUAVER_ERROR_MODEL = -8,    /* a state of another model */
  QUAVER_ERROR_VERSION = -9   /* a payload that a newer version of the library has made (rtp.h) */
} quaver_error;

enum {
  QUAVER_MAX_FRAMES = 25,        /* of a packet */
  QUAVER_MAX_GROUPS = 18,        /* tokens of a frame */
  QUAVER_MAX_LOST_FRAMES = 3000, /* concealed in one call: a minute */
  QUAVER_NO_TOKEN = 65535,       /* in rows of tokens: the frame has fewer */
  QUAVER_MAX_PACKET_BYTES = 8192 /* what quaver_pack needs room for; packets are far smaller */
};

/* Of the library that is loaded: it fits the header that you compiled with if quaver_abi() == QUAVER_ABI. */
QUAVER_API int quaver_abi(void);
QUAVER_API const char* quaver_version(void); /* such as "0.1.0"; never freed */
/* What a negative quaver_error means, in English, without a full stop; never NULL, never freed. For 0 and
 * above it is "no error". */
QUAVER_API const char* quaver_error_text(int code);

/* What both ends of a stream have agreed on. Packets of this format are the smallest; others are decoded too,
 * and take about a byte more. */
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
/* The same by name: a path (it holds a '/', ends in ".safetensors" or is a file here), "default" or the name
 * of the built-in model, or NAME for NAME.safetensors in one of the model folders: those of the environment
 * variable QUAVER_MODELS (separated by colons), models/ and share/quaver/models near the running program, and
 * the folder of the installation. */
QUAVER_API quaver_model* quaver_model_find(const char* name_or_file, char* error, size_t error_size);
/* The model of an identity, such as a stream names it: the built-in one, or the first intact weights file in
 * the model folders that has it. */
QUAVER_API quaver_model* quaver_model_find_identity(const uint8_t identity[32], char* error,
                                                    size_t error_size);
/* Gives up the handle; the model lives on while a stream uses it. NULL is allowed, as in all _close calls. */
QUAVER_API void quaver_model_close(quaver_model* model);

QUAVER_API int quaver_sample_rate(const quaver_model* model);   /* Hz */
QUAVER_API int quaver_frame_samples(const quaver_model* model); /* samples of a frame: 320 */
QUAVER_API int quaver_groups(const quaver_model* model);        /* tokens of a frame at most */
QUAVER_API int quaver_codes(const quaver_model* model);         /* tokens are 0 .. codes - 1 */
QUAVER_API int quaver_delay(const quaver_model* model); /* samples by which decoded sound lags the input */
/* Frames that a decoder has to see before one that is to sound as if all before it had been decoded: a stream
 * joined in its middle gives the same bits from the frame after so many. 33 for the default model. */
QUAVER_API int quaver_run_in(const quaver_model* model);
/* SHA-256 of configuration and weights: both ends of a stream need the same. Returns 0. */
QUAVER_API int quaver_model_identity(const quaver_model* model, uint8_t identity[32]);

/* The metadata of the weights file (licence, training, measured rates ...; some 10 kB) and the identity as
 * "identity", a JSON object of strings, with a final 0. Returns its length without the 0; if that does not
 * fit into `capacity`, it is QUAVER_ERROR_SHORT, unless `json` is NULL and `capacity` 0: then the length
 * alone is returned. */
QUAVER_API int quaver_model_metadata(const quaver_model* model, char* json, size_t capacity);

/* The largest number of tokens a frame whose payload is expected to fit a bit rate, in packets of 1 .. 25
 * frames; short packets cost more. QUAVER_ERROR_ARGUMENT if even one token a frame is too much. */
QUAVER_API int quaver_tokens_for_bitrate(const quaver_model* model, double bits_per_second,
                                         int frames_per_packet);
/* The other way: expected payload in bits per second, rounded. */
QUAVER_API int quaver_expected_bitrate(const quaver_model* model, int n_q, int frames_per_packet);

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
/* One missing frame: fades from the 5th in a row on, silent from the 15th on. Returns the samples written. */
QUAVER_API int quaver_conceal(quaver_decoder* decoder, float* samples, size_t capacity);
QUAVER_API int quaver_conceal_i16(quaver_decoder* decoder, int16_t* samples, size_t capacity);
/* Unpacks and decodes. `capacity` should hold the agreed number of frames; a packet that claims more than
 * fits is then damaged: QUAVER_ERROR_PACKET. Returns the samples written; on QUAVER_ERROR_PACKET the stream
 * is as it was: conceal the agreed number of frames. */
QUAVER_API int quaver_decode_packet(quaver_decoder* decoder, const quaver_format* format, const void* packet,
                                    size_t size, float* samples, size_t capacity);
QUAVER_API int quaver_decode_packet_i16(quaver_decoder* decoder, const quaver_format* format,
                                        const void* packet, size_t size, int16_t* samples, size_t capacity);
QUAVER_API int quaver_decoder_reset(quaver_decoder* decoder); /* as fresh; returns 0 */

/* tokens [frames, n_q] -> one packet of 1 .. 25 frames. `capacity` must be at least QUAVER_MAX_PACKET_BYTES.
 * Returns the bytes written. */
QUAVER_API int quaver_pack(const quaver_model* model, const quaver_format* format, const uint16_t* tokens,
                           int frames, int n_q, uint8_t* packet, size_t capacity);
/* The same of frames with different numbers of tokens: tokens [frames, quaver_groups()], n_q [frames], 0 ..
 * quaver_groups() each; what lies in a row behind its n_q[f] tokens is not read. What quaver_unpack gives can
 * be packed again. */
QUAVER_API int quaver_pack_frames(const quaver_model* model, const quaver_format* format,
                                  const uint16_t* tokens, const uint8_t* n_q, int frames, uint8_t* packet,
                                  size_t capacity);
/* The tokens of a packet: tokens [25, quaver_groups()], of which row f holds n_q[f] tokens and
 * QUAVER_NO_TOKEN behind them, and n_q [25]. Returns the frames. */
QUAVER_API int quaver_unpack(const quaver_model* model, const quaver_format* format, const void* packet,
                             size_t size, uint16_t* tokens, uint8_t* n_q);
/* Frames of a packet, known without its tokens. */
QUAVER_API int quaver_packet_frames(const quaver_format* format, const void* packet, size_t size);

/* The state of a stream as bytes, to copy, store or move to another stream of the same model, in the same
 * version of the library: both stand in it. Save returns 0; `size` must be what the _state_size call says.
 * Restore returns QUAVER_ERROR_MODEL for a state of another model, QUAVER_ERROR_STATE for anything else that
 * is no state of such a stream, or is damaged (it has a checksum); the stream is then as it was. */
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
 * streams, one of another model or one that stands there twice, they are as they were. */
QUAVER_API int quaver_batch_encode(quaver_batch* batch, quaver_encoder* const* encoders, int count,
                                   const float* samples, const int* n_q, uint16_t* tokens);
/* The other way; n_q[i] = 0: the frame of stream i is missing, and concealed. */
QUAVER_API int quaver_batch_decode(quaver_batch* batch, quaver_decoder* const* decoders, int count,
                                   const uint16_t* tokens, const int* n_q, float* samples);
/* The same with 16-bit samples. */
QUAVER_API int quaver_batch_encode_i16(quaver_batch* batch, quaver_encoder* const* encoders, int count,
                                       const int16_t* samples, const int* n_q, uint16_t* tokens);
QUAVER_API int quaver_batch_decode_i16(quaver_batch* batch, quaver_decoder* const* decoders, int count,
                                       const uint16_t* tokens, const int* n_q, int16_t* samples);

/* The sending side of a stream: samples in, packets out, at the bit rate that is asked for. To encode a whole
 * sound at once, write all of it, flush, and read until 0 is returned.
 *
 *   quaver_options options;
 *   quaver_options_default(&options);
 *   options.bits_per_second = 1500;
 *   quaver_stream_encoder* sender = quaver_stream_encoder_create(model, &options, why, sizeof why);
 *   quaver_stream_encoder_write(sender, samples, count);
 *   while ((bytes = quaver_stream_encoder_read(sender, packet, sizeof packet)) > 0) ... send it ...
 *
 * After QUAVER_ERROR_MEMORY a stream is good for reading what is ready and for its _close call only, unless
 * _set_bitrate or _set_tokens returned it: they leave the stream as it was when they fail.
 *
 * Creating and the first few packets allocate memory. After these, with effort 0, nothing is allocated as
 * long as packets are read as they become ready. */
typedef struct quaver_options {
  double bits_per_second; /* payload; held from 10 frames a packet on; shorter packets take up to 6 % more */
  int tokens;             /* a frame, 1 .. quaver_groups(), in place of a bit rate; 0: the bit rate rules */
  int frames_per_packet;  /* 1 .. 25; a frame is 20 ms; for live sound 1, as the first packet waits for all */
  int variable_rate; /* 1: fewer tokens where the sound is quiet; the rate (or tokens) is that of speech */
  int effort;        /* 0, 1, 2: time spent on better sound at the same rate; looks 30 seconds ahead */
} quaver_options;
QUAVER_API void quaver_options_default(
    quaver_options* options); /* 3000 bits per second, 25 frames, the rest 0 */

/* NULL on failure; `error` as in quaver_model_open. NULL options are the default. */
QUAVER_API quaver_stream_encoder* quaver_stream_encoder_create(const quaver_model* model,
                                                               const quaver_options* options, char* error,
                                                               size_t error_size);
QUAVER_API void quaver_stream_encoder_close(quaver_stream_encoder* encoder);
/* What the receiver has to know besides the model. Returns 0. */
QUAVER_API int quaver_stream_encoder_format(const quaver_stream_encoder* encoder, quaver_format* format);
/* Takes all samples. Returns the packets that are ready to be read. */
QUAVER_API int quaver_stream_encoder_write(quaver_stream_encoder* encoder, const float* samples,
                                           size_t count);
QUAVER_API int quaver_stream_encoder_write_i16(quaver_stream_encoder* encoder, const int16_t* samples,
                                               size_t count);
/* The end of the sound: what is left, and what the decoder's delay needs. Returns the packets that are ready.
 */
QUAVER_API int quaver_stream_encoder_flush(quaver_stream_encoder* encoder);
/* The next packet: its bytes, or 0 if none is ready. QUAVER_ERROR_SHORT if `capacity` is below
 * QUAVER_MAX_PACKET_BYTES. */
QUAVER_API int quaver_stream_encoder_read(quaver_stream_encoder* encoder, uint8_t* packet, size_t capacity);
/* From the next packet that is read on, so that tokens that wait are cut too; not with an effort. Returns 0.
 */
QUAVER_API int quaver_stream_encoder_set_bitrate(quaver_stream_encoder* encoder, double bits_per_second);
QUAVER_API int quaver_stream_encoder_set_tokens(quaver_stream_encoder* encoder, int n_q);

/* The receiving side: packets in, samples out. skip: samples to drop at the start, -1 for the delay of the
 * model, so that the sound is aligned with the one that was encoded. `error` as in quaver_model_open. */
QUAVER_API quaver_stream_decoder* quaver_stream_decoder_create(const quaver_model* model,
                                                               const quaver_format* format, int skip,
                                                               char* error, size_t error_size);
QUAVER_API void quaver_stream_decoder_close(quaver_stream_decoder* decoder);
/* Decodes a packet, whatever number of frames it holds; for live sound, where a damaged one must not shift
 * the stream, check quaver_packet_frames() first. Returns the samples that are ready to be read; on
 * QUAVER_ERROR_PACKET the stream is as it was: write as many frames as lost as packets usually have. */
QUAVER_API int quaver_stream_decoder_write(quaver_stream_decoder* decoder, const void* packet, size_t size);
/* Frames that did not arrive, 0 .. QUAVER_MAX_LOST_FRAMES, are concealed. Returns the samples ready. */
QUAVER_API int quaver_stream_decoder_lost(quaver_stream_decoder* decoder, int frames);
/* The end of a sound of `length` samples in all at the model's rate: conceals what is missing, drops what is
 * too much and not yet read. What was read cannot be taken back: see quaver_stream_decoder_hold_back.
 * QUAVER_ERROR_ARGUMENT if more than a minute is missing. Returns the samples ready. */
QUAVER_API int quaver_stream_decoder_flush(quaver_stream_decoder* decoder, uint64_t length);
/* For a sound whose length becomes known only with its end: the samples of the last frames, 0 ..
 * QUAVER_MAX_FRAMES of them, are not ready before _flush, which can then drop those beyond the length. 1 is
 * enough for a quaver_stream_encoder, whose packets reach less than a frame beyond the sound; with
 * QUAVER_MAX_FRAMES all but the last packet may be read. 0, for live sound and where the length is known,
 * until it is called. Returns the samples ready. */
QUAVER_API int quaver_stream_decoder_hold_back(quaver_stream_decoder* decoder, int frames);
/* Moves samples, `capacity` at most, to `samples`; returns how many. */
QUAVER_API int quaver_stream_decoder_read(quaver_stream_decoder* decoder, float* samples, size_t capacity);
QUAVER_API int quaver_stream_decoder_read_i16(quaver_stream_decoder* decoder, int16_t* samples,
                                              size_t capacity);

#ifdef __cplusplus
}
#endif

#endif /* QUAVER_CODEC_QUAVER_H_ */
