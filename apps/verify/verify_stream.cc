#include "apps/verify/verify_stream.h"

#include "codec/util/format.h"

namespace quaver {
namespace {

double SecondsOfFrames(const QvrHeader& header, uint64_t frames) {
  return static_cast<double>(frames) * header.frame_samples / header.model_rate;
}

}  // namespace

Result<StreamCheck> VerifyStream(QvrReader& reader, const Model* model) {
  const QvrHeader& header = reader.header();
  StreamCheck check;
  uint64_t first_refused = 0;  // frame
  PacketTokens tokens;
  while (true) {
    const auto next = reader.Next();
    if (!next.ok()) return next.error();
    const QvrEvent& event = next.value();
    if (event.kind == QvrEvent::kEnd) {
      const bool ended = event.original_samples >= 0;
      check.seconds = ended ? static_cast<double>(event.original_samples) / header.original_rate
                            : SecondsOfFrames(header, check.frames);
      check.damage = reader.damage();
      if (!ended) check.damage.emplace_back("the length is not known");
      break;
    }
    check.lost_frames += static_cast<uint64_t>(event.lost_frames);
    if (event.kind == QvrEvent::kPacket) {
      ++check.packets;
      if (model != nullptr && !DecodePacket(model->entropy(), header.defaults, event.packet, tokens)) {
        if (check.refused_packets++ == 0) first_refused = check.frames;
      }
    }
    check.frames += static_cast<uint64_t>(event.frames + event.lost_frames);
  }
  if (check.refused_packets > 0) {
    check.damage.push_back(Format("%llu of %llu packets cannot be decoded, the first at %.2f s",
                                  static_cast<unsigned long long>(check.refused_packets),
                                  static_cast<unsigned long long>(check.packets),
                                  SecondsOfFrames(header, first_refused)));
  }
  return check;
}

}  // namespace quaver
