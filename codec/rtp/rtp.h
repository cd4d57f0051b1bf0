/* RTP payloads: what a packet of a voice call carries behind its RTP header. The documentation's rtp.md
 * specifies the bytes and how they travel. Installed as <quaver/rtp.h>; part of libquaver.
 *
 * A payload holds 1 to 10 frames of its own and, before them, 0, 1, 2 or 4 redundant ones: the frames right
 * before its own, once more, with their first 1 to 4 tokens. A receiver that has lost the packet before takes
 * these from here; any other skips them. Two bytes at the front say what there is.
 *
 *   quaver_rtp_payload header = {1, 2, 2, 6, 0};   // 1 frame of 6 tokens; the 2 before it with 2 tokens each
 *   uint16_t tokens[3 * 18];                       // 3 rows of quaver_groups(): oldest first, own frame last
 *   uint8_t n_q[3] = {6, 6, 6}, payload[QUAVER_RTP_MAX_BYTES];
 *   bytes = quaver_rtp_pack(model, &header, tokens, n_q, payload, sizeof payload);
 *   ... the payload travels ...
 *   frames = quaver_rtp_unpack(model, payload, bytes, &header, tokens, n_q);
 *   for (f = heard_already ? header.redundant_frames : 0; f < frames; ++f)
 *     quaver_decode(decoder, tokens + f * quaver_groups(model), 1, n_q[f], samples, 320);
 *
 * No call allocates, locks, makes a system call or keeps anything. Errors are those of quaver.h. */
#ifndef QUAVER_CODEC_RTP_RTP_H_
#define QUAVER_CODEC_RTP_RTP_H_

#include <stddef.h>
#include <stdint.h>

#include "codec/export.h"
#include "codec/quaver.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  QUAVER_RTP_CLOCK_RATE = 16000,  /* Hz, of RTP timestamps: a frame of 20 ms takes 320 */
  QUAVER_RTP_MAX_FRAMES = 10,     /* of its own: 200 ms */
  QUAVER_RTP_MAX_REDUNDANT = 4,   /* frames */
  QUAVER_RTP_MAX_TOKENS = 4,      /* of a redundant frame */
  QUAVER_RTP_MAX_ALL_FRAMES = 14, /* rows that quaver_rtp_unpack needs room for */
  QUAVER_RTP_MAX_BYTES = 8194,    /* what quaver_rtp_pack needs room for; payloads are far smaller */
  QUAVER_RTP_MODEL_PARAMETER = 23 /* characters of the SDP parameter "model", with the final 0 */
};

typedef struct quaver_rtp_payload {
  int frames;           /* of its own, 1 .. QUAVER_RTP_MAX_FRAMES */
  int redundant_frames; /* before them: 0, 1, 2 or 4 */
  int redundant_tokens; /* of each at most: 1 .. QUAVER_RTP_MAX_TOKENS, up to quaver_groups(); 0 without any
                         */
  int n_q;   /* tokens of an own frame, 0 .. quaver_groups(); others are possible and cost a byte */
  int pause; /* 1: the sender is silent after this payload, so what is missing next is not lost */
} quaver_rtp_payload;

/* What a payload holds, known without its tokens and without a model. Returns 0; QUAVER_ERROR_VERSION for a
 * payload of a newer version, QUAVER_ERROR_PACKET for bytes that are no payload. Then `header` is as it was.
 */
QUAVER_API int quaver_rtp_header(const void* payload, size_t size, quaver_rtp_payload* header);

/* tokens [redundant_frames + frames, quaver_groups()], n_q [redundant_frames + frames], oldest frame first ->
 * a payload. Row f holds n_q[f] tokens, 0 .. quaver_groups(); of redundant frames the first redundant_tokens
 * are sent. What both do not take is not read. Frames that have other numbers of tokens than the header says
 * take about a byte more; n_q = 0 is a frame that is not there. `capacity` must be at least
 * QUAVER_RTP_MAX_BYTES. Returns the bytes written. */
QUAVER_API int quaver_rtp_pack(const quaver_model* model, const quaver_rtp_payload* header,
                               const uint16_t* tokens, const uint8_t* n_q, uint8_t* payload, size_t capacity);

/* The other way: tokens [QUAVER_RTP_MAX_ALL_FRAMES, quaver_groups()], of which row f holds n_q[f] tokens and
 * QUAVER_NO_TOKEN behind them, and n_q [QUAVER_RTP_MAX_ALL_FRAMES]; redundant frames come first. Returns the
 * frames of both kinds; errors as quaver_rtp_header has them, also for the payload of a model with more
 * tokens a frame. Then `header`, `tokens` and `n_q` are as they were. */
QUAVER_API int quaver_rtp_unpack(const quaver_model* model, const void* payload, size_t size,
                                 quaver_rtp_payload* header, uint16_t* tokens, uint8_t* n_q);

/* The value of the SDP parameter "model": the first 16 bytes of the identity in base64url without padding
 * (RFC 4648, section 5), 22 characters, and a final 0. Returns 0. */
QUAVER_API int quaver_rtp_model_parameter(const quaver_model* model, char out[QUAVER_RTP_MODEL_PARAMETER]);

#ifdef __cplusplus
}
#endif

#endif /* QUAVER_CODEC_RTP_RTP_H_ */
