#include "codec/encode/bitrate.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "codec/model_access.h"
#include "codec/stream_encoder.h"
#include "codec/util/format.h"

namespace quaver {

namespace {

// Takes an array of numbers, and nothing else. A tree of nlohmann-json would allocate memory in its
// destructor, where running out of it ends the program.
class NumberList : public nlohmann::json_sax<nlohmann::json> {
 public:
  const std::vector<double>& numbers() const { return numbers_; }
  bool number_integer(int64_t number) override { return Take(static_cast<double>(number)); }
  bool number_unsigned(uint64_t number) override { return Take(static_cast<double>(number)); }
  bool number_float(double number, const std::string&) override { return Take(number); }
  bool start_array(size_t) override { return !std::exchange(open_, true); }
  bool end_array() override { return true; }
  bool null() override { return false; }
  bool boolean(bool) override { return false; }
  bool string(std::string&) override { return false; }
  bool binary(nlohmann::json::binary_t&) override { return false; }
  bool start_object(size_t) override { return false; }
  bool key(std::string&) override { return false; }
  bool end_object() override { return false; }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  bool Take(double number) {
    if (open_) numbers_.push_back(number);
    return open_;
  }
  bool open_ = false;
  std::vector<double> numbers_;
};

}  // namespace

Result<std::vector<double>> ParseExpectedBitrates(const std::map<std::string, std::string>& metadata,
                                                  size_t groups, int codes, double frame_rate) {
  const auto entry = metadata.find("payload_bps");
  if (entry == metadata.end()) {
    std::vector<double> rates(groups);
    const double token = frame_rate * std::log2(codes);
    for (size_t i = 0; i < groups; ++i) rates[i] = token * static_cast<double>(i + 1);
    return rates;
  }
  NumberList list;
  const bool valid = nlohmann::json::sax_parse(entry->second, &list) && list.numbers().size() == groups &&
                     std::ranges::all_of(list.numbers(), [](double rate) { return rate > 0; });
  if (valid) return list.numbers();
  return Error{"the model's metadata \"payload_bps\" are not " + std::to_string(groups) +
               " positive numbers; choose tokens instead of a bit rate"};
}

const Result<std::vector<double>>& ExpectedBitrates(const Model& model) {
  return internal::ModelAccess::expected_bitrates(model);
}

namespace {

// expected(n_q): of the packets that are meant, n_q = 1 .. groups.
template <typename Expected>
Result<int> MostTokens(double bits_per_second, size_t groups, const Expected& expected) {
  for (size_t n_q = groups; n_q > 0; --n_q) {
    if (expected(n_q) <= bits_per_second) return static_cast<int>(n_q);
  }
  return Error{Format("%.0f bits per second are too few: one token a frame already takes about %.0f",
                      bits_per_second, groups == 0 ? 0.0 : expected(1))};
}

// Bits that a packet costs beside its tokens: filling its last byte, and what its first frame costs more than
// those that follow, for want of context. Measured on speech with the shipped model: 3.1 to 4.5 bits a packet
// at n_q = 1, 7.8 to 9.3 at n_q = 12.
double PacketBits(int n_q) { return 4 + 0.45 * n_q; }

double WithPackets(const Model& model, double expected, int n_q, int frames) {
  const double packets = model.frame_rate() * (1.0 / frames - 1.0 / kMaxFramesPerPacket);
  return expected + PacketBits(n_q) * packets;
}

Status CheckFrames(int frames) {
  if (frames >= 1 && frames <= kMaxFramesPerPacket) return {};
  return Error{Format("%d frames a packet: must be within 1 .. %d", frames, kMaxFramesPerPacket)};
}

}  // namespace

Result<int> TokensForBitrate(double bits_per_second, const std::vector<double>& expected) {
  return MostTokens(bits_per_second, expected.size(), [&](size_t n_q) { return expected[n_q - 1]; });
}

Result<int> TokensForBitrate(const Model& model, double bits_per_second, int frames_per_packet) {
  if (const Status valid = CheckFrames(frames_per_packet); !valid.ok()) return valid.error();
  const auto& rates = ExpectedBitrates(model);
  if (!rates.ok()) return rates.error();
  return MostTokens(bits_per_second, rates.value().size(), [&](size_t n_q) {
    return WithPackets(model, rates.value()[n_q - 1], static_cast<int>(n_q), frames_per_packet);
  });
}

Result<double> ExpectedBitrate(const Model& model, int tokens, int frames_per_packet) {
  if (const Status valid = CheckFrames(frames_per_packet); !valid.ok()) return valid.error();
  if (tokens < 1 || tokens > model.groups())
    return Error{Format("%d tokens a frame: must be within 1 .. %d", tokens, model.groups())};
  const auto& rates = ExpectedBitrates(model);
  if (!rates.ok()) return rates.error();
  return WithPackets(model, rates.value()[static_cast<size_t>(tokens - 1)], tokens, frames_per_packet);
}

}  // namespace quaver
