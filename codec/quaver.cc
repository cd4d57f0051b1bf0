#include "codec/quaver.h"

#include <algorithm>
#include <array>
#include <climits>
#include <cmath>
#include <cstring>
#include <exception>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "codec/bitstream/packet.h"
#include "codec/codec.h"
#include "codec/explain.h"
#include "codec/quaver_handles.h"
#include "codec/state_head.h"
#include "codec/stream_decoder.h"
#include "codec/stream_encoder.h"

namespace {

using quaver::Model;
using quaver::PacketDefaults;
using quaver::PacketTokens;

static_assert(QUAVER_MAX_FRAMES == quaver::kMaxFramesPerPacket);
static_assert(QUAVER_MAX_GROUPS == quaver::kMaxGroups);
static_assert(QUAVER_MAX_PACKET_BYTES == quaver::kMaxPacketBytes);

using quaver::internal::Explain;
using quaver::internal::StateOf;

// Runs `load`, which returns a Result of a model and may run out of memory.
template <typename Load>
quaver_model* Opened(Load load, char* error, size_t error_size) {
  try {
    auto model = load();
    if (model.ok()) return new quaver_model{std::move(model).value()};
    Explain(model.message(), error, error_size);
  } catch (const std::exception& failure) {
    Explain(failure.what(), error, error_size);
  }
  return nullptr;
}

template <typename Stream>
Stream* Created(const quaver_model* model, int block_frames) {
  if (model == nullptr) return nullptr;
  try {
    using Engine =
        std::conditional_t<std::is_same_v<Stream, quaver_encoder>, quaver::Encoder, quaver::Decoder>;
    return new Stream{model->shared, Engine(model->shared, block_frames)};
  } catch (const std::exception&) {
    return nullptr;
  }
}

std::span<const uint8_t> Bytes(const void* data, size_t size) {
  return {static_cast<const uint8_t*>(data), data == nullptr ? 0 : size};
}

bool Valid(const quaver_format* format, int groups) {
  return format != nullptr && format->frames >= 1 && format->frames <= QUAVER_MAX_FRAMES &&
         format->n_q >= 0 && format->n_q <= groups;
}

PacketDefaults Defaults(const quaver_format& format) { return {format.frames, format.n_q}; }

// Samples of so many frames, or -1 if they do not fit into `capacity` (or an int).
int SamplesOf(const Model& model, int frames, size_t capacity) {
  const size_t samples = static_cast<size_t>(frames) * static_cast<size_t>(model.frame());
  return samples <= capacity && samples <= INT_MAX ? static_cast<int>(samples) : -1;
}

// One name for both kinds of samples.
int Encode(quaver::Encoder& stream, std::span<const float> samples, int n_q, std::span<uint16_t> tokens) {
  return stream.Encode(samples, n_q, tokens);
}
int Encode(quaver::Encoder& stream, std::span<const int16_t> samples, int n_q, std::span<uint16_t> tokens) {
  return stream.EncodePcm16(samples, n_q, tokens);
}
bool Decode(quaver::Decoder& stream, std::span<const uint16_t> tokens, int n_q, std::span<float> samples) {
  return stream.Decode(tokens, n_q, samples);
}
bool Decode(quaver::Decoder& stream, std::span<const uint16_t> tokens, int n_q, std::span<int16_t> samples) {
  return stream.DecodePcm16(tokens, n_q, samples);
}

// Frames of equal n_q are decoded in one call, which is faster than one by one.
template <typename Sample>
void DecodeRuns(quaver_decoder& stream, const PacketTokens& packet, Sample* samples) {
  const auto frame = static_cast<size_t>(stream.model->frame());
  std::array<uint16_t, QUAVER_MAX_FRAMES * QUAVER_MAX_GROUPS> tokens;
  for (int first = 0; first < packet.frames;) {
    const int n_q = packet.n_q[static_cast<size_t>(first)];
    uint16_t* end = tokens.data();
    int next = first;
    for (; next < packet.frames && packet.n_q[static_cast<size_t>(next)] == n_q; ++next) {
      end = std::copy_n(packet.token[static_cast<size_t>(next)].data(), n_q, end);
    }
    const size_t count = static_cast<size_t>(next - first) * frame;
    Decode(stream.decoder, {tokens.data(), end}, n_q, {samples, count});
    samples += count;
    first = next;
  }
}

template <typename Sample>
int EncodeSamples(quaver_encoder* encoder, const Sample* samples, size_t count, int n_q, uint16_t* tokens,
                  size_t capacity) {
  if (encoder == nullptr || (samples == nullptr && count > 0) || (tokens == nullptr && capacity > 0))
    return QUAVER_ERROR_ARGUMENT;
  const std::span<uint16_t> room(tokens, tokens == nullptr ? 0 : capacity);
  const int frames = Encode(encoder->encoder, {samples, count}, n_q, room);
  if (frames >= 0) return frames;
  return n_q < 0 || n_q > encoder->model->groups() || tokens == nullptr ? QUAVER_ERROR_ARGUMENT
                                                                        : QUAVER_ERROR_SHORT;
}

template <typename Sample>
int DecodeTokens(quaver_decoder* decoder, const uint16_t* tokens, int frames, int n_q, Sample* samples,
                 size_t capacity) {
  if (decoder == nullptr || samples == nullptr || frames < 0 || n_q < 0 || n_q > decoder->model->groups())
    return QUAVER_ERROR_ARGUMENT;
  const size_t count = static_cast<size_t>(frames) * static_cast<size_t>(n_q);
  if (tokens == nullptr && count > 0) return QUAVER_ERROR_ARGUMENT;
  const int written = SamplesOf(*decoder->model, frames, capacity);
  if (written < 0) return QUAVER_ERROR_SHORT;
  const bool ok = Decode(decoder->decoder, {tokens, count}, n_q, {samples, static_cast<size_t>(written)});
  return ok ? written : QUAVER_ERROR_ARGUMENT;
}

template <typename Sample>
int UnpackAndDecode(quaver_decoder* decoder, const quaver_format* format, const void* packet, size_t size,
                    Sample* samples, size_t capacity) {
  if (decoder == nullptr || packet == nullptr || samples == nullptr ||
      !Valid(format, decoder->model->groups()))
    return QUAVER_ERROR_ARGUMENT;
  PacketTokens tokens;
  if (!quaver::DecodePacket(decoder->model->entropy(), Defaults(*format), Bytes(packet, size), tokens))
    return QUAVER_ERROR_PACKET;
  const int written = SamplesOf(*decoder->model, tokens.frames, capacity);
  if (written < 0) {  // the caller asked for fewer frames than were agreed, or the packet has more
    return SamplesOf(*decoder->model, format->frames, capacity) < 0 ? QUAVER_ERROR_SHORT
                                                                    : QUAVER_ERROR_PACKET;
  }
  DecodeRuns(*decoder, tokens, samples);
  return written;
}

template <typename Stream>
int Restore(Stream& stream, StateOf kind, std::span<const std::byte> state) {
  if (stream.Restore(state)) return 0;
  const auto fault = quaver::internal::CheckStateHead(kind, stream.model().identity(), state);
  return fault == quaver::internal::StateFault::kModel ? QUAVER_ERROR_MODEL : QUAVER_ERROR_STATE;
}

std::string JsonString(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// String by string: the destructor of a whole object would allocate memory, and end the program without any.
std::string MetadataJson(const Model& model) {
  auto facts = model.metadata();
  facts["identity"] = quaver::ToHex(model.identity());
  std::string text = "{";
  for (const auto& [key, value] : facts)
    text += (text.size() > 1 ? "," : "") + JsonString(key) + ":" + JsonString(value);
  return text + "}";
}

int Pack(const quaver_model& model, const quaver_format& format, const PacketTokens& rows, uint8_t* packet,
         size_t capacity) {
  if (capacity < QUAVER_MAX_PACKET_BYTES) return QUAVER_ERROR_SHORT;
  const size_t bytes =
      quaver::EncodePacket(model.shared->entropy(), Defaults(format), rows, {packet, capacity});
  return bytes == 0 ? QUAVER_ERROR_ARGUMENT : static_cast<int>(bytes);
}

}  // namespace

int quaver_abi(void) { return QUAVER_ABI; }

const char* quaver_version(void) { return QUAVER_VERSION; }

const char* quaver_error_text(int code) {
  if (code >= 0) return "no error";
  switch (code) {
    case QUAVER_ERROR_ARGUMENT:
      return "an argument is out of range or NULL";
    case QUAVER_ERROR_PACKET:
      return "the bytes are no packet of this model";
    case QUAVER_ERROR_STATE:
      return "the bytes are no state of this stream";
    case QUAVER_ERROR_SHORT:
      return "a buffer is too short";
    case QUAVER_ERROR_ENDED:
      return "the stream has ended";
    case QUAVER_ERROR_MEMORY:
      return "memory is short";
    case QUAVER_ERROR_IO:
      return "reading or writing failed";
    case QUAVER_ERROR_MODEL:
      return "the state is of another model";
    case QUAVER_ERROR_VERSION:
      return "a payload of a newer version";
    default:
      return "unknown error";
  }
}

quaver_model* quaver_model_open(const char* path, char* error, size_t error_size) {
  return Opened([&] { return path == nullptr ? Model::BuiltIn() : Model::Load(path); }, error, error_size);
}

quaver_model* quaver_model_from_memory(const void* bytes, size_t size, char* error, size_t error_size) {
  return Opened([&] { return Model::FromBytes(Bytes(bytes, size), "memory"); }, error, error_size);
}

quaver_model* quaver_model_find(const char* name_or_file, char* error, size_t error_size) {
  return Opened([&] { return Model::Find(std::string(name_or_file == nullptr ? "" : name_or_file)); }, error,
                error_size);
}

quaver_model* quaver_model_find_identity(const uint8_t identity[32], char* error, size_t error_size) {
  return Opened(
      [&]() -> quaver::Result<std::shared_ptr<const Model>> {
        if (identity == nullptr) return quaver::Error{"the identity is NULL"};
        quaver::Identity wanted;
        std::copy_n(identity, wanted.size(), wanted.begin());
        return Model::Find(wanted);
      },
      error, error_size);
}

void quaver_model_close(quaver_model* model) { delete model; }

int quaver_sample_rate(const quaver_model* model) {
  return model == nullptr ? QUAVER_ERROR_ARGUMENT : model->shared->sample_rate();
}

int quaver_frame_samples(const quaver_model* model) {
  return model == nullptr ? QUAVER_ERROR_ARGUMENT : model->shared->frame();
}

int quaver_groups(const quaver_model* model) {
  return model == nullptr ? QUAVER_ERROR_ARGUMENT : model->shared->groups();
}

int quaver_codes(const quaver_model* model) {
  return model == nullptr ? QUAVER_ERROR_ARGUMENT : model->shared->codes();
}

int quaver_delay(const quaver_model* model) {
  return model == nullptr ? QUAVER_ERROR_ARGUMENT : model->shared->delay();
}

int quaver_run_in(const quaver_model* model) {
  return model == nullptr ? QUAVER_ERROR_ARGUMENT : quaver::RunInFrames(*model->shared);
}

int quaver_model_identity(const quaver_model* model, uint8_t identity[32]) {
  if (model == nullptr || identity == nullptr) return QUAVER_ERROR_ARGUMENT;
  std::ranges::copy(model->shared->identity(), identity);
  return 0;
}

int quaver_model_metadata(const quaver_model* model, char* json, size_t capacity) {
  if (model == nullptr || (json == nullptr && capacity > 0)) return QUAVER_ERROR_ARGUMENT;
  try {
    const std::string text = MetadataJson(*model->shared);
    if (text.size() >= INT_MAX) return QUAVER_ERROR_SHORT;
    if (json == nullptr) return static_cast<int>(text.size());
    if (text.size() >= capacity) return QUAVER_ERROR_SHORT;
    std::memcpy(json, text.c_str(), text.size() + 1);
    return static_cast<int>(text.size());
  } catch (const std::exception&) {
    return QUAVER_ERROR_MEMORY;
  }
}

int quaver_tokens_for_bitrate(const quaver_model* model, double bits_per_second, int frames_per_packet) {
  if (model == nullptr) return QUAVER_ERROR_ARGUMENT;
  try {
    const auto n_q = quaver::TokensForBitrate(*model->shared, bits_per_second, frames_per_packet);
    return n_q.ok() ? n_q.value() : QUAVER_ERROR_ARGUMENT;
  } catch (const std::exception&) {
    return QUAVER_ERROR_MEMORY;
  }
}

int quaver_expected_bitrate(const quaver_model* model, int n_q, int frames_per_packet) {
  if (model == nullptr) return QUAVER_ERROR_ARGUMENT;
  try {
    const auto rate = quaver::ExpectedBitrate(*model->shared, n_q, frames_per_packet);
    return rate.ok() ? static_cast<int>(std::lround(rate.value())) : QUAVER_ERROR_ARGUMENT;
  } catch (const std::exception&) {
    return QUAVER_ERROR_MEMORY;
  }
}

quaver_encoder* quaver_encoder_create(const quaver_model* model) {
  return Created<quaver_encoder>(model, quaver::kMaxBlockFrames);
}

quaver_encoder* quaver_encoder_create_live(const quaver_model* model) {
  return Created<quaver_encoder>(model, 1);
}

void quaver_encoder_close(quaver_encoder* encoder) { delete encoder; }

int quaver_encode(quaver_encoder* encoder, const float* samples, size_t count, int n_q, uint16_t* tokens,
                  size_t capacity) {
  return EncodeSamples(encoder, samples, count, n_q, tokens, capacity);
}

int quaver_encode_i16(quaver_encoder* encoder, const int16_t* samples, size_t count, int n_q,
                      uint16_t* tokens, size_t capacity) {
  return EncodeSamples(encoder, samples, count, n_q, tokens, capacity);
}

int quaver_encoder_frames_after(const quaver_encoder* encoder, size_t samples) {
  return encoder == nullptr ? QUAVER_ERROR_ARGUMENT : encoder->encoder.FramesAfter(samples);
}

int quaver_encoder_reset(quaver_encoder* encoder) {
  if (encoder == nullptr) return QUAVER_ERROR_ARGUMENT;
  encoder->encoder.Reset();
  return 0;
}

quaver_decoder* quaver_decoder_create(const quaver_model* model) {
  return Created<quaver_decoder>(model, quaver::kMaxBlockFrames);
}

quaver_decoder* quaver_decoder_create_live(const quaver_model* model) {
  return Created<quaver_decoder>(model, 1);
}

void quaver_decoder_close(quaver_decoder* decoder) { delete decoder; }

int quaver_decode(quaver_decoder* decoder, const uint16_t* tokens, int frames, int n_q, float* samples,
                  size_t capacity) {
  return DecodeTokens(decoder, tokens, frames, n_q, samples, capacity);
}

int quaver_decode_i16(quaver_decoder* decoder, const uint16_t* tokens, int frames, int n_q, int16_t* samples,
                      size_t capacity) {
  return DecodeTokens(decoder, tokens, frames, n_q, samples, capacity);
}

int quaver_conceal(quaver_decoder* decoder, float* samples, size_t capacity) {
  return DecodeTokens(decoder, nullptr, 1, 0, samples, capacity);
}

int quaver_conceal_i16(quaver_decoder* decoder, int16_t* samples, size_t capacity) {
  return DecodeTokens(decoder, nullptr, 1, 0, samples, capacity);
}

int quaver_decode_packet(quaver_decoder* decoder, const quaver_format* format, const void* packet,
                         size_t size, float* samples, size_t capacity) {
  return UnpackAndDecode(decoder, format, packet, size, samples, capacity);
}

int quaver_decode_packet_i16(quaver_decoder* decoder, const quaver_format* format, const void* packet,
                             size_t size, int16_t* samples, size_t capacity) {
  return UnpackAndDecode(decoder, format, packet, size, samples, capacity);
}

int quaver_decoder_reset(quaver_decoder* decoder) {
  if (decoder == nullptr) return QUAVER_ERROR_ARGUMENT;
  decoder->decoder.Reset();
  return 0;
}

int quaver_pack(const quaver_model* model, const quaver_format* format, const uint16_t* tokens, int frames,
                int n_q, uint8_t* packet, size_t capacity) {
  if (model == nullptr || packet == nullptr || frames < 1 || frames > QUAVER_MAX_FRAMES || n_q < 0 ||
      n_q > model->shared->groups() || !Valid(format, model->shared->groups()) ||
      (tokens == nullptr && n_q > 0)) {
    return QUAVER_ERROR_ARGUMENT;
  }
  PacketTokens rows;
  rows.frames = frames;
  for (size_t f = 0; f < static_cast<size_t>(frames); ++f) {
    rows.n_q[f] = static_cast<uint8_t>(n_q);
    std::copy_n(tokens + f * static_cast<size_t>(n_q), n_q, rows.token[f].data());
  }
  return Pack(*model, *format, rows, packet, capacity);
}

int quaver_pack_frames(const quaver_model* model, const quaver_format* format, const uint16_t* tokens,
                       const uint8_t* n_q, int frames, uint8_t* packet, size_t capacity) {
  if (model == nullptr || tokens == nullptr || n_q == nullptr || packet == nullptr || frames < 1 ||
      frames > QUAVER_MAX_FRAMES || !Valid(format, model->shared->groups())) {
    return QUAVER_ERROR_ARGUMENT;
  }
  PacketTokens rows;
  rows.frames = frames;
  const auto groups = static_cast<size_t>(model->shared->groups());
  for (size_t f = 0; f < static_cast<size_t>(frames); ++f) {
    if (n_q[f] > groups) return QUAVER_ERROR_ARGUMENT;
    rows.n_q[f] = n_q[f];
    std::copy_n(tokens + f * groups, n_q[f], rows.token[f].data());
  }
  return Pack(*model, *format, rows, packet, capacity);
}

int quaver_unpack(const quaver_model* model, const quaver_format* format, const void* packet, size_t size,
                  uint16_t* tokens, uint8_t* n_q) {
  if (model == nullptr || packet == nullptr || tokens == nullptr || n_q == nullptr ||
      !Valid(format, model->shared->groups())) {
    return QUAVER_ERROR_ARGUMENT;
  }
  PacketTokens rows;
  if (!quaver::DecodePacket(model->shared->entropy(), Defaults(*format), Bytes(packet, size), rows))
    return QUAVER_ERROR_PACKET;
  std::ranges::copy(rows.n_q, n_q);
  for (const auto& row : rows.token) tokens = std::copy_n(row.data(), model->shared->groups(), tokens);
  return rows.frames;
}

int quaver_packet_frames(const quaver_format* format, const void* packet, size_t size) {
  if (packet == nullptr || !Valid(format, QUAVER_MAX_GROUPS)) return QUAVER_ERROR_ARGUMENT;
  const int frames = quaver::PacketFrames(Defaults(*format), Bytes(packet, size));
  return frames == 0 ? QUAVER_ERROR_PACKET : frames;
}

size_t quaver_encoder_state_size(const quaver_encoder* encoder) {
  return encoder == nullptr ? 0 : encoder->encoder.state_size();
}

int quaver_encoder_save(const quaver_encoder* encoder, void* state, size_t size) {
  if (encoder == nullptr || state == nullptr) return QUAVER_ERROR_ARGUMENT;
  return encoder->encoder.Save({static_cast<std::byte*>(state), size}) ? 0 : QUAVER_ERROR_ARGUMENT;
}

int quaver_encoder_restore(quaver_encoder* encoder, const void* state, size_t size) {
  if (encoder == nullptr || state == nullptr) return QUAVER_ERROR_ARGUMENT;
  return Restore(encoder->encoder, StateOf::kEncoder, {static_cast<const std::byte*>(state), size});
}

size_t quaver_decoder_state_size(const quaver_decoder* decoder) {
  return decoder == nullptr ? 0 : decoder->decoder.state_size();
}

int quaver_decoder_save(const quaver_decoder* decoder, void* state, size_t size) {
  if (decoder == nullptr || state == nullptr) return QUAVER_ERROR_ARGUMENT;
  return decoder->decoder.Save({static_cast<std::byte*>(state), size}) ? 0 : QUAVER_ERROR_ARGUMENT;
}

int quaver_decoder_restore(quaver_decoder* decoder, const void* state, size_t size) {
  if (decoder == nullptr || state == nullptr) return QUAVER_ERROR_ARGUMENT;
  return Restore(decoder->decoder, StateOf::kDecoder, {static_cast<const std::byte*>(state), size});
}
