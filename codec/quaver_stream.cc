// The streams of the C API: StreamEncoder and StreamDecoder behind handles.
#include <algorithm>
#include <climits>
#include <cstring>
#include <exception>
#include <string>
#include <utility>

#include "codec/codec.h"
#include "codec/explain.h"
#include "codec/quaver.h"
#include "codec/quaver_handles.h"
#include "codec/stream_decoder.h"
#include "codec/stream_encoder.h"

static_assert(QUAVER_MAX_LOST_FRAMES == quaver::kMaxLostFrames);

struct quaver_stream_encoder {
  quaver::StreamEncoder encoder;
  bool ended = false;
};
struct quaver_stream_decoder {
  quaver::StreamDecoder decoder;
  bool ended = false;
};

namespace {

int Count(size_t count) { return static_cast<int>(std::min<size_t>(count, INT_MAX)); }

// Runs what may run out of memory. Part of the sound may then be missing: the stream has ended.
template <typename Handle, typename Call>
int Guarded(Handle* stream, Call call) {
  try {
    return call();
  } catch (const std::exception&) {
    stream->ended = true;
    return QUAVER_ERROR_MEMORY;
  }
}

// A change of the rate, which leaves the stream as it was when it fails.
template <typename Change>
int ChangeRate(quaver_stream_encoder* encoder, Change change) {
  if (encoder == nullptr) return QUAVER_ERROR_ARGUMENT;
  if (encoder->ended) return QUAVER_ERROR_ENDED;
  try {
    return change(encoder->encoder).ok() ? 0 : QUAVER_ERROR_ARGUMENT;
  } catch (const std::exception&) {
    return QUAVER_ERROR_MEMORY;
  }
}

template <typename Handle, typename Create>
Handle* Created(Create create, char* error, size_t error_size) {
  try {
    auto stream = create();
    if (stream.ok()) return new Handle{std::move(stream).value()};
    quaver::internal::Explain(stream.message(), error, error_size);
  } catch (const std::exception& failure) {
    quaver::internal::Explain(failure.what(), error, error_size);
  }
  return nullptr;
}

template <typename Sample, typename Write>
int WriteSamples(quaver_stream_encoder* encoder, const Sample* samples, size_t count, Write write) {
  if (encoder == nullptr || (samples == nullptr && count > 0)) return QUAVER_ERROR_ARGUMENT;
  if (encoder->ended) return QUAVER_ERROR_ENDED;
  return Guarded(encoder, [&] {
    write(std::span(samples, count));
    return Count(encoder->encoder.ready());
  });
}

}  // namespace

void quaver_options_default(quaver_options* options) {
  if (options == nullptr) return;
  const quaver::EncoderOptions usual;
  *options = {usual.bits_per_second, usual.tokens, usual.frames_per_packet, 0, usual.effort};
}

quaver_stream_encoder* quaver_stream_encoder_create(const quaver_model* model, const quaver_options* options,
                                                    char* error, size_t error_size) {
  quaver_options asked;
  quaver_options_default(&asked);
  if (options != nullptr) asked = *options;
  return Created<quaver_stream_encoder>(
      [&] {
        return quaver::StreamEncoder::Create(model == nullptr ? nullptr : model->shared,
                                             {asked.bits_per_second, asked.tokens, asked.frames_per_packet,
                                              asked.variable_rate != 0, asked.effort});
      },
      error, error_size);
}

void quaver_stream_encoder_close(quaver_stream_encoder* encoder) { delete encoder; }

int quaver_stream_encoder_format(const quaver_stream_encoder* encoder, quaver_format* format) {
  if (encoder == nullptr || format == nullptr) return QUAVER_ERROR_ARGUMENT;
  *format = {encoder->encoder.format().frames, encoder->encoder.format().n_q};
  return 0;
}

int quaver_stream_encoder_write(quaver_stream_encoder* encoder, const float* samples, size_t count) {
  return WriteSamples(encoder, samples, count, [&](auto span) { encoder->encoder.Write(span); });
}

int quaver_stream_encoder_write_i16(quaver_stream_encoder* encoder, const int16_t* samples, size_t count) {
  return WriteSamples(encoder, samples, count, [&](auto span) { encoder->encoder.WritePcm16(span); });
}

int quaver_stream_encoder_flush(quaver_stream_encoder* encoder) {
  if (encoder == nullptr) return QUAVER_ERROR_ARGUMENT;
  if (encoder->ended) return QUAVER_ERROR_ENDED;
  return Guarded(encoder, [&] {
    encoder->encoder.Flush();
    encoder->ended = true;
    return Count(encoder->encoder.ready());
  });
}

int quaver_stream_encoder_read(quaver_stream_encoder* encoder, uint8_t* packet, size_t capacity) {
  if (encoder == nullptr || packet == nullptr) return QUAVER_ERROR_ARGUMENT;
  if (capacity < QUAVER_MAX_PACKET_BYTES) return QUAVER_ERROR_SHORT;
  return Count(encoder->encoder.Read({packet, capacity}));
}

int quaver_stream_encoder_set_bitrate(quaver_stream_encoder* encoder, double bits_per_second) {
  return ChangeRate(encoder, [&](auto& stream) { return stream.SetBitrate(bits_per_second); });
}

int quaver_stream_encoder_set_tokens(quaver_stream_encoder* encoder, int n_q) {
  return ChangeRate(encoder, [&](auto& stream) { return stream.SetTokens(n_q); });
}

quaver_stream_decoder* quaver_stream_decoder_create(const quaver_model* model, const quaver_format* format,
                                                    int skip, char* error, size_t error_size) {
  return Created<quaver_stream_decoder>(
      [&]() -> quaver::Result<quaver::StreamDecoder> {
        if (format == nullptr) return quaver::Error{"no format"};
        return quaver::StreamDecoder::Create(model == nullptr ? nullptr : model->shared,
                                             {{format->frames, format->n_q}, skip});
      },
      error, error_size);
}

void quaver_stream_decoder_close(quaver_stream_decoder* decoder) { delete decoder; }

int quaver_stream_decoder_write(quaver_stream_decoder* decoder, const void* packet, size_t size) {
  if (decoder == nullptr || packet == nullptr) return QUAVER_ERROR_ARGUMENT;
  if (decoder->ended) return QUAVER_ERROR_ENDED;
  return Guarded(decoder, [&] {
    const bool ok = decoder->decoder.Write({static_cast<const uint8_t*>(packet), size});
    return ok ? Count(decoder->decoder.ready()) : QUAVER_ERROR_PACKET;
  });
}

int quaver_stream_decoder_lost(quaver_stream_decoder* decoder, int frames) {
  if (decoder == nullptr) return QUAVER_ERROR_ARGUMENT;
  if (decoder->ended) return QUAVER_ERROR_ENDED;
  return Guarded(decoder, [&] {
    return decoder->decoder.WriteLost(frames) ? Count(decoder->decoder.ready()) : QUAVER_ERROR_ARGUMENT;
  });
}

int quaver_stream_decoder_flush(quaver_stream_decoder* decoder, uint64_t length) {
  if (decoder == nullptr) return QUAVER_ERROR_ARGUMENT;
  if (decoder->ended) return QUAVER_ERROR_ENDED;
  return Guarded(decoder, [&]() -> int {
    if (!decoder->decoder.Flush(length)) return QUAVER_ERROR_ARGUMENT;
    decoder->ended = true;
    return Count(decoder->decoder.ready());
  });
}

int quaver_stream_decoder_hold_back(quaver_stream_decoder* decoder, int frames) {
  if (decoder == nullptr || !decoder->decoder.set_hold_back(frames)) return QUAVER_ERROR_ARGUMENT;
  return Count(decoder->decoder.ready());
}

int quaver_stream_decoder_read(quaver_stream_decoder* decoder, float* samples, size_t capacity) {
  if (decoder == nullptr || (samples == nullptr && capacity > 0)) return QUAVER_ERROR_ARGUMENT;
  return Count(decoder->decoder.Read({samples, std::min<size_t>(capacity, INT_MAX)}));
}

int quaver_stream_decoder_read_i16(quaver_stream_decoder* decoder, int16_t* samples, size_t capacity) {
  if (decoder == nullptr || (samples == nullptr && capacity > 0)) return QUAVER_ERROR_ARGUMENT;
  return Count(decoder->decoder.ReadPcm16({samples, std::min<size_t>(capacity, INT_MAX)}));
}
