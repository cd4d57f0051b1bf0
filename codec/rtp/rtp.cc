// A payload is two bytes and one packet (bitstream/packet.h) of all its frames, redundant ones first. Coded
// together, the redundant frames pay back a part of what they cost: the entropy model knows them when it
// comes to the own frames. The two bytes say what the packet is made of, so that it need not say so itself:
//
//   0                   1
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |Ver| D |   F   |    N    | K |S|
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
#include "codec/rtp/rtp.h"

#include <algorithm>
#include <array>
#include <span>

#include "codec/bitstream/packet.h"
#include "codec/bitstream/packet_shape.h"
#include "codec/codec.h"
#include "codec/quaver_handles.h"

namespace {

using quaver::PacketShape;
using quaver::PacketTokens;

constexpr size_t kHeaderBytes = 2;
constexpr int kVersion = 0;
constexpr std::array<int, 4> kRedundantFrames = {0, 1, 2, 4};  // what D stands for
constexpr std::array<char, 65> kBase64Url = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"};

static_assert(kRedundantFrames.back() == QUAVER_RTP_MAX_REDUNDANT);
static_assert(QUAVER_RTP_MAX_ALL_FRAMES == QUAVER_RTP_MAX_FRAMES + QUAVER_RTP_MAX_REDUNDANT);
static_assert(QUAVER_RTP_MAX_ALL_FRAMES <= quaver::kMaxFramesPerPacket);
static_assert(QUAVER_RTP_MAX_BYTES == kHeaderBytes + quaver::kMaxPacketBytes);
static_assert(QUAVER_MAX_GROUPS < 1 << 5);

bool Valid(const quaver_rtp_payload& header, int groups) {
  if (header.frames < 1 || header.frames > QUAVER_RTP_MAX_FRAMES || header.n_q < 0 || header.n_q > groups)
    return false;
  if (header.pause != 0 && header.pause != 1) return false;
  if (header.redundant_frames == 0) return true;
  return std::ranges::count(kRedundantFrames, header.redundant_frames) == 1 && header.redundant_tokens >= 1 &&
         header.redundant_tokens <= std::min<int>(QUAVER_RTP_MAX_TOKENS, groups);
}

void WriteHeader(const quaver_rtp_payload& header, uint8_t* payload) {
  const auto d = std::ranges::find(kRedundantFrames, header.redundant_frames) - kRedundantFrames.begin();
  const int k = header.redundant_frames == 0 ? 0 : header.redundant_tokens - 1;
  payload[0] = static_cast<uint8_t>(kVersion << 6 | static_cast<int>(d) << 4 | (header.frames - 1));
  payload[1] = static_cast<uint8_t>(header.n_q << 3 | k << 1 | header.pause);
}

// 0 or a quaver_error.
int ReadHeader(std::span<const uint8_t> payload, quaver_rtp_payload& header) {
  if (payload.empty()) return QUAVER_ERROR_PACKET;
  if (payload[0] >> 6 != kVersion) return QUAVER_ERROR_VERSION;
  if (payload.size() <= kHeaderBytes || payload.size() > QUAVER_RTP_MAX_BYTES) return QUAVER_ERROR_PACKET;
  quaver_rtp_payload read;
  read.frames = (payload[0] & 15) + 1;
  read.redundant_frames = kRedundantFrames[payload[0] >> 4 & 3];
  read.redundant_tokens = read.redundant_frames == 0 ? 0 : (payload[1] >> 1 & 3) + 1;
  read.n_q = payload[1] >> 3;
  read.pause = payload[1] & 1;
  if (!Valid(read, QUAVER_MAX_GROUPS)) return QUAVER_ERROR_PACKET;
  header = read;
  return 0;
}

PacketShape ShapeOf(const quaver_rtp_payload& header) {
  return {.defaults = {header.redundant_frames + header.frames, header.n_q},
          .leading_frames = header.redundant_frames,
          .leading_n_q = header.redundant_frames == 0 ? 0 : header.redundant_tokens};
}

// As the header says: frames in all, and no redundant one with more tokens.
bool Fits(const PacketTokens& rows, const PacketShape& shape) {
  return rows.frames == shape.defaults.frames &&
         std::all_of(rows.n_q.begin(), rows.n_q.begin() + shape.leading_frames,
                     [&](uint8_t n_q) { return n_q <= shape.leading_n_q; });
}

}  // namespace

int quaver_rtp_header(const void* payload, size_t size, quaver_rtp_payload* header) {
  if (payload == nullptr || header == nullptr) return QUAVER_ERROR_ARGUMENT;
  return ReadHeader({static_cast<const uint8_t*>(payload), size}, *header);
}

int quaver_rtp_pack(const quaver_model* model, const quaver_rtp_payload* header, const uint16_t* tokens,
                    const uint8_t* n_q, uint8_t* payload, size_t capacity) {
  if (model == nullptr || header == nullptr || tokens == nullptr || n_q == nullptr || payload == nullptr ||
      !Valid(*header, model->shared->groups()))
    return QUAVER_ERROR_ARGUMENT;
  if (capacity < QUAVER_RTP_MAX_BYTES) return QUAVER_ERROR_SHORT;
  PacketTokens rows;
  const PacketShape shape = ShapeOf(*header);
  rows.frames = shape.defaults.frames;
  const auto groups = static_cast<size_t>(model->shared->groups());
  for (size_t f = 0; f < static_cast<size_t>(rows.frames); ++f) {
    if (n_q[f] > groups) return QUAVER_ERROR_ARGUMENT;
    const bool redundant = f < static_cast<size_t>(shape.leading_frames);
    rows.n_q[f] = static_cast<uint8_t>(redundant ? std::min<int>(n_q[f], shape.leading_n_q) : n_q[f]);
    std::copy_n(tokens + f * groups, rows.n_q[f], rows.token[f].data());
  }
  const size_t bytes = quaver::EncodePacketOf(model->shared->entropy(), shape, rows,
                                              {payload + kHeaderBytes, capacity - kHeaderBytes});
  if (bytes == 0) return QUAVER_ERROR_ARGUMENT;
  WriteHeader(*header, payload);
  return static_cast<int>(kHeaderBytes + bytes);
}

int quaver_rtp_unpack(const quaver_model* model, const void* payload, size_t size, quaver_rtp_payload* header,
                      uint16_t* tokens, uint8_t* n_q) {
  if (model == nullptr || payload == nullptr || header == nullptr || tokens == nullptr || n_q == nullptr)
    return QUAVER_ERROR_ARGUMENT;
  const std::span bytes(static_cast<const uint8_t*>(payload), size);
  quaver_rtp_payload read;
  if (const int error = ReadHeader(bytes, read); error != 0) return error;
  if (!Valid(read, model->shared->groups())) return QUAVER_ERROR_PACKET;
  const PacketShape shape = ShapeOf(read);
  PacketTokens rows;
  if (!quaver::DecodePacketOf(model->shared->entropy(), shape, bytes.subspan(kHeaderBytes), rows) ||
      !Fits(rows, shape))
    return QUAVER_ERROR_PACKET;
  for (size_t f = 0; f < QUAVER_RTP_MAX_ALL_FRAMES; ++f) {
    n_q[f] = rows.n_q[f];
    tokens = std::copy_n(rows.token[f].data(), model->shared->groups(), tokens);
  }
  *header = read;
  return rows.frames;
}

int quaver_rtp_model_parameter(const quaver_model* model, char out[QUAVER_RTP_MODEL_PARAMETER]) {
  if (model == nullptr || out == nullptr) return QUAVER_ERROR_ARGUMENT;
  const quaver::Identity& identity = model->shared->identity();
  constexpr int kBits = 16 * 8;
  for (int bit = 0; bit < kBits; bit += 6) {
    unsigned value = 0;
    for (int i = bit; i < bit + 6; ++i)
      value = value << 1 | (i < kBits ? identity[static_cast<size_t>(i) / 8] >> (7 - i % 8) & 1u : 0u);
    *out++ = kBase64Url[value];
  }
  *out = '\0';
  return 0;
}
