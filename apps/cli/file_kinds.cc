#include "apps/cli/file_kinds.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "codec/container/qvr_header.h"
#include "codec/container/token_array_file.h"
#include "codec/io/byte_file.h"
#include "codec/io/npy.h"
#include "codec/io/sound_file.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> kTokens = {".qvr", ".npy", ".npz"};
constexpr std::string_view kSafetensors = ".safetensors";  // of tokens or of weights
constexpr std::array<std::string_view, 2> kRaw = {".raw", ".pcm"};
// Not looked for in folders, but no part of a name either.
constexpr std::array<std::string_view, 10> kReplaced = {".mp4", ".m4v",  ".mkv", ".mov", ".avi",
                                                        ".mpg", ".mpeg", ".ts",  ".3gp", ".wmv"};

constexpr size_t kOggPayload = 28;  // of a page with one segment: behind the header and its table
struct Signature {
  size_t at;
  std::string_view bytes;
  FileKind kind;
};
constexpr std::array kSignatures = {
    Signature{kOggPayload, kIdMagic, FileKind::kTokens},
    Signature{0, kNpyMagic, FileKind::kTokens},
    Signature{8, "WAVE", FileKind::kSound},  // after RIFF, RIFX, RF64 and a length
    Signature{0, "riff\x2e\x91\xcf\x11", FileKind::kSound},
    Signature{8, "AIFF", FileKind::kSound},
    Signature{8, "AIFC", FileKind::kSound},
    Signature{0, "fLaC", FileKind::kSound},
    Signature{0, "OggS", FileKind::kSound},
    Signature{0, "ID3", FileKind::kSound},
    Signature{0, ".snd", FileKind::kSound},
    Signature{0, "caff", FileKind::kSound},
    Signature{0, "NIST_1A", FileKind::kSound},
    Signature{0, "Creative Voice File", FileKind::kSound},
    Signature{4, "ftypM4A", FileKind::kSound},
    Signature{0, "#!AMR", FileKind::kSound},
    Signature{0, "wvpk", FileKind::kSound},
};

// Empty for names that only begin with a dot.
std::string Extension(const std::string& name) {
  std::string extension = fs::path(name).extension().string();
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

bool IsOf(const auto& list, const std::string& extension) {
  return std::ranges::find(list, extension) != list.end();
}

bool HoldsTokens(const std::string& path) {
  const auto source = OpenByteSource(path);
  return source.ok() && IsSafetensorsOfTokens(source.value());
}

}  // namespace

FileKind KindOfFile(const std::string& path) {
  if (fs::path(path).filename().string().starts_with("._")) return FileKind::kOther;  // what macOS adds
  const std::string extension = Extension(path);
  if (IsOf(kTokens, extension)) return FileKind::kTokens;
  if (extension == kSafetensors) return HoldsTokens(path) ? FileKind::kTokens : FileKind::kOther;
  if (IsOf(kRaw, extension)) return FileKind::kRawSound;
  if (IsOf(kReplaced, extension)) return FileKind::kOther;
  if (!extension.empty() && HasSoundExtension(path)) return FileKind::kSound;
  std::array<char, 64> head{};
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), head.size());
  const std::string_view bytes(head.data(), static_cast<size_t>(file.gcount()));
  for (const Signature& known : kSignatures) {
    if (bytes.size() > known.at && bytes.substr(known.at).starts_with(known.bytes)) return known.kind;
  }
  return FileKind::kOther;
}

const char* NameOf(FileKind kind) {
  switch (kind) {
    case FileKind::kSound:
      return "sound";
    case FileKind::kRawSound:
      return "samples without a header (.raw, .pcm)";
    case FileKind::kTokens:
      return "tokens";
    case FileKind::kOther:
      break;
  }
  return "another kind";
}

std::string WithExtension(const std::string& name, const std::string& extension) {
  const std::string own = Extension(name);
  const bool known = IsOf(kTokens, own) || own == kSafetensors || IsOf(kRaw, own) || IsOf(kReplaced, own) ||
                     (!own.empty() && HasSoundExtension(name));
  return (known ? name.substr(0, name.size() - own.size()) : name) + extension;
}

}  // namespace quaver
