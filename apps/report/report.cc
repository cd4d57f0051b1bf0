// quaver report: a page about training runs.
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "apps/cli/batch_options.h"
#include "apps/cli/command_line.h"
#include "apps/cli/console.h"
#include "apps/cli/exit_codes.h"
#include "apps/cli/jobs.h"
#include "apps/commands.h"
#include "apps/report/page.h"
#include "apps/report/run_data.h"
#include "codec/io/atomic_file.h"
#include "codec/quaver.h"
#include "codec/util/format.h"

namespace quaver {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxRuns = 32;
constexpr size_t kRunsWithAllSamples = 3;  // with more, only the last samples of each: the page stays small

const CommandText kText = {
    "report",
    "Writes one HTML page about training runs: loss curves, validation scores, use of the codes,\n"
    "spectrograms and sound of the first, the best and the last validation, and the configuration.\n"
    "Several runs share the same plots. A RUN is the folder that quaver train wrote; the run may\n"
    "still be going. The page is one file that needs no network. TensorBoard reads the same folder:\n"
    "tensorboard --logdir RUN.",
    "RUN...",
    "  quaver report runs/first                       writes report.html\n"
    "  quaver report runs/first runs/second -o compare.html\n"
    "  quaver report runs/first -o page.html --force  again, a few minutes later\n"};

std::string Now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &utc);
  return text;
}

Status WritePage(const std::string& out, const std::string& page, bool force) {
  auto file = AtomicFile::Create(out, ExistingFor(force));
  if (!file.ok()) return file.error();
  const Status written =
      file.value()->Write(std::span(reinterpret_cast<const uint8_t*>(page.data()), page.size()));
  return written.ok() ? file.value()->Commit() : written;
}

}  // namespace

int RunReport(int argc, char** argv) {
  CommandLine line(kText);
  std::string out = "report.html";
  bool force = false;
  line.options().add_options()  //
      ("o,output", "Page to write (default: report.html); - is standard output", cxxopts::value(out),
       "FILE")  //
      ("force", "Overwrite an existing page", cxxopts::value(force));
  if (const auto over = line.Parse(argc, argv)) return *over;
  const auto& runs = line.positional();
  if (runs.empty()) return line.UsageError("no run");
  if (runs.size() > kMaxRuns) return line.UsageError("more than 32 runs");

  Console console("report", false);
  const Status writable = CheckOutput(out, force);
  if (!writable.ok()) {
    console.Error(writable.message());
    return kExitFailed;
  }
  Json data = {{"generated", Now()}, {"version", quaver_version()}, {"runs", Json::array()}};
  std::vector<std::string> problems;
  for (const std::string& run : runs) {
    auto description = DescribeRun(run, runs.size() > kRunsWithAllSamples, problems);
    if (description.ok()) {
      data["runs"].push_back(std::move(description).value());
    } else {
      problems.push_back(description.message());
    }
  }
  for (const std::string& problem : problems) console.Error(problem);
  if (data["runs"].empty()) return kExitFailed;
  const std::string page = MakePage(data);
  const Status written = WritePage(out, page, force);
  if (!written.ok()) {
    console.Error(written.message());
    return kExitFailed;
  }
  console.Note(out + ": " + Format("%.1f MB", static_cast<double>(page.size()) / 1e6));
  return problems.empty() ? kExitOk : kExitFailed;
}

}  // namespace quaver
