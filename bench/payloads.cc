// quaver_bench_payloads: what redundant frames cost in the payloads of RTP packets.
#include <array>
#include <cstdio>
#include <cxxopts.hpp>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "bench/speech.h"
#include "codec/quaver.h"
#include "codec/rtp/rtp.h"

namespace quaver::bench {
namespace {

const char* const kAbout =
    "Prints the mean bytes of RTP payloads without redundant frames, and how many more they take with 1, 2\n"
    "or 4 of them (D) of 1 to 4 tokens each (K), as a Markdown table. docs/rtp.md shows it.\n";

constexpr std::array<int, 3> kRedundant = {1, 2, 4};

struct Tokens {
  const quaver_model* model;
  std::vector<uint16_t> rows;  // [frames, groups]
  int groups;
  int frames() const { return static_cast<int>(rows.size()) / groups; }
};

// Mean bytes of all payloads; those that begin within the first frames are left out, so that all of them can
// have redundant frames.
double MeanBytes(const Tokens& tokens, const quaver_rtp_payload& header) {
  std::array<uint8_t, QUAVER_RTP_MAX_ALL_FRAMES> n_q;
  n_q.fill(static_cast<uint8_t>(header.n_q));
  for (size_t f = 0; f < static_cast<size_t>(header.redundant_frames); ++f)
    n_q[f] = static_cast<uint8_t>(header.redundant_tokens);
  std::vector<uint8_t> payload(QUAVER_RTP_MAX_BYTES);
  double bytes = 0;
  int payloads = 0;
  for (int own = QUAVER_RTP_MAX_REDUNDANT; own + header.frames <= tokens.frames(); own += header.frames) {
    const uint16_t* first =
        &tokens.rows[static_cast<size_t>((own - header.redundant_frames) * tokens.groups)];
    bytes += quaver_rtp_pack(tokens.model, &header, first, n_q.data(), payload.data(), payload.size());
    ++payloads;
  }
  return bytes / payloads;
}

void Print(const Tokens& tokens) {
  std::printf("| tokens a frame | frames a packet | D = 0 |");
  for (const int d : kRedundant) {
    for (int k = 1; k <= QUAVER_RTP_MAX_TOKENS; ++k) std::printf(" %d x %d |", d, k);
  }
  std::printf("\n|");
  for (size_t column = 0; column < 3 + kRedundant.size() * QUAVER_RTP_MAX_TOKENS; ++column)
    std::printf(" --- |");
  std::printf("\n");
  for (const double rate : {1500.0, 3000.0, 6000.0}) {
    const int n_q = quaver_tokens_for_bitrate(tokens.model, rate, QUAVER_MAX_FRAMES);
    for (const int frames : {1, 2, 4}) {
      const double bare = MeanBytes(tokens, {frames, 0, 0, n_q, 0});
      std::printf("| %d | %d | %.1f |", n_q, frames, bare);
      for (const int d : kRedundant) {
        for (int k = 1; k <= QUAVER_RTP_MAX_TOKENS; ++k)
          std::printf(" %.1f |", MeanBytes(tokens, {frames, d, k, n_q, 0}) - bare);
      }
      std::printf("\n");
    }
  }
}

int Measure(const std::string& path) {
  const auto speech = LoadSpeech(path, 3600);
  if (!speech.ok()) {
    std::fprintf(stderr, "quaver_bench_payloads: %s\n", speech.message().c_str());
    return 1;
  }
  const std::unique_ptr<quaver_model, decltype(&quaver_model_close)> model(
      quaver_model_open(nullptr, nullptr, 0), &quaver_model_close);
  const std::unique_ptr<quaver_encoder, decltype(&quaver_encoder_close)> encoder(
      quaver_encoder_create(model.get()), &quaver_encoder_close);
  const auto& samples = speech.value();
  Tokens tokens{model.get(), {}, quaver_groups(model.get())};
  const int frames = quaver_encoder_frames_after(encoder.get(), samples.size());
  if (frames <= QUAVER_RTP_MAX_REDUNDANT + 4) {
    std::fprintf(stderr, "quaver_bench_payloads: %s: less than 0.2 s of speech\n", path.c_str());
    return 1;
  }
  tokens.rows.resize(static_cast<size_t>(frames * tokens.groups));
  quaver_encode(encoder.get(), samples.data(), samples.size(), tokens.groups, tokens.rows.data(),
                tokens.rows.size());
  Print(tokens);
  return 0;
}

}  // namespace
}  // namespace quaver::bench

int main(int argc, char** argv) {
  std::string speech;
  cxxopts::Options options("quaver_bench_payloads", quaver::bench::kAbout);
  options.set_width(100);
  options.add_options()("h,help", "Print this text and end")  //
      ("speech", "Sound file or folder of them (default: the samples of the source tree)",
       cxxopts::value(speech)->default_value(QUAVER_SOURCE_DIR "/samples"), "PATH");
  try {
    const auto given = options.parse(argc, argv);
    if (given.count("help") > 0) {
      std::printf("%s", options.help().c_str());
      return 0;
    }
    return quaver::bench::Measure(speech);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "quaver_bench_payloads: %s\n", failure.what());
    return 2;
  }
}
