#include "apps/train/fitting.h"

#include "apps/cli/exit_codes.h"
#include "codec/util/format.h"

namespace quaver {

FitProgress ConsoleFitProgress(Console& console) {
  if (!console.talkative()) return {};
  return [&console](const std::string& what, int64_t done, int64_t total) {
    console.Bar(what + Format(" %lld of %lld", static_cast<long long>(done), static_cast<long long>(total)));
  };
}

Status CommitWeights(Weights& weights, AtomicFile& file, Console& console) {
  const auto bytes = SerializeWeights(weights);
  if (!bytes.ok()) return bytes.error();
  Status status = file.Write(bytes.value());
  if (status.ok()) status = file.Commit();
  if (!status.ok()) return status;
  console.Print(file.name() + Format(": %zu bytes, identity ", bytes.value().size()) +
                ToHex(weights.identity));
  return {};
}

int ExitCode(const Status& status, Console& console) {
  if (status.ok()) return kExitOk;
  console.Error(status.message());
  return kExitFailed;
}

}  // namespace quaver
