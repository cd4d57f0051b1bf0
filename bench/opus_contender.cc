#include "bench/opus_contender.h"

#include <opus/opus.h>

#include <algorithm>

#include "bench/packet_stream.h"
#include "codec/samples.h"

namespace quaver::bench {
namespace {

constexpr int kRate = 16000;
constexpr int kBitsPerSecond = 12000;
constexpr int kComplexity = 10;
constexpr int kMaxBytes = 1275;  // of an Opus packet of one frame

using EncoderHandle = std::unique_ptr<OpusEncoder, decltype(&opus_encoder_destroy)>;
using DecoderHandle = std::unique_ptr<OpusDecoder, decltype(&opus_decoder_destroy)>;

class Opus final : public Contender {
 public:
  // 16-bit samples, as Opus' own programs feed it: the wideband speech coder inside works in 16 bits.
  Opus(EncoderHandle encoder, DecoderHandle decoder, const Speech& speech)
      : encoder_(std::move(encoder)), decoder_(std::move(decoder)), pcm_(speech.size()), decoded_(kFrame) {
    std::transform(speech.begin(), speech.end(), pcm_.begin(), ToPcm16);
  }

  void Encode() override {
    opus_encoder_ctl(encoder_.get(), OPUS_RESET_STATE);
    packets_.Clear();
    unsigned char packet[kMaxBytes];
    for (size_t at = 0; at < pcm_.size(); at += kFrame) {
      const int size = opus_encode(encoder_.get(), &pcm_[at], kFrame, packet, kMaxBytes);
      packets_.Add({packet, static_cast<size_t>(std::max(size, 0))});
    }
  }

  void Decode() override {
    opus_decoder_ctl(decoder_.get(), OPUS_RESET_STATE);
    for (size_t i = 0; i < packets_.size(); ++i) {
      const auto packet = packets_[i];
      const auto size = static_cast<opus_int32>(packet.size());
      (void)!opus_decode(decoder_.get(), packet.data(), size, decoded_.data(), kFrame, 0);
    }
  }

  size_t payload_bytes() const override { return packets_.bytes(); }

 private:
  EncoderHandle encoder_;
  DecoderHandle decoder_;
  std::vector<int16_t> pcm_;
  std::vector<int16_t> decoded_;
  PacketList packets_;
};

}  // namespace

Result<std::unique_ptr<Contender>> MakeOpus(const Speech& speech) {
  int error = OPUS_OK;
  EncoderHandle encoder(opus_encoder_create(kRate, 1, OPUS_APPLICATION_VOIP, &error), opus_encoder_destroy);
  if (error != OPUS_OK) return Error{std::string("libopus: no encoder: ") + opus_strerror(error)};
  DecoderHandle decoder(opus_decoder_create(kRate, 1, &error), opus_decoder_destroy);
  if (error != OPUS_OK) return Error{std::string("libopus: no decoder: ") + opus_strerror(error)};
  error = opus_encoder_ctl(encoder.get(), OPUS_SET_BITRATE(kBitsPerSecond));
  if (error == OPUS_OK) error = opus_encoder_ctl(encoder.get(), OPUS_SET_COMPLEXITY(kComplexity));
  if (error != OPUS_OK) return Error{std::string("libopus: settings refused: ") + opus_strerror(error)};
  return std::unique_ptr<Contender>(std::make_unique<Opus>(std::move(encoder), std::move(decoder), speech));
}

std::string OpusVersion() { return opus_get_version_string(); }

}  // namespace quaver::bench
