/* Makes every call of <quaver/quaver.h> and <quaver/rtp.h> in a program of somebody else. Standard input: raw
 * 16-bit speech at 16 kHz, at least 1.5 s. */
#include "every_call.h"

#include <quaver/quaver.h>
#include <quaver/rtp.h>
#include <string.h>

enum { kFrame = 320, kFrames = 75, kTokens = 6, kSamples = kFrame * kFrames };

static const quaver_format kFormat = {5, kTokens};
static int16_t speech[kSamples];
static float floats[kSamples];
static uint16_t tokens[kFrames * kTokens]; /* of the speech */
static float decoded[kSamples];            /* and what they decode to */
static char text[1 << 16];

static void ReadSpeech(void) {
  CHECK(fread(speech, sizeof *speech, kSamples, stdin) == kSamples);
  for (int i = 0; i < kSamples; ++i) floats[i] = (float)speech[i] / 32768.0f;
}

static void Library(void) {
  CHECK(quaver_abi() == QUAVER_ABI);
  CHECK(strlen(quaver_version()) > 0);
  CHECK(strcmp(quaver_error_text(QUAVER_ERROR_SHORT), quaver_error_text(QUAVER_ERROR_PACKET)) != 0);
}

static quaver_model* Models(void) {
  uint8_t identity[32], other[32];
  quaver_model* model = quaver_model_open(NULL, text, sizeof text);
  CHECK(model != NULL);
  CHECK(quaver_model_identity(model, identity) == 0);
  quaver_model* named = quaver_model_find("default", text, sizeof text);
  CHECK(named != NULL && quaver_model_identity(named, other) == 0 && memcmp(identity, other, 32) == 0);
  quaver_model_close(named);
  named = quaver_model_find_identity(identity, text, sizeof text);
  CHECK(named != NULL);
  quaver_model_close(named);
  CHECK(quaver_model_from_memory("no weights", 10, text, sizeof text) == NULL && *text != 0);
  CHECK(quaver_sample_rate(model) == 16000 && quaver_frame_samples(model) == kFrame);
  CHECK(quaver_groups(model) >= kTokens && quaver_groups(model) <= QUAVER_MAX_GROUPS);
  CHECK(quaver_codes(model) > 1 && quaver_delay(model) > 0 && quaver_run_in(model) > 0);
  CHECK(quaver_model_metadata(model, text, sizeof text) == (int)strlen(text) && *text == '{');
  const int rate = quaver_expected_bitrate(model, kTokens, 5);
  CHECK(rate > 0 && quaver_tokens_for_bitrate(model, rate + 1, 5) == kTokens);
  return model;
}

static void Encoders(const quaver_model* model) {
  static uint16_t again[kFrames * kTokens];
  quaver_encoder* encoder = quaver_encoder_create(model);
  quaver_encoder* live = quaver_encoder_create_live(model);
  CHECK(encoder != NULL && live != NULL);
  CHECK(quaver_encoder_frames_after(encoder, kSamples) == kFrames);
  CHECK(quaver_encode(encoder, floats, kSamples, kTokens, tokens, kFrames * kTokens) == kFrames);
  CHECK(quaver_encode_i16(live, speech, kSamples, kTokens, again, kFrames * kTokens) == kFrames);
  CHECK(memcmp(tokens, again, sizeof tokens) == 0);
  const size_t size = quaver_encoder_state_size(encoder);
  void* state = malloc(size);
  CHECK(state != NULL && quaver_encoder_reset(encoder) == 0);
  CHECK(quaver_encoder_save(encoder, state, size) == 0 && quaver_encoder_restore(live, state, size) == 0);
  CHECK(quaver_encode_i16(live, speech, kSamples, kTokens, again, kFrames * kTokens) == kFrames);
  CHECK(memcmp(tokens, again, sizeof tokens) == 0);
  free(state);
  quaver_encoder_close(live);
  quaver_encoder_close(encoder);
}

static int Same(const float* a, const int16_t* b, int count) {
  for (int i = 0; i < count; ++i) {
    const float error = a[i] * 32768.0f - (float)b[i];
    if ((error > 0.5f || error < -0.5f) && b[i] > -32768 && b[i] < 32767) return 0;
  }
  return 1;
}

static void Decoders(const quaver_model* model) {
  static int16_t pcm[kSamples];
  static float again[kSamples];
  quaver_decoder* decoder = quaver_decoder_create(model);
  quaver_decoder* live = quaver_decoder_create_live(model);
  CHECK(decoder != NULL && live != NULL);
  CHECK(quaver_decode(decoder, tokens, kFrames, kTokens, decoded, kSamples) == kSamples);
  CHECK(quaver_decode_i16(live, tokens, kFrames, kTokens, pcm, kSamples) == kSamples);
  CHECK(Same(decoded, pcm, kSamples));
  CHECK(quaver_conceal(decoder, again, kFrame) == kFrame && quaver_conceal_i16(live, pcm, kFrame) == kFrame);
  CHECK(Same(again, pcm, kFrame));
  const size_t size = quaver_decoder_state_size(decoder);
  void* state = malloc(size);
  CHECK(state != NULL && quaver_decoder_reset(decoder) == 0);
  CHECK(quaver_decoder_save(decoder, state, size) == 0 && quaver_decoder_restore(live, state, size) == 0);
  CHECK(quaver_decode(live, tokens, kFrames, kTokens, again, kSamples) == kSamples);
  CHECK(memcmp(decoded, again, sizeof decoded) == 0);
  free(state);
  quaver_decoder_close(live);
  quaver_decoder_close(decoder);
}

static void Packets(const quaver_model* model) {
  static uint8_t packet[QUAVER_MAX_PACKET_BYTES], second[QUAVER_MAX_PACKET_BYTES];
  static uint16_t rows[QUAVER_MAX_FRAMES * QUAVER_MAX_GROUPS];
  static float sound[5 * kFrame];
  static int16_t pcm[5 * kFrame];
  uint8_t n_q[QUAVER_MAX_FRAMES];
  const int bytes = quaver_pack(model, &kFormat, tokens, 5, kTokens, packet, sizeof packet);
  CHECK(bytes > 0 && quaver_packet_frames(&kFormat, packet, (size_t)bytes) == 5);
  CHECK(quaver_unpack(model, &kFormat, packet, (size_t)bytes, rows, n_q) == 5);
  CHECK(n_q[4] == kTokens && rows[0] == tokens[0] && rows[kTokens] == QUAVER_NO_TOKEN);
  CHECK(quaver_pack_frames(model, &kFormat, rows, n_q, 5, second, sizeof second) == bytes);
  CHECK(memcmp(packet, second, (size_t)bytes) == 0);
  quaver_decoder* decoder = quaver_decoder_create(model);
  quaver_decoder* integers = quaver_decoder_create(model);
  const int heard = quaver_decode_packet(decoder, &kFormat, packet, (size_t)bytes, sound, 5 * kFrame);
  CHECK(heard == 5 * kFrame && memcmp(sound, decoded, sizeof sound) == 0);
  CHECK(quaver_decode_packet_i16(integers, &kFormat, packet, (size_t)bytes, pcm, 5 * kFrame) == heard);
  CHECK(Same(sound, pcm, heard));
  CHECK(quaver_decode_packet(decoder, &kFormat, packet, 0, sound, 5 * kFrame) == QUAVER_ERROR_PACKET);
  quaver_decoder_close(integers);
  quaver_decoder_close(decoder);
}

static void Payloads(const quaver_model* model) {
  static uint8_t payload[QUAVER_RTP_MAX_BYTES];
  static uint16_t rows[QUAVER_RTP_MAX_ALL_FRAMES * QUAVER_MAX_GROUPS];
  static uint16_t received[QUAVER_RTP_MAX_ALL_FRAMES * QUAVER_MAX_GROUPS];
  const quaver_rtp_payload sent = {2, 1, 2, kTokens, 0};
  const int groups = quaver_groups(model);
  char parameter[QUAVER_RTP_MODEL_PARAMETER];
  uint8_t n_q[QUAVER_RTP_MAX_ALL_FRAMES] = {kTokens, kTokens, kTokens};
  quaver_rtp_payload header;
  for (int f = 0; f < 3; ++f) memcpy(rows + f * groups, tokens + f * kTokens, kTokens * sizeof *tokens);
  const int bytes = quaver_rtp_pack(model, &sent, rows, n_q, payload, sizeof payload);
  CHECK(bytes > 0 && quaver_rtp_header(payload, (size_t)bytes, &header) == 0);
  CHECK(memcmp(&header, &sent, sizeof sent) == 0);
  CHECK(quaver_rtp_unpack(model, payload, (size_t)bytes, &header, received, n_q) == 3);
  CHECK(n_q[0] == 2 && n_q[1] == kTokens && n_q[2] == kTokens);
  CHECK(received[1] == rows[1] && received[2] == QUAVER_NO_TOKEN);
  CHECK(memcmp(received + groups, rows + groups, kTokens * sizeof *rows) == 0);
  payload[0] |= 1 << 6;
  CHECK(quaver_rtp_header(payload, (size_t)bytes, &header) == QUAVER_ERROR_VERSION);
  CHECK(quaver_rtp_model_parameter(model, parameter) == 0 && strlen(parameter) == 22);
}

static void Batches(const quaver_model* model) {
  static uint16_t rows[2][2 * QUAVER_MAX_GROUPS];
  static float sound[2 * kFrame];
  static int16_t pcm[2 * kFrame];
  const int n_q[2] = {kTokens, kTokens};
  quaver_encoder *encoders[2], *others[2];
  quaver_decoder *decoders[2], *listeners[2];
  for (int s = 0; s < 2; ++s) {
    encoders[s] = quaver_encoder_create_live(model), others[s] = quaver_encoder_create_live(model);
    decoders[s] = quaver_decoder_create_live(model), listeners[s] = quaver_decoder_create_live(model);
  }
  quaver_batch* batch = quaver_batch_create(model, 2);
  CHECK(batch != NULL);
  CHECK(quaver_batch_encode(batch, encoders, 2, floats, n_q, rows[0]) == 2);
  CHECK(quaver_batch_encode_i16(batch, others, 2, speech, n_q, rows[1]) == 2);
  CHECK(memcmp(rows[0], tokens, kTokens * sizeof *tokens) == 0 &&
        memcmp(rows[0], rows[1], sizeof rows[0]) == 0);
  CHECK(quaver_batch_decode(batch, decoders, 2, rows[0], n_q, sound) == 2);
  CHECK(quaver_batch_decode_i16(batch, listeners, 2, rows[0], n_q, pcm) == 2);
  CHECK(memcmp(sound, decoded, kFrame * sizeof *sound) == 0 && Same(sound, pcm, 2 * kFrame));
  quaver_batch_close(batch);
  for (int s = 0; s < 2; ++s) {
    quaver_encoder_close(encoders[s]), quaver_encoder_close(others[s]);
    quaver_decoder_close(decoders[s]), quaver_decoder_close(listeners[s]);
  }
}

static void Streams(const quaver_model* model) {
  static uint8_t packet[QUAVER_MAX_PACKET_BYTES];
  static float sound[kSamples];
  static int16_t pcm[kSamples];
  quaver_options options;
  quaver_format format;
  quaver_options_default(&options);
  options.tokens = kTokens;
  options.frames_per_packet = 5;
  quaver_stream_encoder* sender = quaver_stream_encoder_create(model, &options, text, sizeof text);
  CHECK(sender != NULL && quaver_stream_encoder_format(sender, &format) == 0 && format.frames == 5);
  CHECK(quaver_stream_encoder_write(sender, floats, kSamples / 3) >= 0);
  CHECK(quaver_stream_encoder_set_bitrate(sender, 1500) == 0);
  CHECK(quaver_stream_encoder_set_tokens(sender, kTokens) == 0);
  CHECK(quaver_stream_encoder_write_i16(sender, speech + kSamples / 3, kSamples - kSamples / 3) >= 0);
  CHECK(quaver_stream_encoder_flush(sender) == kFrames / 5 + 1); /* and one for the delay */
  quaver_stream_decoder* receiver = quaver_stream_decoder_create(model, &format, 0, text, sizeof text);
  quaver_stream_decoder* integers = quaver_stream_decoder_create(model, &format, 0, text, sizeof text);
  CHECK(receiver != NULL && integers != NULL);
  for (int bytes; (bytes = quaver_stream_encoder_read(sender, packet, sizeof packet)) > 0;) {
    CHECK(quaver_stream_decoder_write(receiver, packet, (size_t)bytes) > 0);
    CHECK(quaver_stream_decoder_write(integers, packet, (size_t)bytes) > 0);
  }
  CHECK(quaver_stream_decoder_lost(receiver, 1) > kSamples);
  CHECK(quaver_stream_decoder_hold_back(receiver, 1) ==
        quaver_stream_decoder_hold_back(receiver, 0) - kFrame);
  CHECK(quaver_stream_decoder_hold_back(receiver, 1) > 0);
  CHECK(quaver_stream_decoder_flush(receiver, kSamples) == kSamples);
  CHECK(quaver_stream_decoder_read(receiver, sound, kSamples) == kSamples);
  CHECK(memcmp(sound, decoded, sizeof sound) == 0);
  CHECK(quaver_stream_decoder_read_i16(integers, pcm, kSamples) == kSamples && Same(sound, pcm, kSamples));
  quaver_stream_decoder_close(integers);
  quaver_stream_decoder_close(receiver);
  quaver_stream_encoder_close(sender);
}

int main(void) {
  ReadSpeech();
  Library();
  quaver_model* model = Models();
  Encoders(model);
  Decoders(model);
  Packets(model);
  Payloads(model);
  Batches(model);
  Streams(model);
  quaver_model_close(model);
  return 0;
}
