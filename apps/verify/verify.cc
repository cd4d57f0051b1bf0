// quaver verify: whether .qvr files are whole.
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "apps/cli/command_line.h"
#include "apps/cli/console.h"
#include "apps/cli/exit_codes.h"
#include "apps/cli/models.h"
#include "apps/cli/printable.h"
#include "apps/cli/token_file.h"
#include "apps/commands.h"
#include "apps/verify/verify_stream.h"
#include "codec/container/decode_file.h"
#include "codec/container/qvr.h"
#include "codec/model_access.h"
#include "codec/util/format.h"

namespace quaver {
namespace {

const CommandText kText = {
    "verify",
    "Checks that .qvr files are whole, without decoding them to sound: the structure, the checksum of\n"
    "every page, that no frames are missing, that the length is there, that the model of the file is\n"
    "known, and that it decodes every packet to tokens. A packet has no checksum of its own, so what was\n"
    "damaged before it came into the file is found only if it cannot be decoded. \"-\" is standard input.\n"
    "\n"
    "A line says what was found in each file; below one that is damaged stands what is wrong, and where.\n"
    "Exit code: 0, all files are whole; 3, at least one is damaged, `quaver decode` conceals what is lost;\n"
    "1, at least one cannot be read or decoded at all.",
    "FILE.qvr...",
    "  quaver verify talk.qvr                                   one line: whole, or what is wrong\n"
    "  quaver verify --quiet archive/*.qvr                      only what is wrong\n"
    "  find archive -name '*.qvr' -print0 | xargs -0 quaver verify --quiet\n"
    "  ssh host cat talk.qvr | quaver verify - --json\n"
    "  quaver verify --structure other.qvr                      without the model that it was made with\n"};

struct Verdict {
  int code = kExitOk;
  std::string error;  // why it cannot be read or decoded
  std::string text;   // lines
  nlohmann::json facts;
};

nlohmann::json Facts(const QvrHeader& header, const StreamCheck& check) {
  return {{"model", ToHex(header.model)},     {"seconds", check.seconds}, {"frames", check.frames},
          {"lost_frames", check.lost_frames}, {"packets", check.packets}, {"damage", check.damage}};
}

// The model of the stream, if it fits; else an error.
Result<std::shared_ptr<const Model>> FittingModel(Models& models, const QvrHeader& header) {
  auto model = models.For(header.model);
  if (!model.ok()) return model;
  if (const Status fits = CheckHeader(header, *model.value()); !fits.ok()) return fits.error();
  return model;
}

Verdict Refused(const std::string& path, std::string error) {
  Verdict verdict{kExitFailed, std::move(error), "", {{"file", path}, {"verdict", "refused"}}};
  verdict.facts["error"] = verdict.error;
  return verdict;
}

Verdict VerifyFile(const std::string& path, bool structure, Models& models) {
  const auto file = OpenTokenFile(path);
  if (!file.ok()) return Refused(path, file.message());
  auto reader = QvrReader::Open(file.value().source, file.value().name);
  if (!reader.ok()) return Refused(path, reader.message());
  const QvrHeader header = reader.value().header();
  const auto model = structure ? Result<std::shared_ptr<const Model>>(nullptr) : FittingModel(models, header);
  const auto check = VerifyStream(reader.value(), model.ok() ? model.value().get() : nullptr);
  if (!check.ok()) return Refused(path, check.message());

  Verdict verdict;
  verdict.facts = Facts(header, check.value());
  verdict.facts["file"] = path;
  const bool damaged = !check.value().damage.empty();
  std::string name = "not looked for";
  if (model.ok() && !structure) {
    name = internal::ModelAccess::config(*model.value()).name;
    verdict.facts["model_name"] = name;
    verdict.facts["refused_packets"] = check.value().refused_packets;
  }
  if (!model.ok()) {
    name = "not usable";
    verdict.error = file.value().name + ": " + model.message();
    verdict.facts["error"] = verdict.error;
  }
  verdict.code = !model.ok() ? kExitFailed : damaged ? kExitDamaged : kExitOk;
  verdict.facts["verdict"] = !model.ok() ? "not decodable" : damaged ? "damaged" : "whole";
  verdict.text = Printable(file.value().name) +
                 Format(": %s, %.3f s, %llu frames, %llu packets, model %s\n", damaged ? "damaged" : "whole",
                        check.value().seconds, static_cast<unsigned long long>(check.value().frames),
                        static_cast<unsigned long long>(check.value().packets), Printable(name).c_str());
  for (const std::string& line : check.value().damage) verdict.text += "  " + Printable(line) + "\n";
  return verdict;
}

}  // namespace

int RunVerify(int argc, char** argv) {
  CommandLine line(kText);
  bool json = false, quiet = false, structure = false;
  std::string model;
  line.options().add_options()                                                                    //
      ("json", "Print JSON: an object, or an array for several files", cxxopts::value(json))      //
      ("quiet", "Print no line for files that are whole", cxxopts::value(quiet))                  //
      ("structure", "Check the file alone: look for no model, decode no packets", cxxopts::value(structure))  //
      ("model", "Name or file of the model (default: found by the identity in the file)", cxxopts::value(model),
       "M");
  if (const auto over = line.Parse(argc, argv)) return *over;
  if (line.positional().empty()) return line.UsageError("no file");
  if (structure && !model.empty())
    return line.UsageError("--structure looks for no model: leave out --model");

  Console console("verify", quiet);
  Models models(model);
  nlohmann::json all = nlohmann::json::array();
  int code = kExitOk;
  for (const std::string& path : line.positional()) {
    const Verdict verdict = VerifyFile(path, structure, models);
    code = WorseExit(code, verdict.code);
    if (!verdict.error.empty()) console.Error(verdict.error);
    if (!json && !(quiet && verdict.code == kExitOk)) std::fputs(verdict.text.c_str(), stdout);
    all.push_back(verdict.facts);
  }
  if (json) std::fputs(PrintableJson(all.size() == 1 ? all[0] : all).c_str(), stdout);
  return code;
}

}  // namespace quaver
