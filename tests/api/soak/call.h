// A call over a network that loses and damages packets: from samples to tokens, to a packet, and back.
//
// The idea: whatever happens to a call follows from its seed alone, the speech that it begins with as well as
// each loss. So a call that was one of a hundred, in batches, saved and restored on the way, must sound bit
// for bit as the same call on its own.
#ifndef QUAVER_TESTS_API_SOAK_CALL_H_
#define QUAVER_TESTS_API_SOAK_CALL_H_

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "codec/batch.h"
#include "codec/bitstream/packet.h"
#include "codec/codec.h"
#include "codec/limits.h"
#include "tests/model/random_weights.h"

namespace quaver::soak {

// What has happened in all calls.
struct Counts {
  uint64_t packets = 0, lost = 0, damaged = 0, refused = 0, moved = 0;
};

class Call {
 public:
  // `speech` must outlive the call, and have a second at least.
  Call(std::shared_ptr<const Model> model, std::span<const float> speech, uint64_t seed);

  // A tick of 20 ms is these in turn. In place of EncodeAlone and DecodeAlone a batch may run many calls.
  std::span<const float> Speak();  // decides what happens in this tick; the samples that are said
  void EncodeAlone();
  void Send(Counts& counts);  // packs the tokens, and unpacks what arrives
  void DecodeAlone();
  // Takes what was heard into the digest.
  void Hear();
  // Saves both ends, and goes on with new ones that take the saved states. Throws std::runtime_error if they
  // do not.
  void MoveElsewhere(Counts& counts);

  bool over() const { return ticks_ >= length_; }
  int ticks() const { return ticks_; }
  uint64_t seed() const { return seed_; }
  uint64_t digest() const { return digest_; }  // of all samples heard so far
  const std::shared_ptr<const Model>& model() const { return model_; }

  // For batches: what Batch takes of a stream.
  Encoder& encoder() { return encoder_; }
  Decoder& decoder() { return decoder_; }
  int sent_n_q() const { return n_q_; }
  int heard_n_q() const { return heard_n_q_; }  // 0: the packet is missing
  std::span<uint16_t> sent() { return std::span(sent_).first(groups_); }
  std::span<uint16_t> heard() { return std::span(heard_).first(groups_); }
  std::span<float> sound() { return sound_; }

 private:
  std::shared_ptr<const Model> model_;
  std::span<const float> speech_;
  uint64_t seed_;
  TestRandom random_;
  size_t groups_, frame_;
  size_t at_;  // sample of the speech that is next
  int length_, ticks_ = 0;
  PacketDefaults format_;
  bool losing_ = false;  // the network: two states, as in Gilbert, Bell System Technical Journal 39, 1960
  uint64_t damage_ = 0;  // of this tick's packet; 0: none
  int n_q_ = 1, heard_n_q_ = 0;
  Encoder encoder_;
  Decoder decoder_;
  std::array<uint16_t, kMaxGroups> sent_{}, heard_{};
  std::vector<float> sound_;
  uint64_t digest_ = 14695981039346656037u;  // FNV-1a
};

}  // namespace quaver::soak

#endif  // QUAVER_TESTS_API_SOAK_CALL_H_
