// Ways that must give the same bits: in portions and at once, in a batch and alone, by C and by C++.
#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "codec/batch.h"
#include "codec/codec.h"
#include "codec/limits.h"
#include "fuzz/c_model.h"
#include "fuzz/input.h"
#include "fuzz/models.h"
#include "fuzz/target.h"

using namespace quaver;

namespace {

constexpr size_t kFrame = 320;
constexpr int kMostFrames = 6;   // what an input of 4096 bytes has sound for
constexpr int kMostStreams = 3;  // of a batch

// What one stream must give, whichever way it goes.
struct Coded {
  int n_q;
  std::vector<float> sound;      // [frames, kFrame]
  std::vector<uint16_t> tokens;  // [frames, n_q]
  std::vector<float> decoded;    // [frames, kFrame]

  int frames() const { return static_cast<int>(sound.size() / kFrame); }
  size_t width() const { return static_cast<size_t>(n_q); }
};

bool Same(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

Coded AtOnce(const std::shared_ptr<const Model>& model, int n_q, std::vector<float> sound) {
  Coded coded{n_q, std::move(sound), {}, {}};
  coded.tokens.resize(static_cast<size_t>(coded.frames()) * coded.width());
  coded.decoded.resize(coded.sound.size());
  FUZZ_CHECK(Encoder(model, kMostFrames).Encode(coded.sound, n_q, coded.tokens) == coded.frames());
  FUZZ_CHECK(Decoder(model, kMostFrames).Decode(coded.tokens, n_q, coded.decoded));
  return coded;
}

void CheckPortions(const std::shared_ptr<const Model>& model, const Coded& coded, const std::array<size_t, 8>& portions) {
  std::vector<uint16_t> tokens(coded.tokens.size());
  Encoder encoder(model, 1);
  size_t done = 0;
  for (size_t at = 0, i = 0; at < coded.sound.size(); ++i) {
    const size_t count = std::min(portions[i % portions.size()], coded.sound.size() - at);
    const int found = encoder.Encode(std::span(coded.sound).subspan(at, count), coded.n_q, std::span(tokens).subspan(done * coded.width()));
    FUZZ_CHECK(found >= 0);
    done += static_cast<size_t>(found);
    at += count;
  }
  FUZZ_CHECK(done == static_cast<size_t>(coded.frames()) && tokens == coded.tokens);
}

// Streams of the same length, with an n_q of their own each, frame by frame.
void CheckBatch(const std::shared_ptr<const Model>& model, Batch& batch, const std::vector<Coded>& streams) {
  const auto groups = static_cast<size_t>(model->groups());
  std::vector<Encoder> encoders;
  std::vector<Decoder> decoders;
  std::vector<Encoder*> to_encode;
  std::vector<Decoder*> to_decode;
  std::vector<int> n_q;
  for (const Coded& stream : streams) {
    encoders.emplace_back(model, 1);
    decoders.emplace_back(model, 1);
    n_q.push_back(stream.n_q);
  }
  for (Encoder& encoder : encoders) to_encode.push_back(&encoder);
  for (Decoder& decoder : decoders) to_decode.push_back(&decoder);

  std::vector<float> sound(streams.size() * kFrame);
  std::vector<uint16_t> tokens(streams.size() * groups);
  for (size_t f = 0; f < static_cast<size_t>(streams.front().frames()); ++f) {
    for (size_t i = 0; i < streams.size(); ++i) std::copy_n(&streams[i].sound[f * kFrame], kFrame, &sound[i * kFrame]);
    FUZZ_CHECK(batch.Encode(to_encode, sound, n_q, tokens));
    FUZZ_CHECK(batch.Decode(to_decode, tokens, n_q, sound));
    for (size_t i = 0; i < streams.size(); ++i) {
      const Coded& stream = streams[i];
      FUZZ_CHECK(std::equal(&tokens[i * groups], &tokens[i * groups] + stream.width(), &stream.tokens[f * stream.width()]));
      FUZZ_CHECK(std::memcmp(&sound[i * kFrame], &stream.decoded[f * kFrame], kFrame * sizeof(float)) == 0);
    }
  }
}

void CheckC(const quaver_model* model, const Coded& coded) {
  std::vector<uint16_t> tokens(coded.tokens.size());
  std::vector<float> decoded(coded.sound.size());
  quaver_encoder* encoder = quaver_encoder_create(model);
  quaver_decoder* decoder = quaver_decoder_create_live(model);
  FUZZ_CHECK(quaver_encode(encoder, coded.sound.data(), coded.sound.size(), coded.n_q, tokens.data(), tokens.size()) == coded.frames());
  FUZZ_CHECK(quaver_decode(decoder, tokens.data(), coded.frames(), coded.n_q, decoded.data(), decoded.size()) == static_cast<int>(decoded.size()));
  quaver_encoder_close(encoder);
  quaver_decoder_close(decoder);
  FUZZ_CHECK(tokens == coded.tokens && Same(decoded, coded.decoded));
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const bool vectors = input.Int(0, 1) == 1;  // perturbation of vectors, or of scalars
  const auto model = vectors ? fuzz::SmallestVectorModel() : fuzz::SmallestModel();
  static Batch scalar_batch(fuzz::SmallestModel()), vector_batch(fuzz::SmallestVectorModel());  // have no state between calls
  std::vector<int> n_q(static_cast<size_t>(input.Int(1, kMostStreams)));
  for (int& groups : n_q) groups = input.Int(1, model->groups());
  const size_t frames = static_cast<size_t>(input.Int(1, kMostFrames));
  std::array<size_t, 8> portions;
  for (size_t& portion : portions) portion = static_cast<size_t>(input.Int(1, 1000));
  std::vector<float> sound(frames * kFrame);
  for (float& sample : sound) sample = (static_cast<float>(input.Int(0, 65535)) - 32768) / 32768;

  std::vector<Coded> streams;
  for (const int groups : n_q) {
    streams.push_back(AtOnce(model, groups, sound));
    std::rotate(sound.begin(), sound.begin() + kFrame / 3, sound.end());  // the next stream hears it at another time
  }
  CheckPortions(model, streams.front(), portions);
  CheckBatch(model, vectors ? vector_batch : scalar_batch, streams);
  CheckC(vectors ? fuzz::SmallestVectorCModel() : fuzz::SmallestCModel(), streams.front());
  return 0;
}
