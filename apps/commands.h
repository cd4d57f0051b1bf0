// The subcommands. argv[0] is the name of the subcommand; the value is the exit code (apps/exit_codes.h).
#ifndef QUAVER_APPS_COMMANDS_H_
#define QUAVER_APPS_COMMANDS_H_

namespace quaver {

int RunEncode(int argc, char** argv);
int RunDecode(int argc, char** argv);
int RunInfo(int argc, char** argv);
int RunLive(int argc, char** argv);
int RunEvaluate(int argc, char** argv);
int RunData(int argc, char** argv);
int RunPack(int argc, char** argv);
int RunTrain(int argc, char** argv);
int RunFitCodebook(int argc, char** argv);
int RunFitEntropy(int argc, char** argv);
int RunExport(int argc, char** argv);
int RunReport(int argc, char** argv);
int RunSelftest(int argc, char** argv);
int RunVerify(int argc, char** argv);

}  // namespace quaver

#endif  // QUAVER_APPS_COMMANDS_H_
