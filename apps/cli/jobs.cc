#include "apps/cli/jobs.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <exception>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

#include "apps/cli/exit_codes.h"
#include "apps/cli/file_kinds.h"
#include "apps/cli/stop_signals.h"
#include "codec/io/atomic_file.h"
#include "codec/io/stop_request.h"
#include "codec/util/format.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;

std::string LowerExtension(const std::string& path) {
  std::string extension = fs::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

std::string Extension(const OutputFormats& formats) {
  return formats.wanted.empty() ? formats.extensions.front() : formats.wanted;
}

bool IsFolder(const std::string& path) {
  std::error_code error;
  return path.ends_with('/') || fs::is_directory(path, error);
}

// A device or pipe may be called what it likes. So may a folder, which is refused later.
bool IsPlain(const std::string& path) {
  std::error_code error;
  return !WritesInPlace(path) && !fs::is_directory(path, error);
}

Status CheckExtension(const std::string& out, const OutputFormats& formats) {
  if (out != "-" && !IsPlain(out) && formats.wanted == ".flac")
    return Error{out + ": is a pipe or a device, which can only take WAV; give a file name"};
  if (out == "-" || !IsPlain(out) || formats.any_name) return {};
  const auto& known = formats.extensions;
  const std::string extension = LowerExtension(out);
  if (!formats.wanted.empty() && extension != formats.wanted) {
    return Error{out + ": --format needs an output name that ends in " + formats.wanted};
  }
  if (std::find(known.begin(), known.end(), extension) != known.end()) return {};
  std::string list = known.front();
  for (size_t i = 1; i < known.size(); ++i) list += (i + 1 == known.size() ? " or " : ", ") + known[i];
  return Error{out + ": the name of the output must end in " + list};
}

// By the name, which may be written in capitals; a pipe or a device may have any name.
std::string FormatOf(const std::string& out, const OutputFormats& formats) {
  const std::string extension = LowerExtension(out);
  const auto& known = formats.extensions;
  return std::find(known.begin(), known.end(), extension) != known.end() ? extension : Extension(formats);
}

// Where an input goes without an output of its own.
std::string Derived(const Input& input, const std::string& folder, const OutputFormats& formats) {
  const std::string path = folder.empty() ? input.path : (fs::path(folder) / input.name).string();
  return WithExtension(path, Extension(formats));
}

std::string Normal(const std::string& path) { return fs::path(path).lexically_normal().string(); }

Status CheckNotItself(const Job& job) {
  std::error_code error;
  if (job.out == "-" || job.in == "-" || !fs::equivalent(job.in, job.out, error) || !IsPlain(job.out))
    return {};
  return Error{job.in + ": is both input and output"};
}

int RunOne(const Job& job, size_t number, Console& console,
           const std::function<int(const Job&, size_t)>& run) {
  try {
    const fs::path folder = fs::path(job.out).parent_path();
    std::error_code error;
    if (job.in_tree && !fs::exists(folder, error)) fs::create_directories(folder, error);
    if (error) {
      console.Error(folder.string() + ": the folder cannot be created: " + error.message());
      return kExitFailed;
    }
    return run(job, number);
  } catch (const std::exception& error) {  // out of memory and the like
    console.Error(job.in + ": " + error.what());
    return kExitFailed;
  }
}

}  // namespace

Result<std::vector<Job>> PlanJobs(const std::vector<Input>& inputs, bool batch, const std::string& out,
                                  const OutputFormats& formats) {
  if (inputs.empty() && !batch) return Error{"no input"};
  const bool several = batch || inputs.size() > 1;
  const bool standard = std::ranges::find(inputs, "-", &Input::path) != inputs.end();
  if (several && standard) return Error{"standard input (-) cannot be one of several inputs"};
  if (several && WritesInPlace(out)) {
    const std::string name = out == "-" ? "standard output" : out;
    return Error{"several inputs cannot go to " + name + "; -o must be a folder"};
  }
  const bool into_folder = !out.empty() && out != "-" && (several || IsFolder(out));
  if (into_folder && standard) return Error{out + ": is a folder; standard input needs the name of a file"};
  std::vector<Job> jobs;
  jobs.reserve(inputs.size());
  std::unordered_map<std::string, size_t> taken;  // jobs by output
  for (const Input& input : inputs) {
    const bool derived = into_folder || (out.empty() && input.path != "-");
    Job job{input.path,
            derived       ? Derived(input, out, formats)
            : out.empty() ? "-"
                          : out,
            {},
            jobs.size(),
            into_folder};
    job.format = FormatOf(job.out, formats);
    Status status = CheckExtension(job.out, formats);
    if (status.ok()) status = CheckNotItself(job);
    if (!status.ok()) return status.error();
    if (job.out != "-") {
      const auto [other, fresh] = taken.emplace(Normal(job.out), jobs.size());
      const std::string& rival = fresh ? job.in : jobs[other->second].in;
      if (!fresh && Normal(rival) == Normal(job.in)) continue;
      if (!fresh) {
        return Error{rival + " and " + job.in + " would both be written to " + job.out +
                     "; rename one, or keep their folders apart with --base"};
      }
    }
    jobs.push_back(std::move(job));
  }
  if (into_folder && !jobs.empty()) {
    std::error_code error;
    fs::create_directories(out, error);
    if (error) return Error{out + ": the folder cannot be created: " + error.message()};
  }
  return jobs;
}

Status CheckOutput(const std::string& out, bool force) {
  const int descriptor = out == "-" ? STDOUT_FILENO : NamedDescriptor(out);
  if (descriptor >= 0) {
    if (isatty(descriptor) == 1)
      return Error{(out == "-" ? "standard output" : out) + " is a terminal; give -o FILE, or a pipe"};
    return {};
  }
  if (WritesInPlace(out)) return {};
  std::error_code error;
  if (!force && fs::is_regular_file(out, error))
    return Error{out + ": exists already; --force overwrites it"};
  return {};
}

int RunJobs(const std::vector<Job>& jobs, int threads, Console& console,
            const std::function<int(const Job&, size_t)>& run) {
  size_t workers =
      threads > 0 ? static_cast<size_t>(threads) : std::max(1u, std::thread::hardware_concurrency());
  workers = std::min({workers, jobs.size(), kMaxTemporaryFiles});
  std::atomic<size_t> next = 0;
  std::mutex mutex;
  int worst = kExitOk;
  const auto work = [&] {
    while (StopRequested() == 0) {
      const size_t number = next++;
      if (number >= jobs.size()) return;
      const int code = RunOne(jobs[number], number, console, run);
      const std::lock_guard lock(mutex);
      worst = WorseExit(worst, code);
    }
  };
  std::vector<std::jthread> pool;
  for (size_t i = 1; i < workers; ++i) pool.emplace_back(work);
  work();
  pool.clear();  // joins
  if (StopRequested() != 0 && next < jobs.size()) {
    console.Error("ended by " + StopSignalName() +
                  Format(": %zu of %zu inputs were not begun", jobs.size() - next, jobs.size()));
  }
  return StopExitCode(worst);
}

}  // namespace quaver
