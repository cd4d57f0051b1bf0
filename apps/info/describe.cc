#include "apps/info/describe.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "apps/cli/printable.h"
#include "apps/cli/progress.h"
#include "apps/cli/token_file.h"
#include "codec/container/decode_file.h"
#include "codec/container/qvr.h"
#include "codec/metrics/token_stats.h"
#include "codec/model/config.h"
#include "codec/model_access.h"
#include "codec/util/format.h"

namespace quaver {
namespace {

constexpr double kNominalBits = 10;  // a token

double Kbps(double bytes, double seconds) { return seconds > 0 ? 8e-3 * bytes / seconds : 0; }

void AddTokenUse(const TokenCounter& counter, Description& d) {
  nlohmann::json groups = nlohmann::json::array();
  d.text += "  token use   group  tokens  codes used  entropy (bits)\n";
  for (int group = 0; group < counter.groups(); ++group) {
    const TokenStats stats = counter.Stats(group);
    if (stats.tokens == 0) continue;
    const auto used = std::lround(stats.usage * static_cast<double>(counter.counts(group).size()));
    groups.push_back({{"group", group},
                      {"tokens", stats.tokens},
                      {"codes_used", used},
                      {"entropy_bits", stats.entropy_bits},
                      {"normalised_perplexity", stats.normalised_perplexity}});
    d.text += Format("              %5d %7llu %11ld %15.2f\n", group + 1,
                     static_cast<unsigned long long>(stats.tokens), used, stats.entropy_bits);
  }
  d.facts["token_use"] = groups;
}

// What the packets of a stream say.
struct StreamFacts {
  uint64_t frames = 0;  // lost ones too
  uint64_t lost = 0;
  uint64_t packets = 0;
  uint64_t payload_bytes = 0;
  uint64_t tokens = 0;  // counted if the model is there
  int64_t original_samples = -1;
  std::optional<TokenCounter> counter;
};

void CountPacket(const QvrEvent& event, const QvrHeader& header, const Model& model, StreamFacts& facts) {
  PacketTokens packet;
  if (!DecodePacket(model.entropy(), header.defaults, event.packet, packet)) return;
  for (int i = 0; i < packet.frames; ++i) {
    facts.counter->Add(std::span(packet.token[i]).first(packet.n_q[i]), packet.n_q[i]);
    facts.tokens += packet.n_q[i];
  }
}

Result<StreamFacts> ReadStream(QvrReader& reader, const Model* model) {
  StreamFacts facts;
  if (model != nullptr) facts.counter.emplace(model->groups(), model->codes());
  for (;;) {
    const auto event = reader.Next();
    if (!event.ok()) return event.error();
    const QvrEvent& e = event.value();
    if (e.kind == QvrEvent::kEnd) {
      facts.original_samples = e.original_samples;
      return facts;
    }
    if (e.kind == QvrEvent::kLost) {
      facts.lost += static_cast<uint64_t>(e.lost_frames);
      facts.frames += static_cast<uint64_t>(e.lost_frames);
      continue;
    }
    facts.frames += static_cast<uint64_t>(e.frames);
    ++facts.packets;
    facts.payload_bytes += e.packet.size();
    if (model != nullptr) CountPacket(e, reader.header(), *model, facts);
  }
}

double FrameRate(const QvrHeader& header) {
  return static_cast<double>(header.model_rate) / header.frame_samples;
}

void AddRates(const QvrHeader& header, const StreamFacts& stream, double file_bytes, Description& d) {
  const double frame_rate = FrameRate(header);
  const double seconds = stream.original_samples >= 0
                             ? static_cast<double>(stream.original_samples) / header.original_rate
                             : static_cast<double>(stream.frames) / frame_rate;
  const auto received = static_cast<double>(stream.frames - stream.lost);
  const double n_q = stream.tokens > 0 && received > 0 ? static_cast<double>(stream.tokens) / received
                                                       : static_cast<double>(header.defaults.n_q);
  const double nominal = 1e-3 * kNominalBits * frame_rate * n_q;
  const double payload = Kbps(static_cast<double>(stream.payload_bytes), seconds);
  const double file = Kbps(file_bytes, seconds);
  d.facts.update({{"seconds", seconds},
                  {"frames", stream.frames},
                  {"lost_frames", stream.lost},
                  {"packets", stream.packets},
                  {"payload_bytes", stream.payload_bytes},
                  {"payload_kbps", payload},
                  {"file_bytes", file_bytes},
                  {"file_kbps", file},
                  {"nominal_kbps", nominal},
                  {"n_q", header.defaults.n_q}});
  d.facts["file_bytes"] = static_cast<uint64_t>(file_bytes);
  d.text +=
      Format("  duration    %s (%.3f s), %llu frames, %llu packets\n", ClockText(seconds).c_str(), seconds,
             static_cast<unsigned long long>(stream.frames), static_cast<unsigned long long>(stream.packets));
  d.text +=
      Format("  tokens      %d a frame, %d frames a packet\n", header.defaults.n_q, header.defaults.frames);
  d.text += Format("  payload     %llu bytes, %.3f kbit/s\n",
                   static_cast<unsigned long long>(stream.payload_bytes), payload);
  d.text += Format("  file        %.0f bytes, %.3f kbit/s\n", file_bytes, file);
  d.text += Format("  nominal     %.3f kbit/s (10 bits a token)\n", nominal);
}

void AddTags(const std::vector<QvrTag>& tags, Description& d) {
  d.facts["tags"] = nlohmann::json::array();
  for (const QvrTag& tag : tags) {
    d.facts["tags"].push_back({{"name", tag.name}, {"value", tag.value}});
    d.text += "  tag         " + Printable(tag.name + "=" + tag.value) + "\n";
  }
}

void AddDamage(const QvrReader& reader, const StreamFacts& stream, Description& d) {
  std::vector<std::string> damage = reader.damage();
  if (stream.original_samples < 0)
    damage.push_back("cut off: the end is missing, and so is the exact length");
  if (damage.empty() && stream.lost > 0) damage.push_back("frames are missing");
  d.damaged = !damage.empty();
  d.facts["damage"] = damage;
  for (const std::string& line : damage) d.text += "  damage      " + Printable(line) + "\n";
}

Result<Description> DescribeQvr(const std::string& path, const TokenFile& file, Models& models) {
  auto opened = QvrReader::Open(file.source, file.name);
  if (!opened.ok()) return opened.error();
  QvrReader& reader = opened.value();
  const QvrHeader& header = reader.header();
  const auto model = models.For(header.model);
  const bool usable = model.ok() && CheckHeader(header, *model.value()).ok();
  const auto stream = ReadStream(reader, usable ? model.value().get() : nullptr);
  if (!stream.ok()) return stream.error();

  Description d;
  const std::string name = model.ok() ? internal::ModelAccess::config(*model.value()).name : "";
  d.facts = {{"file", path},
             {"kind", "qvr"},
             {"model", ToHex(header.model)},
             {"model_found", model.ok()},
             {"original_rate", header.original_rate},
             {"original_channels", header.original_channels},
             {"pre_skip", header.pre_skip},
             {"frames_per_packet", header.defaults.frames}};
  if (model.ok()) d.facts["model_name"] = name;
  d.text = Printable(path) + ": Quaver stream\n";
  d.text += "  model       " + ToHex(header.model) +
            (model.ok() ? " (" + Printable(name) + ")" : " (not found)") + "\n";
  d.text += Format("  original    %u Hz, channels: %u\n", header.original_rate,
                   static_cast<unsigned>(header.original_channels));
  AddTags(reader.tags(), d);
  AddRates(header, stream.value(), static_cast<double>(*file.bytes_read), d);
  AddDamage(reader, stream.value(), d);
  if (stream.value().counter) AddTokenUse(*stream.value().counter, d);
  return d;
}

const char* KindOf(TokenArrayKind kind) {
  if (kind == TokenArrayKind::kNpz) return "npz";
  return kind == TokenArrayKind::kSafetensors ? "safetensors" : "npy";
}

Result<Description> DescribeTokens(const std::string& path, const TokenFile& file, TokenLayout layout) {
  const auto read = ReadTokenArray(file.array, file.source, file.name, layout);
  if (!read.ok()) return read.error();
  const TokenMatrix& matrix = read.value();
  constexpr int kFrameRate = 50;
  const double seconds = static_cast<double>(matrix.rows) / kFrameRate;
  Description d;
  d.facts = {{"file", path},
             {"kind", KindOf(file.array)},
             {"frames", matrix.rows},
             {"n_q", matrix.columns},
             {"seconds", seconds}};
  d.text = Printable(path) + Format(": tokens, %zu frames (%.2f s at 50 a second), %zu tokens a frame\n",
                                    matrix.rows, seconds, matrix.columns);
  // No larger than what is there: codes up to the largest one met.
  int codes = 0;
  for (const uint16_t token : matrix.values) codes = token == kNoToken ? codes : std::max(codes, token + 1);
  TokenCounter counter(static_cast<int>(matrix.columns), codes);
  if (matrix.columns > 0) counter.Add(matrix.values, static_cast<int>(matrix.columns));
  AddTokenUse(counter, d);
  return d;
}

}  // namespace

Result<Description> DescribeFile(const std::string& path, TokenLayout layout, Models& models) {
  const bool weights = path.ends_with(".safetensors");
  auto described = weights ? DescribeWeights(path) : Result<Description>(Error{});
  if (described.ok()) return described;
  const auto file = OpenTokenFile(path);
  if (!file.ok()) return file.error();
  const bool stream = file.value().array == TokenArrayKind::kNone;
  if (stream && !weights) return DescribeQvr(path, file.value(), models);
  auto tokens = stream ? Result<Description>(Error{}) : DescribeTokens(path, file.value(), layout);
  return weights && !tokens.ok() ? described : tokens;
}

}  // namespace quaver
