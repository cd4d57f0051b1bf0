// Finding weights files: by path, by name, or by the identity that a stream asks for.
#ifndef QUAVER_CODEC_MODEL_FIND_H_
#define QUAVER_CODEC_MODEL_FIND_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/model/builtin.h"
#include "codec/model/weights.h"
#include "codec/status.h"

namespace quaver {

// The bytes of a weights file and where they come from, not checked if it was found by its name.
struct FoundModel {
  std::string source;  // a path, or "built-in model"
  bool built_in = false;
  std::vector<uint8_t> file;  // empty if built_in

  std::span<const uint8_t> bytes() const { return built_in ? BuiltInWeights() : std::span(file); }
  Verify verify() const { return built_in ? Verify::kTrusted : Verify::kHash; }
};

// A whole regular file of at most 1 GiB.
Result<std::vector<uint8_t>> ReadModelFile(const std::string& path);

// Where models are looked for, in this order; a folder need not exist. The folders of the environment
// variable QUAVER_MODELS (separated by colons), models/ beside the running program and one above it,
// share/quaver/models one above it, models/ of the source tree if the program runs from a build tree, and
// that of the installation.
std::vector<std::string> ModelFolders();

// A path (it holds a '/', ends in ".safetensors" or is a file here), "default" or the name of the built-in
// model, or NAME for NAME.safetensors in one of the folders.
Result<FoundModel> FindByName(const std::string& name_or_file);

// The built-in model if it has this identity, else the first weights file in the folders that has it and is
// whole. The error lists the identities that were found instead.
Result<FoundModel> FindByIdentity(const Identity& identity);

// What the header of a weights file claims; reads no more than the header (at most 1 MiB).
Result<Identity> PeekIdentity(const std::string& path);

}  // namespace quaver

#endif  // QUAVER_CODEC_MODEL_FIND_H_
