// quaver info: what is in a file.
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/cli/command_line.h"
#include "apps/cli/console.h"
#include "apps/cli/exit_codes.h"
#include "apps/cli/models.h"
#include "apps/cli/printable.h"
#include "apps/commands.h"
#include "apps/info/describe.h"

namespace quaver {
namespace {

const CommandText kText = {
    "info",
    "Shows what is in a file. For a .qvr: model, duration, frames, bit rates and use of the codes.\n"
    "Payload is the packets alone, file is all bytes, nominal is 10 bits a token. For a weights file\n"
    "(.safetensors): identity, bottleneck and codebook, size, cost, configuration and metadata. For\n"
    "an array of tokens (.npy, .npz, .safetensors): frames and tokens.",
    "FILE...",
    "  quaver info talk.qvr\n"
    "  quaver info talk.qvr --json\n"
    "  quaver info models/speech-16k.safetensors\n"};

}  // namespace

int RunInfo(int argc, char** argv) {
  CommandLine line(kText);
  bool json = false;
  std::string model;
  std::string layout = "T,n_q";
  line.options().add_options()                                                                //
      ("json", "Print JSON: an object, or an array for several files", cxxopts::value(json))  //
      ("model", "Name or file of the model (default: found by the identity in the file)",
       cxxopts::value(model), "M")  //
      ("layout", "Order of the dimensions of an array of tokens: T,n_q or n_q,T (default: T,n_q)",
       cxxopts::value(layout), "L");
  if (const auto over = line.Parse(argc, argv)) return *over;
  if (line.positional().empty()) return line.UsageError("no file");
  const auto order = ParseLayout(layout);
  if (!order.ok()) return line.UsageError(order.message());

  Console console("info", false);
  Models models(model);
  nlohmann::json all = nlohmann::json::array();
  int code = kExitOk;
  for (const std::string& path : line.positional()) {
    const auto description = DescribeFile(path, order.value(), models);
    if (!description.ok()) {
      console.Error(description.message());
      code = WorseExit(code, kExitFailed);
      continue;
    }
    if (description.value().damaged) code = WorseExit(code, kExitDamaged);
    all.push_back(description.value().facts);
    if (!json) std::fputs(description.value().text.c_str(), stdout);
  }
  if (json && line.positional().size() > 1) std::fputs(PrintableJson(all).c_str(), stdout);
  if (json && line.positional().size() == 1 && !all.empty())
    std::fputs(PrintableJson(all[0]).c_str(), stdout);
  return code;
}

}  // namespace quaver
