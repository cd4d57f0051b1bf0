#include "codec/train/data/pack.h"

#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "codec/io/atomic_file.h"
#include "codec/train/data/decode.h"
#include "codec/train/data/shard_writer.h"
#include "codec/train/data/shards.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;

Split PackedSplit(Split split) { return split == Split::kNone ? Split::kTrain : split; }

bool IsUtf8(const std::string& text) {
  const std::string quoted =
      nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::ignore);
  return nlohmann::json::parse(quoted, nullptr, false) == nlohmann::json(text);
}

// A folder that is removed again unless it is moved to its place.
class Staging {
 public:
  explicit Staging(std::string out) : out_(std::move(out)) {
    while (out_.size() > 1 && out_.ends_with('/')) out_.pop_back();
    path_ = out_ + ".partial-" + std::to_string(::getpid());
  }
  ~Staging() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  const std::string& path() const { return path_; }
  Status Create(bool replace) const {
    std::error_code error;
    if (fs::exists(out_, error) && !(fs::is_directory(out_, error) && fs::is_empty(out_, error))) {
      if (!replace) return Error{out_ + ": exists already; --force replaces shards"};
      const Status shards = HoldsOnlyShards();
      if (!shards.ok()) return shards;
    }
    fs::remove_all(path_, error);
    if (!fs::create_directories(path_, error) || error) return Error{path_ + ": " + error.message()};
    return {};
  }
  Status Move() const {
    std::error_code error;
    fs::remove_all(out_, error);
    if (!error) fs::rename(path_, out_, error);
    if (error) return Error{out_ + ": " + error.message()};
    return SyncFolder(fs::path(out_).parent_path().string());
  }

 private:
  Status HoldsOnlyShards() const {
    std::error_code error;
    if (!fs::is_directory(out_, error)) return Error{out_ + ": is not a folder"};
    for (const auto& entry : fs::directory_iterator(out_, error)) {
      if (!ParseShardName(entry.path().string()))
        return Error{entry.path().string() +
                     ": is not a shard, so the folder is not replaced; choose another -o"};
    }
    if (error) return Error{out_ + ": " + error.message()};
    return {};
  }
  std::string out_;
  std::string path_;
};

class Packer {
 public:
  Packer(const Source& source, const std::string& folder, const PackOptions& options)
      : source_(source), options_(options), made_(source.entries.size(), Error{}) {
    std::map<Split, size_t> header_bytes;
    for (const SoundEntry& entry : source.entries)
      header_bytes[PackedSplit(entry.split)] += ShardHeaderBytes(entry);
    for (const auto& [split, bytes] : header_bytes)
      writers_.try_emplace(split, folder, split, options.sample_rate, options.shard_bytes, bytes);
  }

  Status Run(PackReport& report) {
    std::vector<size_t> all(source_.entries.size());
    std::iota(all.begin(), all.end(), size_t{0});
    DecodeEntries(
        source_, all, options_.threads, [this](size_t i, Result<Sound> sound) { Make(i, std::move(sound)); },
        [this, &report](size_t i) { return Take(i, report); });
    if (!status_.ok()) return status_;
    for (auto& [split, writer] : writers_) {
      const Status finished = writer.Finish();
      if (!finished.ok()) return finished;
      if (writer.clips() == 0) continue;
      report.parts[split] = {writer.clips(), writer.shards(),
                             static_cast<double>(writer.samples()) / options_.sample_rate};
    }
    return {};
  }

 private:
  using Samples = std::vector<int16_t>;

  void Make(size_t i, Result<Sound> sound) {
    Result<Samples> samples =
        sound.ok() ? ToClip(sound.value(), options_.sample_rate) : Result<Samples>(sound.error());
    if (samples.ok() && samples.value().empty()) samples = Error{"empty"};
    if (samples.ok() && Rms(samples.value()) < kSilence) samples = Error{"silent"};
    made_[i] = std::move(samples);
  }

  bool Take(size_t i, PackReport& report) {
    const SoundEntry& entry = source_.entries[i];
    if (options_.stop != nullptr && *options_.stop) status_ = Error{"stopped; nothing was written"};
    if (!status_.ok()) return false;
    if (!made_[i].ok()) {
      report.skipped.push_back({entry.path, made_[i].message()});
    } else if (!IsUtf8(entry.name) || !IsUtf8(entry.speaker) || entry.name == "__metadata__") {
      report.skipped.push_back({entry.path, "its name cannot stand in a shard (not valid UTF-8?)"});
    } else {
      status_ = writers_.at(PackedSplit(entry.split)).Add(entry, made_[i].value());
    }
    made_[i] = Error{};
    if (options_.progress) options_.progress(++done_, source_.entries.size());
    return status_.ok();
  }

  const Source& source_;
  const PackOptions& options_;
  std::vector<Result<Samples>> made_;
  std::map<Split, ShardWriter> writers_;
  size_t done_ = 0;
  Status status_;
};

}  // namespace

Result<PackReport> PackShards(const std::string& data, const std::string& out, const PackOptions& options) {
  const auto source = FindSource(data, options.leave_out);
  if (!source.ok()) return source.error();
  const Staging staging(out);
  const Status created = staging.Create(options.replace);
  if (!created.ok()) return created.error();
  PackReport report;
  report.skipped = source.value().missing;
  report.not_left_out = source.value().not_left_out;
  report.notes = source.value().notes;
  const Status packed = Packer(source.value(), staging.path(), options).Run(report);
  if (!packed.ok()) return packed.error();
  if (report.parts.empty())
    return Error{data + ": no usable sound file (" + std::to_string(source.value().entries.size()) +
                 " found)"};
  const Status moved = staging.Move();
  if (!moved.ok()) return moved.error();
  return report;
}

}  // namespace quaver
