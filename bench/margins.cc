// quaver_bench_margins: do all instruction sets of this machine choose the same tokens, and by what margin?
//
// The encoder does not hear its own tokens, so a latent differs between two instruction sets by rounding
// alone, by no more after an hour than after a second. A token can differ only where the latent lies closer
// to the edge of its cell than that.
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cxxopts.hpp>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "bench/contender.h"
#include "bench/speech.h"
#include "codec/model_access.h"
#include "codec/runtime/buffer.h"
#include "codec/runtime/kernels.h"

namespace quaver::bench {
namespace {

const char* const kAbout =
    "Encodes speech with each instruction set that this machine has and prints, as a Markdown table, how "
    "many\n"
    "tokens differ from those of the first, by how much a latent differs at most (as FSP sees it: mapped to\n"
    "0 .. 1 and cut into 5 or 8 cells), and how many tokens have a latent closer to the edge of its cell "
    "than\n"
    "that. docs/research/runtime.md shows it.\n";

struct Coded {
  std::string instructions;
  std::vector<float> latents;    // [frames, stride], as Quantise() leaves them
  std::vector<uint16_t> tokens;  // [frames, groups]
};

Result<Coded> Code(const std::string& file, const Speech& speech) {
  Coded coded;
  coded.instructions = internal::ChooseTarget();
  const auto model = Model::Load(file);  // anew, since how weights are stored depends on the instructions
  if (!model.ok()) return model.error();
  const internal::Chain& chain = internal::ModelAccess::plan(*model.value()).encoder();
  const internal::Bottleneck& bottleneck = internal::ModelAccess::plan(*model.value()).bottleneck();
  const auto stride = static_cast<size_t>(bottleneck.stride());
  const auto groups = static_cast<size_t>(model.value()->groups());
  const size_t frame = model.value()->frame();
  const size_t frames = speech.size() / frame;
  coded.latents.resize(frames * stride);
  coded.tokens.resize(frames * groups);
  internal::Buffer state(chain.state_size());
  internal::Buffer latents(internal::kBlockFrames * stride);
  internal::Buffer scratch(chain.ScratchSize(1, 2 * internal::kBlockFrames));
  for (size_t at = 0; at < frames; at += internal::kBlockFrames) {
    const auto block = static_cast<int>(std::min<size_t>(internal::kBlockFrames, frames - at));
    float* states[] = {state.data()};
    chain.Run(&speech[at * frame], 2 * block, latents.data(), {states, 1}, scratch.data());
    bottleneck.Quantise(latents.data(), block, static_cast<int>(groups), &coded.tokens[at * groups]);
    std::copy_n(latents.data(), static_cast<size_t>(block) * stride, &coded.latents[at * stride]);
  }
  return coded;
}

// How far a latent in 0 .. 1 is from the next edge between two of `levels` cells.
double Margin(double latent, int levels) {
  const double scaled = latent * levels;
  const double edge = std::clamp(std::round(scaled), 1.0, levels - 1.0);
  return std::fabs(scaled - edge) / levels;
}

struct Comparison {
  size_t differ = 0;
  double worst = 0;  // difference of a latent
  size_t close = 0;  // tokens with a latent closer to an edge than that
};

Comparison Compare(const Coded& first, const Coded& other, const BottleneckConfig& config) {
  const auto groups = static_cast<size_t>(config.groups);
  const auto dims = static_cast<size_t>(config.dims());
  const size_t frames = first.tokens.size() / groups;
  const size_t stride = first.latents.size() / frames;
  Comparison result;
  for (size_t i = 0; i < first.latents.size(); ++i)
    result.worst =
        std::max(result.worst, std::fabs(static_cast<double>(first.latents[i]) - other.latents[i]));
  for (size_t token = 0; token < first.tokens.size(); ++token) {
    result.differ += first.tokens[token] != other.tokens[token] ? 1 : 0;
    const float* latents = &first.latents[token / groups * stride + token % groups * dims];
    double margin = 1;
    for (size_t i = 0; i < dims; ++i) margin = std::min(margin, Margin(latents[i], config.levels[i]));
    result.close += margin <= result.worst ? 1 : 0;
  }
  return result;
}

int Fail(const std::string& message) {
  std::fprintf(stderr, "quaver_bench_margins: %s\n", message.c_str());
  return 1;
}

int Measure(const std::string& file, const std::string& path, double seconds) {
  const auto model = Model::Load(file);
  if (!model.ok()) return Fail(model.message());
  const BottleneckConfig& config = internal::ModelAccess::config(*model.value()).bottleneck;
  if (config.type != "fsp") return Fail(file + ": cells have edges only with FSP");
  const auto speech = LoadSpeech(path, seconds);
  if (!speech.ok()) return Fail(speech.message());
  std::printf("%.0f s of speech\n\n", static_cast<double>(speech.value().size()) / 16e3);
  std::printf("| instructions | tokens | differ | latents differ by at most | tokens closer to an edge |\n");
  std::printf("| --- | ---: | ---: | ---: | ---: |\n");
  Coded first;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    auto coded = Code(file, speech.value());
    if (!coded.ok()) return Fail(coded.message());
    if (first.tokens.empty()) first = coded.value();
    const Comparison compared = Compare(first, coded.value(), config);
    std::printf("| %s | %zu | %zu | %.1e | %zu |\n", coded.value().instructions.c_str(), first.tokens.size(),
                compared.differ, compared.worst, compared.close);
    std::fflush(stdout);  // the slow sets take minutes
  }
  return 0;
}

}  // namespace
}  // namespace quaver::bench

int main(int argc, char** argv) {
  std::string model;
  std::string speech;
  double seconds = 600;
  cxxopts::Options options("quaver_bench_margins", quaver::bench::kAbout);
  options.set_width(100);
  options.add_options()("h,help", "Print this text and end")  //
      ("model", "Weights of an FSP model",
       cxxopts::value(model)->default_value(QUAVER_SOURCE_DIR "/models/speech-16k.safetensors"), "FILE")  //
      ("speech", "Sound file or folder of them (default: the samples of the source tree)",
       cxxopts::value(speech)->default_value(QUAVER_SOURCE_DIR "/samples"), "PATH")  //
      ("seconds", "At most so many", cxxopts::value(seconds)->default_value("600"), "S");
  try {
    const auto given = options.parse(argc, argv);
    if (given.count("help") > 0) {
      std::printf("%s", options.help().c_str());
      return 0;
    }
    return quaver::bench::Measure(model, speech, seconds);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "quaver_bench_margins: %s\n", failure.what());
    return 2;
  }
}
