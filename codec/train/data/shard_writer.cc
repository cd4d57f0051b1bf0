#include "codec/train/data/shard_writer.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "codec/train/data/shards.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr size_t kFixedHeaderBytes = 1024;  // length, format, rate, keys, padding
constexpr size_t kTensorBytes =
    160;  // of a tensor without its name: keys, offsets, shape, index of the speaker

// Indices of distinct speakers, in the order of the clips' names.
void WriteSpeakers(const std::map<std::string, std::string>& speakers, SafetensorsHeader& header) {
  json names = json::array();
  json indices = json::array();
  std::map<std::string, size_t> known;
  for (const auto& [clip, speaker] : speakers) {
    if (speaker.empty()) {
      indices.push_back(-1);
      continue;
    }
    const auto [place, fresh] = known.emplace(speaker, names.size());
    if (fresh) names.push_back(speaker);
    indices.push_back(place->second);
  }
  header.metadata["speakers"] = names.dump();
  header.metadata["speaker_of"] = indices.dump();
}

// The container allows spaces behind the header's text.
bool FillTo(size_t room, std::vector<uint8_t>& bytes) {
  if (bytes.size() > room) return false;
  bytes.resize(room, ' ');
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<uint8_t>(static_cast<uint64_t>(room - 8) >> (8 * i));
  return true;
}

}  // namespace

size_t ShardHeaderBytes(const SoundEntry& entry) {
  // A byte may become six when it is escaped; a quote in a speaker's name seven, as it is escaped twice.
  const auto escaped = [](const std::string& text, size_t escape) {
    return text.size() + escape * static_cast<size_t>(std::ranges::count_if(text, [](unsigned char c) {
                           return c < 0x20 || c == '"' || c == '\\' || c == 0x7f;
                         }));
  };
  return kTensorBytes + escaped(entry.name, 6) + escaped(entry.speaker, 12);
}

ShardWriter::ShardWriter(std::string folder, Split split, int sample_rate, uint64_t shard_bytes,
                         size_t header_bytes)
    : folder_(std::move(folder)),
      split_(split),
      sample_rate_(sample_rate),
      shard_bytes_(shard_bytes),
      header_room_(std::min((kFixedHeaderBytes + header_bytes + 63) / 64 * 64, kMaxSafetensorsHeader)) {}

std::string ShardWriter::ProvisionalPath(size_t number) const {
  return folder_ + "/" + SplitName(split_) + "-" + std::to_string(number) + ".part";
}

Status ShardWriter::Begin() {
  if (shards_ == kMaxShards) return Error{folder_ + ": more than 100000 shards; make them larger"};
  auto file = AtomicFile::Create(ProvisionalPath(shards_));
  if (!file.ok()) return file.error();
  file_ = std::move(file).value();
  header_ = {};
  speakers_.clear();
  data_bytes_ = 0;
  header_bytes_ = kFixedHeaderBytes;
  return file_->Write(std::vector<uint8_t>(header_room_, ' '));
}

Status ShardWriter::Add(const SoundEntry& entry, std::span<const int16_t> samples) {
  const uint64_t bytes = 2 * samples.size();
  const size_t header_bytes = ShardHeaderBytes(entry);
  const bool full =
      data_bytes_ > 0 && (data_bytes_ + bytes > shard_bytes_ || header_bytes_ + header_bytes > header_room_);
  if (full) {
    const Status ended = End();
    if (!ended.ok()) return ended;
  }
  if (file_ == nullptr) {
    const Status begun = Begin();
    if (!begun.ok()) return begun;
  }
  const Status written = file_->Write({reinterpret_cast<const uint8_t*>(samples.data()), bytes});
  if (!written.ok()) return written;
  header_.tensors[entry.name] = {"I16", {samples.size()}, data_bytes_, data_bytes_ + bytes};
  speakers_[entry.name] = entry.speaker;
  data_bytes_ += bytes;
  header_bytes_ += header_bytes;
  samples_ += samples.size();
  ++clips_;
  return {};
}

Status ShardWriter::End() {
  header_.metadata = {{"format", kShardFormat}, {"sample_rate", std::to_string(sample_rate_)}};
  WriteSpeakers(speakers_, header_);
  auto bytes = WriteSafetensorsHeader(header_);
  if (!bytes.ok()) return Error{folder_ + ": " + bytes.message()};
  if (!FillTo(header_room_, bytes.value()))
    return Error{folder_ + ": the header of a shard has too little room"};
  Status status = file_->WriteAt(0, bytes.value());
  if (status.ok()) status = file_->Commit();
  file_.reset();
  ++shards_;
  return status;
}

Status ShardWriter::Finish() {
  if (file_ != nullptr) {
    const Status ended = End();
    if (!ended.ok()) return ended;
  }
  for (size_t i = 0; i < shards_; ++i) {
    std::error_code error;
    const std::string name = folder_ + "/" + ShardFileName({split_, i, shards_});
    fs::rename(ProvisionalPath(i), name, error);
    if (error) return Error{name + ": " + error.message()};
  }
  return SyncFolder(folder_);
}

}  // namespace quaver
