#include "apps/train/run_notes.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <span>

#include "codec/io/atomic_file.h"

namespace quaver {
namespace {

std::string PathOf(const std::string& run) { return run + "/run.json"; }

std::string Absolute(const std::string& path) {
  std::error_code error;
  return path.empty() ? "" : std::filesystem::absolute(path, error).string();
}

}  // namespace

Status WriteRunNotes(const std::string& run, const RunNotes& notes) {
  auto file = AtomicFile::Create(PathOf(run));
  if (!file.ok()) return file.error();
  const nlohmann::json json = {{"data", Absolute(notes.data)}, {"validation", Absolute(notes.validation)}};
  const std::string text = json.dump() + "\n";
  const Status written =
      file.value()->Write(std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
  return written.ok() ? file.value()->Commit() : written;
}

Result<RunNotes> ReadRunNotes(const std::string& run) {
  std::ifstream file(PathOf(run));
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("data") || !json["data"].is_string()) {
    return Error{PathOf(run) + ": does not name the training data; give --data"};
  }
  const auto validation = json.find("validation");
  const bool named = validation != json.end() && validation->is_string();
  return RunNotes{json["data"].get<std::string>(), named ? validation->get<std::string>() : ""};
}

}  // namespace quaver
