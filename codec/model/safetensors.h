// The safetensors container (https://github.com/huggingface/safetensors): u64 little-endian length of the
// header, the header as JSON, then the tensors' bytes without gaps. This file knows nothing of models.
#ifndef QUAVER_CODEC_MODEL_SAFETENSORS_H_
#define QUAVER_CODEC_MODEL_SAFETENSORS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/status.h"

namespace quaver {

inline constexpr size_t kMaxSafetensorsHeader = size_t{1} << 20;  // bytes; refused beyond

struct StoredTensor {
  std::string dtype;
  std::vector<uint64_t> shape;
  uint64_t begin = 0;  // bytes from the start of the data
  uint64_t end = 0;
};

struct SafetensorsHeader {
  std::map<std::string, std::string> metadata;
  std::map<std::string, StoredTensor> tensors;
  size_t data_start = 0;  // bytes from the start of the file
};

// Bytes of the header's JSON, from the first 8 bytes of a file; refused beyond kMaxSafetensorsHeader.
Result<size_t> SafetensorsHeaderLength(std::span<const uint8_t> bytes, const std::string& source);

// Reads the header; `bytes` need not reach beyond it. Checks its form (JSON, depth, keys given twice, types),
// not what it says about the data.
Result<SafetensorsHeader> ParseSafetensorsHeader(std::span<const uint8_t> bytes, const std::string& source);

// The tensors must cover `data_size` bytes exactly: nothing outside, no gap, no overlap.
Status CheckSafetensorsLayout(const SafetensorsHeader& header, uint64_t data_size, const std::string& source);

// The length and the header, padded with spaces so that the data begin at a multiple of 64 bytes. All text
// must be UTF-8.
Result<std::vector<uint8_t>> WriteSafetensorsHeader(const SafetensorsHeader& header);

}  // namespace quaver

#endif  // QUAVER_CODEC_MODEL_SAFETENSORS_H_
