// Command lines, files and a folder of their own for tests of what gets installed.
#ifndef QUAVER_TESTS_INSTALL_SHELL_H_
#define QUAVER_TESTS_INSTALL_SHELL_H_

#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace quaver {

struct ShellRun {
  int code = -1;
  std::string out;  // both streams
};

// Runs a line of /bin/sh.
inline ShellRun Shell(const std::string& line) {
  ShellRun run;
  FILE* pipe = popen(("exec 2>&1\n" + line).c_str(), "r");
  if (pipe == nullptr) return run;
  char part[4096];
  while (const size_t got = std::fread(part, 1, sizeof part, pipe)) run.out.append(part, got);
  const int status = pclose(pipe);
  run.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return run;
}

inline std::string FileText(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

// Empty, and gone with the object.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "quaver-install-XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~ScratchFolder() {
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove_all(path_, error);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace quaver

#endif  // QUAVER_TESTS_INSTALL_SHELL_H_
