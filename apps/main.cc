// The program `quaver`: one subcommand a file.
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include "apps/cli/exit_codes.h"
#include "apps/cli/printable.h"
#include "apps/commands.h"
#include "codec/io/atomic_file.h"
#include "codec/model/builtin.h"
#include "codec/model/weights.h"
#include "codec/quaver.h"

namespace quaver {
namespace {

constexpr char kHelp[] = R"(Quaver: a streaming neural speech codec, 0.5 to 7 kbit/s.

Usage:
  quaver COMMAND ...      (quaver COMMAND --help lists its options, with examples)

Commands:
  encode        code sound files to .qvr, or to tokens as .npy
  decode        decode .qvr or .npy to WAV or FLAC
  live          talk through the codec: microphone, simulated network, loudspeaker
  info          show what is in a .qvr, an .npy or a weights file
  verify        check that .qvr files are whole
  evaluate      score decoded speech against its reference
  data          show what is in a folder of speech before training on it
  pack          decode folders of speech once, to shards for training
  train         train a model on your own speech
  fit-codebook  fit the codebooks of a run that was trained with vector perturbation
  export        write the weights file of a training run
  fit-entropy   fit the entropy model of a weights file to speech, for smaller packets
  report        write a page about training runs: curves, scores, spectrograms, sound
  selftest      check that this build computes what it should on this machine

Options:
  -h, --help     print this text
      --version  print the version and the built-in model

Examples:
  quaver encode talk.wav                      writes talk.qvr at 3 kbit/s
  quaver encode talk.wav -o t.qvr --bitrate 6k
  quaver decode t.qvr -o heard.wav
  quaver evaluate talk.wav heard.wav
  quaver live --bitrate 6k
  quaver report runs/first -o first.html
  quaver encode talk.wav -o - | quaver decode - -o - > heard.wav

Exit codes:
  0  success
  1  at least one input failed; the others were processed
  2  usage error; nothing was done
  3  done, but the input was damaged, cut off or incomplete
  4  train, fit-codebook, fit-entropy or export in a program built without the trainer
  130, 143  encode, decode, live --record: SIGINT (Ctrl-C) or SIGTERM ended the input; what came before it
     is in a whole file
)";

struct Command {
  std::string_view name;
  int (*run)(int, char**);
};
constexpr Command kCommands[] = {{"encode", RunEncode},
                                 {"decode", RunDecode},
                                 {"live", RunLive},
                                 {"info", RunInfo},
                                 {"verify", RunVerify},
                                 {"evaluate", RunEvaluate},
                                 {"data", RunData},
                                 {"pack", RunPack},
                                 {"train", RunTrain},
                                 {"fit-codebook", RunFitCodebook},
                                 {"export", RunExport},
                                 {"report", RunReport},
                                 {"fit-entropy", RunFitEntropy},
                                 {"selftest", RunSelftest}};

int PrintVersion() {
  std::printf("quaver %s\n", quaver_version());
  if (BuiltInWeights().empty()) {
    std::printf("no built-in model\n");
    return kExitOk;
  }
  const auto summary = PeekWeights(BuiltInWeights(), "built-in model");
  if (summary.ok()) {
    std::printf("built-in model: %s, %s\n", summary.value().name.c_str(),
                ToHex(summary.value().identity).c_str());
  } else {
    std::printf("%s\n", summary.message().c_str());
  }
  return kExitOk;
}

int Run(int argc, char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  if (name == "--help" || name == "-h" || name == "help") {
    std::fputs(kHelp, stdout);
    return kExitOk;
  }
  if (name == "--version") return PrintVersion();
  for (const Command& command : kCommands) {
    if (command.name == name) return command.run(argc - 1, argv + 1);
  }
  if (argc < 2) {
    std::fputs(kHelp, stderr);
  } else {
    std::fprintf(stderr, "quaver: no command %s\nTry: quaver --help\n", Printable(argv[1]).c_str());
  }
  return kExitUsage;
}

// What was printed must have arrived: a full disk or a closed pipe is a failure.
int FlushOutput(int code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  std::perror("quaver: standard output");
  return code == kExitOk ? kExitFailed : code;
}

}  // namespace
}  // namespace quaver

int main(int argc, char** argv) {
  // A write to a closed pipe, or beyond `ulimit -f`, fails and cleans up like any other failure.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGCHLD, SIG_DFL);  // an ignored one would leave nobody to ask how ffmpeg ended
  quaver::RemoveTemporaryFilesOnSignals();
  try {
    return quaver::FlushOutput(quaver::Run(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "quaver %s: %s\n", argv[1], quaver::PrintableMessage(error.what()).c_str());
    return quaver::kExitFailed;
  }
}
