#include "codec/container/token_array_file.h"

#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "codec/io/npy.h"
#include "codec/model/safetensors.h"

namespace quaver {
namespace {

constexpr size_t kMaxNamed = 5;  // tensors that a message lists

// "I64", "U16": kind and bits.
Result<ArrayFormat> FormatOf(const StoredTensor& tensor) {
  char kind = 0;
  int bits = 0;
  if (!tensor.dtype.empty()) {
    const char* const end = tensor.dtype.data() + tensor.dtype.size();
    const auto [rest, error] = std::from_chars(tensor.dtype.data() + 1, end, bits);
    if (error == std::errc() && rest == end && (tensor.dtype[0] == 'I' || tensor.dtype[0] == 'U'))
      kind = tensor.dtype[0] == 'I' ? 'i' : 'u';
  }
  auto format = IntegerFormat(kind, bits % 8 == 0 ? bits / 8 : 0, PlainText(tensor.dtype));
  if (format.ok()) format.value().shape = tensor.shape;
  return format;
}

Result<SafetensorsHeader> ReadHeader(const ByteSource& source, const std::string& name) {
  std::vector<uint8_t> bytes(8);
  const auto read = [&](size_t from) {
    const int64_t got = ReadFully(source, std::span(bytes).subspan(from));
    return got == static_cast<int64_t>(bytes.size() - from);
  };
  if (!read(0)) return Error{name + ": the file ends inside the header"};
  const auto length = SafetensorsHeaderLength(bytes, name);
  if (!length.ok()) return length.error();
  bytes.resize(8 + length.value());
  if (!read(8)) return Error{name + ": the file ends inside the header"};
  return ParseSafetensorsHeader(bytes, name);
}

}  // namespace

TokenArrayKind ArrayKindOf(std::span<const uint8_t> start) {
  const std::string_view text(reinterpret_cast<const char*>(start.data()), start.size());
  if (text.starts_with(kNpyMagic)) return TokenArrayKind::kNpy;
  // An empty archive has an end and no member.
  if (text.starts_with(kZipMagic) || text.starts_with("PK\x05\x06")) return TokenArrayKind::kNpz;
  // A length below 2^32, and JSON.
  const bool json = text.size() >= kArrayStartBytes && text[8] == '{';
  if (json && text.substr(4, 4) == std::string_view("\0\0\0\0", 4)) return TokenArrayKind::kSafetensors;
  return TokenArrayKind::kNone;
}

bool IsSafetensorsOfTokens(const ByteSource& source) {
  const auto header = ReadHeader(source, "");
  if (!header.ok() || header.value().tensors.size() != 1) return false;
  return FormatOf(header.value().tensors.begin()->second).ok();
}

Result<TokenMatrix> ReadSafetensorsTokens(const ByteSource& source, const std::string& name,
                                          TokenLayout layout) {
  const auto header = ReadHeader(source, name);
  if (!header.ok()) return header.error();
  const auto& tensors = header.value().tensors;
  if (tensors.size() != 1) {
    std::string names;
    size_t count = 0;
    for (const auto& [key, tensor] : tensors) {
      if (count++ < kMaxNamed) names += (names.empty() ? " (" : ", ") + PlainText(key);
    }
    if (!names.empty()) names += count > kMaxNamed ? ", ...)" : ")";
    return Error{name + ": holds " + std::to_string(tensors.size()) + " tensors" + names +
                 "; write one with the tokens alone"};
  }
  const auto& [key, tensor] = *tensors.begin();
  const std::string place = name + ": " + PlainText(key);
  const auto format = FormatOf(tensor);
  if (!format.ok()) return Error{place + ": " + format.message()};
  if (const Status whole = CheckSafetensorsLayout(header.value(), tensor.end, name); !whole.ok())
    return whole.error();
  return ReadTokenValues(source, place, format.value(), layout);
}

Result<TokenMatrix> ReadTokenArray(TokenArrayKind kind, const ByteSource& source, const std::string& name,
                                   TokenLayout layout) {
  if (kind == TokenArrayKind::kNpz) return ReadNpz(source, name, layout);
  if (kind == TokenArrayKind::kSafetensors) return ReadSafetensorsTokens(source, name, layout);
  return ReadNpy(source, name, layout);
}

}  // namespace quaver
