#include "apps/cli/inputs.h"

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "codec/io/byte_file.h"
#include "codec/io/folder_walk.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;

constexpr size_t kNamed = 3;  // of what is passed over

struct FileClose {
  void operator()(FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

// What a note says of many files: how many, and the names of the first.
struct PassedOver {
  size_t count = 0;
  std::string names;

  void Add(const std::string& name) {
    if (++count <= kNamed) names += (count > 1 ? ", " : "") + name;
  }
  std::string Names() const { return names + (count > kNamed ? ", ..." : ""); }
};

Result<std::vector<std::string>> ReadList(const std::string& path, bool null) {
  const std::string name = InputName(path);
  const std::unique_ptr<FILE, FileClose> file(path == "-" ? stdin : std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) return Error{name + ": cannot be opened: " + std::strerror(errno)};
  std::vector<std::string> names;
  std::string entry;
  const auto take = [&] {
    if (!null && entry.ends_with('\r')) entry.pop_back();
    if (entry == "-") entry = "./-";  // a file like the others
    if (!entry.empty()) names.push_back(entry);
    entry.clear();
  };
  for (int c = std::getc(file.get()); c != EOF; c = std::getc(file.get())) {
    if (c == (null ? '\0' : '\n')) {
      take();
    } else if (c == '\0') {
      return Error{name + ": names end in zero bytes; add --null"};
    } else {
      entry.push_back(static_cast<char>(c));
      if (entry.size() >= PATH_MAX) {
        return Error{name + ": name number " + std::to_string(names.size() + 1) +
                     " is longer than a path can be" + (null ? "; is each on a line? Then drop --null" : "")};
      }
    }
  }
  if (std::ferror(file.get()) != 0) return Error{name + ": cannot be read: " + std::strerror(errno)};
  take();
  if (names.empty()) return Error{name + ": names no files"};
  return names;
}

class Finder {
 public:
  Finder(const InputOptions& options, FileKind kind, const std::string& out) : kind_(kind), out_(out) {
    if (!options.base.empty()) base_ = Whole(options.base);
  }

  Status Add(const std::string& path) {
    if (path == "-") {
      found_.list.push_back({path, path});
      return {};
    }
    std::error_code error;
    const bool folder = fs::is_directory(path, error);
    fs::path name = folder ? fs::path() : fs::path(path).filename();
    if (!base_.empty()) {
      name = Whole(path).lexically_relative(base_);
      if (name.empty() || *name.begin() == "..")
        return Error{path + ": does not lie below --base " + base_.string()};
      if (name == ".") name.clear();
    }
    if (folder) {
      AddFolder(path, name);
    } else {
      found_.list.push_back({path, name.string()});
    }
    return {};
  }

  Inputs& found() { return found_; }

 private:
  fs::path Whole(const std::string& path) const {
    fs::path whole = (here_ / path).lexically_normal();
    return whole.has_filename() ? whole : whole.parent_path();
  }

  // below: where its tree belongs below the folder of the outputs.
  void AddFolder(const std::string& folder, const fs::path& below) {
    found_.batch = true;
    PassedOver others;
    const FolderWalk walk = WalkFolder(folder, out_, [&](const std::string& path) {
      if (KindOfFile(path) == kind_) return true;
      others.Add(fs::path(path).filename().string());
      return false;
    });
    for (const std::string& file : walk.files)
      found_.list.push_back({(fs::path(folder) / file).string(), (below / file).string()});
    const std::string wanted = NameOf(kind_);
    for (const WalkProblem& problem : walk.problems)
      found_.failures.push_back(problem.path + ": cannot be read: " + problem.cause);
    if (walk.files.empty() && walk.problems.empty())
      found_.failures.push_back(folder + ": has no files of " + wanted);
    if (others.count > 0) {
      found_.notes.push_back(folder + ": passed over " + std::to_string(others.count) +
                             (others.count == 1 ? " file that is not " : " files that are not ") + wanted +
                             ": " + others.Names());
    }
    PassedOver links;
    for (const std::string& link : walk.links_back) links.Add(link);
    if (links.count > 0)
      found_.notes.push_back("passed over links to folders that are there already: " + links.Names());
  }

  const FileKind kind_;
  const std::string out_;
  const fs::path here_ = fs::absolute(".");
  fs::path base_;
  Inputs found_;
};

}  // namespace

Result<Inputs> FindInputs(const std::vector<std::string>& named, const InputOptions& options, FileKind kind,
                          const std::string& out) {
  Finder finder(options, kind, out == "-" ? "" : out);
  for (const std::string& path : named) {
    if (Status status = finder.Add(path); !status.ok()) return status.error();
  }
  if (options.files_from.empty()) return std::move(finder.found());
  const auto names = ReadList(options.files_from, options.null);
  if (!names.ok()) return Error{"--files-from " + names.message()};
  finder.found().batch = true;
  for (const std::string& path : names.value()) {
    if (Status status = finder.Add(path); !status.ok()) return status.error();
  }
  return std::move(finder.found());
}

}  // namespace quaver
