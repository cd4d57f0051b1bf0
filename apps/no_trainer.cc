// `quaver train`, `fit-codebook`, `fit-entropy`, `export` and `evaluate --run` of a program that was built
// without LibTorch.
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/cli/exit_codes.h"
#include "apps/commands.h"
#include "apps/evaluate/evaluate_run.h"

namespace quaver {
namespace {

int Explain(const char* command, int argc, char** argv) {
  bool help = false;
  for (int i = 1; i < argc; ++i)
    help = help || std::string(argv[i]) == "--help" || std::string(argv[i]) == "-h";
  std::fprintf(
      help ? stdout : stderr,
      "quaver %s: this program was built without the trainer, which needs LibTorch (PyTorch's C++ library).\n"
      "To get it, in the source tree:\n"
      "  ./check                      installs LibTorch, builds everything and runs the tests\n"
      "or, with a LibTorch of your own:\n"
      "  cmake -B build/train -DQUAVER_TRAIN=ON -DTorch_DIR=LIBTORCH/share/cmake/Torch\n"
      "  cmake --build build/train\n"
      "then, for example:\n"
      "  quaver train --config models/speech-16k.json --data speech/ --out runs/first\n"
      "  quaver export runs/first -o first.safetensors\n",
      command);
  return help ? kExitOk : kExitNoTrainer;
}

}  // namespace

int RunTrain(int argc, char** argv) { return Explain("train", argc, argv); }
int RunFitCodebook(int argc, char** argv) { return Explain("fit-codebook", argc, argv); }
int RunFitEntropy(int argc, char** argv) { return Explain("fit-entropy", argc, argv); }
int RunExport(int argc, char** argv) { return Explain("export", argc, argv); }

Result<nlohmann::json> DecodeByRun(const RunToEvaluate&, const std::string&, const std::string&, Console&) {
  return Error{"--run: this program was built without the trainer; quaver train --help says how to get it"};
}

}  // namespace quaver
