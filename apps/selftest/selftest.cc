// quaver selftest: whether this build computes what it should on this machine.
#include <hwy/targets.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/cli/command_line.h"
#include "apps/cli/console.h"
#include "apps/cli/exit_codes.h"
#include "apps/cli/models.h"
#include "apps/cli/printable.h"
#include "apps/commands.h"
#include "apps/selftest/coded_clip.h"
#include "codec/model/builtin.h"
#include "codec/runtime/kernels.h"
#include "codec/util/format.h"

namespace quaver {
namespace {

const CommandText kText = {
    "selftest",
    "Checks that this build computes what it should on this machine, with each instruction set that it\n"
    "has: that all of them agree about a made-up voice coded with the model (packets exactly, 99 % of the\n"
    "tokens, samples to a thousandth of full scale). With the folder of the conformance vectors\n"
    "(tests/conformance in the source tree), also that the packets, tokens and sound there come out as\n"
    "they must: run that after building for a distribution, or with another compiler or other flags.\n"
    "Takes seconds.\n"
    "\n"
    "A line for each instruction set; the first is the one that the program uses. Exit code: 0, all\n"
    "passed; 1, something differs.",
    "[FOLDER]",
    "  quaver selftest                      do the instruction sets of this machine agree?\n"
    "  quaver selftest tests/conformance    and do they compute what the specification says?\n"
    "  quaver selftest tests/conformance --json\n"};

// Only this instruction set, until the end.
class OnlyTarget {
 public:
  explicit OnlyTarget(int64_t target) { hwy::SetSupportedTargetsForTest(target); }
  ~OnlyTarget() { hwy::SetSupportedTargetsForTest(0); }
  OnlyTarget(const OnlyTarget&) = delete;
  OnlyTarget& operator=(const OnlyTarget&) = delete;
};

struct Tested {
  std::string instructions;
  double equal_tokens = 1;  // the least of all clips
  double worst_sample = 0;  // the largest
  std::vector<std::string> failures;
};

void Add(const ClipCheck& check, Tested& tested) {
  tested.equal_tokens = std::min(tested.equal_tokens, check.equal_tokens);
  tested.worst_sample = std::max(tested.worst_sample, check.worst_sample);
  tested.failures.insert(tested.failures.end(), check.failures.begin(), check.failures.end());
}

// Models are made anew, since how their weights are stored depends on the instructions. The first set codes
// the voice that the others are compared with.
Result<Tested> Test(int64_t target, const std::string& model_name, const ConformanceVectors& vectors,
                    std::optional<CodedClip>& voice) {
  const OnlyTarget only(target);
  Tested tested;
  tested.instructions = internal::ChooseTarget();
  if (tested.instructions != hwy::TargetName(target)) return Error{"cannot choose " + tested.instructions};
  // A build without a built-in model is checked by the vectors alone.
  if (!model_name.empty() || !BuiltInWeights().empty() || vectors.clips.empty()) {
    const auto model = Models(model_name).Chosen();
    if (!model.ok()) return model.error();
    if (!voice) voice = CodedVoice(model.value());
    Add(CheckClip(model.value(), *voice), tested);
  }
  if (vectors.clips.empty()) return tested;
  const auto frozen = Model::Load(vectors.model);
  if (!frozen.ok()) return frozen.error();
  for (const CodedClip& clip : vectors.clips) Add(CheckClip(frozen.value(), clip), tested);
  return tested;
}

std::string Line(const Tested& tested) {
  std::string text =
      Format("%-12s %s, tokens equal %.2f %%, worst sample %.1e\n", tested.instructions.c_str(),
             tested.failures.empty() ? "passed" : "FAILED", 100 * tested.equal_tokens, tested.worst_sample);
  for (const std::string& failure : tested.failures) text += "  " + Printable(failure) + "\n";
  return text;
}

}  // namespace

int RunSelftest(int argc, char** argv) {
  CommandLine line(kText);
  bool json = false;
  std::string model;
  line.options().add_options()                                                    //
      ("json", "Print JSON: an array of instruction sets", cxxopts::value(json))  //
      ("model", "Name or file of the model for the made-up voice (default: built-in)", cxxopts::value(model),
       "M");
  if (const auto over = line.Parse(argc, argv)) return *over;
  if (line.positional().size() > 1) return line.UsageError("more than one folder");

  Console console("selftest", false);
  ConformanceVectors vectors;
  if (!line.positional().empty()) {
    auto read = ReadConformanceVectors(line.positional()[0]);
    if (!read.ok()) {
      console.Error(read.message());
      return kExitFailed;
    }
    vectors = std::move(read).value();
  }
  nlohmann::json all = nlohmann::json::array();
  int code = kExitOk;
  std::optional<CodedClip> voice;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    const auto tested = Test(target, model, vectors, voice);
    if (!tested.ok()) {
      console.Error(tested.message());
      return kExitFailed;
    }
    if (!tested.value().failures.empty()) code = kExitFailed;
    all.push_back({{"instructions", tested.value().instructions},
                   {"passed", tested.value().failures.empty()},
                   {"equal_tokens", tested.value().equal_tokens},
                   {"worst_sample", tested.value().worst_sample},
                   {"failures", tested.value().failures}});
    if (!json) std::fputs(Line(tested.value()).c_str(), stdout);
  }
  if (json) std::fputs(PrintableJson(all).c_str(), stdout);
  return code;
}

}  // namespace quaver
