#include "bench/cold_start.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

#include "bench/timing.h"
#include "codec/io/sound_file.h"

namespace quaver::bench {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "quaver-bench-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  bool made() const { return !path_.empty(); }
  std::string File(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

struct Command {
  std::string key;
  std::vector<std::string> words;
  std::vector<double> seconds;
};

// -1 unless the program could be started.
pid_t Start(const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = -1;
  const int error = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? child : -1;
}

Status RunOnce(Command& command) {
  const Stopwatch watch;
  const pid_t child = Start(command.words);
  if (child < 0) return Error{command.words[0] + ": cannot be started"};
  int status = 0;
  if (waitpid(child, &status, 0) < 0) return Error{command.words[0] + ": " + std::strerror(errno)};
  command.seconds.push_back(watch.seconds());
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return Error{command.words[0] + " " + command.words[1] + ": failed on a clip of one second"};
  }
  return Status();
}

Status WriteClip(const std::string& path, const Speech& speech) {
  constexpr size_t kSecond = 16000;
  auto writer = SoundWriter::Create(path, 16000, 1);
  if (!writer.ok()) return writer.error();
  const Status written = writer.value()->Write({speech.data(), std::min(speech.size(), kSecond)});
  return written.ok() ? writer.value()->Commit() : written;
}

bool OnPath(const std::string& program) {
  const char* path = std::getenv("PATH");
  for (std::string rest = path == nullptr ? "" : path; !rest.empty();) {
    const size_t colon = std::min(rest.find(':'), rest.size());
    if (access((fs::path(rest.substr(0, colon)) / program).c_str(), X_OK) == 0) return true;
    rest.erase(0, colon + 1);
  }
  return false;
}

Json CommandJson(const Command& command) {
  const Spread spread = SpreadOf(command.seconds);
  return {{"low", spread.low}, {"median", spread.median}, {"high", spread.high}};
}

}  // namespace

Result<Json> MeasureColdStart(const std::string& program, const Speech& speech, int repetitions) {
  const TemporaryFolder folder;
  if (!folder.made()) return Error{"cold start: no temporary folder can be made"};
  const std::string clip = folder.File("clip.wav");
  const Status written = WriteClip(clip, speech);
  if (!written.ok()) return written.error();
  std::vector<Command> commands;
  commands.push_back(
      {"quaver", {program, "encode", clip, "-o", folder.File("clip.qvr"), "--force", "--quiet"}, {}});
  if (OnPath("opusenc")) {
    commands.push_back(
        {"opusenc", {"opusenc", "--quiet", "--bitrate", "12", clip, folder.File("clip.opus")}, {}});
  }
  for (int i = 0; i < repetitions; ++i) {
    for (Command& command : commands) {
      const Status run = RunOnce(command);
      if (!run.ok()) return run.error();
    }
  }
  Json json = Json::object();
  for (const Command& command : commands) json[command.key] = CommandJson(command);
  if (commands.size() > 1) {
    json["ratio"] = SpreadOf(commands[0].seconds).median / SpreadOf(commands[1].seconds).median;
  }
  return json;
}

}  // namespace quaver::bench
