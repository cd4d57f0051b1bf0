/* A voice channel written in C: proves that the header is C, and shows how little such a channel takes. */
#ifndef QUAVER_TESTS_API_VOICE_CHANNEL_H_
#define QUAVER_TESTS_API_VOICE_CHANNEL_H_

#include "codec/quaver.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sends `frames` frames of `samples` through packets of one frame; those with lost[f] != 0 do not arrive.
 * Returns the bytes that travelled, or a negative quaver_error. */
int SendThroughPackets(const quaver_model* model, int n_q, const float* samples, int frames, const char* lost,
                       float* received);

#ifdef __cplusplus
}
#endif

#endif /* QUAVER_TESTS_API_VOICE_CHANNEL_H_ */
