// The C interface, driven by a random sequence of calls on a few streams: create, encode, pack, corrupt, decode, conceal, save,
// restore, batch, with odd arguments among them, and samples of both kinds. Every result is checked against its promise. What a call
// reads or writes lies by itself in as much memory as it is told to have, so that AddressSanitizer sees a step beyond it.
#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <type_traits>
#include <vector>

#include "fuzz/c_model.h"
#include "fuzz/input.h"
#include "fuzz/target.h"

namespace {

using quaver::fuzz::Input;

constexpr int kFrame = 320;
constexpr size_t kStreams = 3;

template <typename T, void (*kClose)(T*)>
struct Closer {
  void operator()(T* object) const { kClose(object); }
};
template <typename T, void (*kClose)(T*)>
using Owned = std::unique_ptr<T, Closer<T, kClose>>;

struct World {
  const quaver_model* model = quaver::fuzz::SmallestCModel();
  int groups = quaver_groups(model);
  std::array<Owned<quaver_encoder, quaver_encoder_close>, kStreams> encoders;
  std::array<Owned<quaver_decoder, quaver_decoder_close>, kStreams> decoders;
  Owned<quaver_batch, quaver_batch_close> batch{quaver_batch_create(model, kStreams)};
  Owned<quaver_stream_encoder, quaver_stream_encoder_close> sender;
  Owned<quaver_stream_decoder, quaver_stream_decoder_close> receiver;
  std::vector<uint8_t> encoder_state, decoder_state;
  std::array<float, 4 * kFrame> sound{};
  std::array<uint16_t, size_t{QUAVER_MAX_FRAMES} * QUAVER_MAX_GROUPS> tokens{};
  std::array<uint8_t, QUAVER_MAX_PACKET_BYTES> packet{};
  size_t packet_bytes = 0;
  quaver_format format{1, 2};
};

// The function for samples of type T: as floats, or as 16-bit integers.
template <typename T, typename Float, typename Int>
auto For(Float of_floats, Int of_integers) {
  if constexpr (std::is_same_v<T, float>) return of_floats;
  else return of_integers;
}

template <typename T>
std::vector<T> Sound(const World& world, size_t count) {
  std::vector<T> sound(count);
  std::transform(world.sound.begin(), world.sound.begin() + static_cast<std::ptrdiff_t>(count), sound.begin(), [](float x) {
    return For<T>(x, static_cast<int16_t>(std::isfinite(x) ? std::clamp(x, -1.f, 1.f) * 32767 : 0));
  });
  return sound;
}

// Checks what a call wrote, and keeps it for later ones.
template <typename T>
void Keep(World& world, const std::vector<T>& sound, int samples) {
  FUZZ_CHECK(samples <= static_cast<int>(std::min(sound.size(), world.sound.size())));
  for (int i = 0; i < samples; ++i) {
    const float sample = static_cast<float>(sound[static_cast<size_t>(i)]) * For<T>(1.f, 1 / 32768.f);
    FUZZ_CHECK(std::isfinite(sample));
    world.sound[static_cast<size_t>(i)] = sample;
  }
}

template <typename T>
std::vector<T> First(const auto& values, size_t count) {
  FUZZ_CHECK(count <= values.size());
  return {values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count)};
}

// Sometimes sound that no microphone gives.
void MakeSound(World& world, Input& input) {
  const float scale = input.Byte() / 64.0f;
  for (size_t i = 0; i < world.sound.size(); ++i) world.sound[i] = scale * std::sin(.01f * static_cast<float>(i * (1 + i % 3)));
  if (input.Byte() % 8 == 0) world.sound[static_cast<size_t>(input.Int(0, 1279))] = input.Byte() % 2 ? INFINITY : NAN;
}

// The tokens as a packet of their own.
void Pack(World& world, int frames, int n_q) {
  const auto tokens = First<uint16_t>(world.tokens, static_cast<size_t>(frames * n_q));
  std::vector<uint8_t> packet(QUAVER_MAX_PACKET_BYTES);
  const int packed = quaver_pack(world.model, &world.format, tokens.data(), frames, n_q, packet.data(), packet.size());
  const quaver_format& format = world.format;
  const bool fits = format.frames >= 1 && format.frames <= QUAVER_MAX_FRAMES && format.n_q >= 0 && format.n_q <= world.groups;
  FUZZ_CHECK((packed > 0) == fits);
  FUZZ_CHECK(!fits || quaver_packet_frames(&format, packet.data(), static_cast<size_t>(packed)) == frames);
  world.packet_bytes = static_cast<size_t>(std::max(packed, 0));
  std::ranges::copy(packet, world.packet.begin());
}

template <typename T>
void Encode(World& world, Input& input) {
  quaver_encoder* encoder = world.encoders[input.Byte() % kStreams].get();
  MakeSound(world, input);
  const size_t count = static_cast<size_t>(input.Int(0, 1280));
  const int n_q = input.Int(-1, world.groups + 1);
  const size_t capacity = static_cast<size_t>(input.Int(0, 80));
  const int due = quaver_encoder_frames_after(encoder, count);
  const auto sound = Sound<T>(world, count);
  std::vector<uint16_t> tokens(capacity);
  const int frames = For<T>(quaver_encode, quaver_encode_i16)(encoder, sound.data(), count, n_q, tokens.data(), capacity);
  FUZZ_CHECK(frames == due || frames == QUAVER_ERROR_ARGUMENT || frames == QUAVER_ERROR_SHORT);
  const bool good = encoder && n_q >= 0 && n_q <= world.groups;
  FUZZ_CHECK(good || frames < 0);
  if (frames > 0 && n_q > 0) {
    for (int i = 0; i < frames * n_q; ++i) {
      FUZZ_CHECK(tokens[static_cast<size_t>(i)] < quaver_codes(world.model));
      world.tokens[static_cast<size_t>(i)] = tokens[static_cast<size_t>(i)];
    }
    Pack(world, frames, n_q);
  }
}

void Corrupt(World& world, Input& input) {
  if (world.packet_bytes == 0) return;
  const size_t at = static_cast<size_t>(input.Int(0, 65535)) % world.packet_bytes;
  if (input.Byte() % 2) world.packet_bytes = at;
  world.packet[at] = static_cast<uint8_t>(world.packet[at] ^ input.Byte());
}

template <typename T>
void Decode(World& world, Input& input) {
  quaver_decoder* decoder = world.decoders[input.Byte() % kStreams].get();
  const int frames = input.Int(-1, 4), n_q = input.Int(-1, world.groups + 1);
  const size_t capacity = static_cast<size_t>(input.Int(0, 1280));
  if (input.Byte() % 4 == 0) world.tokens[input.Byte() % 32] = static_cast<uint16_t>(input.Int(0, 65535));
  const auto tokens = First<uint16_t>(world.tokens, static_cast<size_t>(std::max(frames, 0) * std::max(n_q, 0)));
  std::vector<T> sound(capacity);
  const int samples = For<T>(quaver_decode, quaver_decode_i16)(decoder, tokens.data(), frames, n_q, sound.data(), capacity);
  FUZZ_CHECK(samples < 0 || samples == frames * kFrame);
  Keep(world, sound, samples);
}

template <typename T>
void DecodePacket(World& world, Input& input) {
  quaver_decoder* decoder = world.decoders[input.Byte() % kStreams].get();
  if (input.Byte() % 4 == 0) world.format = {input.Int(0, 26), input.Int(-1, world.groups + 1)};
  const auto packet = First<uint8_t>(world.packet, world.packet_bytes);
  std::vector<T> sound(world.sound.size());
  const int samples = For<T>(quaver_decode_packet, quaver_decode_packet_i16)(decoder, &world.format, packet.data(), packet.size(),
                                                                             sound.data(), sound.size());
  Keep(world, sound, samples);
  std::vector<uint16_t> tokens(static_cast<size_t>(QUAVER_MAX_FRAMES * world.groups));
  std::vector<uint8_t> n_q(QUAVER_MAX_FRAMES);
  const int frames = quaver_unpack(world.model, &world.format, packet.data(), packet.size(), tokens.data(), n_q.data());
  FUZZ_CHECK(samples < 0 || samples == frames * kFrame);
  if (frames > 0) {
    std::ranges::copy(tokens, world.tokens.begin());
    std::vector<uint8_t> again(QUAVER_MAX_PACKET_BYTES);
    FUZZ_CHECK(quaver_pack_frames(world.model, &world.format, tokens.data(), n_q.data(), frames, again.data(), again.size()) > 0);
  }
}

template <typename T>
void Conceal(World& world, Input& input) {
  quaver_decoder* decoder = world.decoders[input.Byte() % kStreams].get();
  std::vector<T> sound(static_cast<size_t>(input.Int(0, 640)));
  const int samples = For<T>(quaver_conceal, quaver_conceal_i16)(decoder, sound.data(), sound.size());
  FUZZ_CHECK(samples == kFrame || samples < 0);
  Keep(world, sound, samples);
}

void SaveAndRestore(World& world, Input& input) {
  const size_t from = input.Byte() % kStreams, to = input.Byte() % kStreams;
  const bool damage = input.Byte() % 2;
  const int at = input.Int(0, 65535), flip = input.Byte();
  const auto damaged = [&](std::vector<uint8_t>& state) {
    if (damage && !state.empty()) state[static_cast<size_t>(at) % state.size()] ^= static_cast<uint8_t>(flip);
    return damage && flip != 0 && !state.empty();
  };
  if (input.Byte() % 2) {
    world.encoder_state.resize(quaver_encoder_state_size(world.encoders[from].get()));
    const int saved = quaver_encoder_save(world.encoders[from].get(), world.encoder_state.data(), world.encoder_state.size());
    const bool broken = damaged(world.encoder_state);
    const int restored = quaver_encoder_restore(world.encoders[to].get(), world.encoder_state.data(), world.encoder_state.size());
    FUZZ_CHECK(restored <= 0 && (saved != 0 || !broken || restored < 0));
  } else {
    world.decoder_state.resize(quaver_decoder_state_size(world.decoders[from].get()));
    const int saved = quaver_decoder_save(world.decoders[from].get(), world.decoder_state.data(), world.decoder_state.size());
    const bool broken = damaged(world.decoder_state);
    const int restored = quaver_decoder_restore(world.decoders[to].get(), world.decoder_state.data(), world.decoder_state.size());
    FUZZ_CHECK(restored <= 0 && (saved != 0 || !broken || restored < 0));
  }
}

template <typename T>
void Batch(World& world, Input& input) {
  std::array<quaver_encoder*, kStreams> encoders;
  std::array<quaver_decoder*, kStreams> decoders;
  std::array<int, kStreams> n_q;
  for (size_t i = 0; i < kStreams; ++i) {
    encoders[i] = world.encoders[input.Byte() % kStreams].get();
    decoders[i] = world.decoders[input.Byte() % kStreams].get();
    n_q[i] = input.Int(-1, world.groups + 1);
  }
  const auto encode = For<T>(quaver_batch_encode, quaver_batch_encode_i16);
  const int count = input.Int(-1, kStreams + 1);
  const bool too_many = count > static_cast<int>(kStreams);
  if (!too_many) MakeSound(world, input);
  auto sound = Sound<T>(world, static_cast<size_t>(std::max(count, 0) * kFrame));
  std::vector<uint16_t> tokens(static_cast<size_t>(std::max(count, 0) * world.groups));
  const int encoded = encode(world.batch.get(), encoders.data(), count, sound.data(), n_q.data(), tokens.data());
  FUZZ_CHECK(too_many ? encoded < 0 : encoded == count || encoded < 0);
  if (too_many) return;
  const int decoded = For<T>(quaver_batch_decode, quaver_batch_decode_i16)(world.batch.get(), decoders.data(), count, tokens.data(),
                                                                           n_q.data(), sound.data());
  FUZZ_CHECK(decoded == count || decoded < 0);
  Keep(world, sound, std::max(decoded, 0) * kFrame);
}

void Create(World& world, Input& input) {
  const size_t which = input.Byte() % kStreams;
  switch (input.Byte() % 6) {
    case 0: world.encoders[which].reset(quaver_encoder_create(world.model)); break;
    case 1: world.encoders[which].reset(quaver_encoder_create_live(world.model)); break;
    case 2: world.decoders[which].reset(quaver_decoder_create(world.model)); break;
    case 3: world.decoders[which].reset(quaver_decoder_create_live(world.model)); break;
    case 4: quaver_encoder_reset(world.encoders[which].get()); break;
    default: quaver_decoder_reset(world.decoders[which].get());
  }
}

template <typename T>
void Stream(World& world, Input& input) {
  std::array<char, 64> why{};
  switch (input.Byte() % 9) {
    case 0: {
      quaver_options options;
      quaver_options_default(&options);
      options.bits_per_second = input.Int(0, 9000);
      options.tokens = input.Int(-1, world.groups + 1);
      options.frames_per_packet = input.Int(0, 26);
      options.variable_rate = input.Int(0, 1);
      world.sender.reset(quaver_stream_encoder_create(world.model, &options, why.data(), why.size()));
      FUZZ_CHECK(world.sender || why[0] != 0);
      break;
    }
    case 1:
      world.receiver.reset(quaver_stream_decoder_create(world.model, &world.format, input.Int(-2, 400), why.data(), why.size()));
      FUZZ_CHECK(world.receiver || why[0] != 0);
      break;
    case 2: {
      MakeSound(world, input);
      const auto sound = Sound<T>(world, static_cast<size_t>(input.Int(0, 1280)));
      For<T>(quaver_stream_encoder_write, quaver_stream_encoder_write_i16)(world.sender.get(), sound.data(), sound.size());
      break;
    }
    case 3: quaver_stream_encoder_flush(world.sender.get()); break;
    case 4: {
      std::vector<uint8_t> packet(QUAVER_MAX_PACKET_BYTES);
      const int bytes = quaver_stream_encoder_read(world.sender.get(), packet.data(), packet.size());
      world.packet_bytes = static_cast<size_t>(std::max(bytes, 0));
      std::ranges::copy(packet, world.packet.begin());
      break;
    }
    case 5:
      quaver_stream_encoder_set_bitrate(world.sender.get(), input.Int(-10, 9000));
      quaver_stream_encoder_set_tokens(world.sender.get(), input.Int(-1, world.groups + 1));
      break;
    case 6: {
      const auto packet = First<uint8_t>(world.packet, world.packet_bytes);
      quaver_stream_decoder_write(world.receiver.get(), packet.data(), packet.size());
      quaver_stream_decoder_lost(world.receiver.get(), input.Int(-1, 30));
      break;
    }
    case 7: {
      quaver_stream_decoder_hold_back(world.receiver.get(), input.Int(-1, 26));
      std::vector<T> sound(static_cast<size_t>(input.Int(0, 1280)));
      const auto read = For<T>(quaver_stream_decoder_read, quaver_stream_decoder_read_i16);
      Keep(world, sound, read(world.receiver.get(), sound.data(), sound.size()));
      break;
    }
    default:  // What is missing of the length is concealed: seconds of it say no more than frames.
      quaver_stream_decoder_flush(world.receiver.get(), static_cast<uint64_t>(input.Int(0, 12 * kFrame)));
  }
}

template <typename T>
void Call(World& world, Input& input, int what) {
  switch (what) {
    case 0: Create(world, input); break;
    case 1: Encode<T>(world, input); break;
    case 2: Corrupt(world, input); break;
    case 3: Decode<T>(world, input); break;
    case 4: DecodePacket<T>(world, input); break;
    case 5: Conceal<T>(world, input); break;
    case 6: SaveAndRestore(world, input); break;
    case 7: Batch<T>(world, input); break;
    default: Stream<T>(world, input);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  World world;
  for (int calls = 0; calls < 200 && !input.empty(); ++calls) {
    const int call = input.Byte();
    call / 9 % 2 == 0 ? Call<float>(world, input, call % 9) : Call<int16_t>(world, input, call % 9);
  }
  return 0;
}
