#include <zip.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include "codec/io/npy.h"

namespace quaver {
namespace {

constexpr size_t kMaxBytes = kMaxTokenBytes;  // of the archive
constexpr zip_int64_t kMaxNamed = 5;          // arrays that a message lists

struct ZipDiscard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
using ZipArchive = std::unique_ptr<zip_t, ZipDiscard>;
struct ZipClose {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using ZipMember = std::unique_ptr<zip_file_t, ZipClose>;

Result<std::vector<uint8_t>> ReadAll(const ByteSource& source) {
  std::vector<uint8_t> bytes;
  for (size_t size = 0;; bytes.resize(size)) {
    constexpr size_t kStep = 1 << 16;
    bytes.resize(size + kStep);
    const int64_t got = ReadFully(source, std::span(bytes).subspan(size));
    if (got < 0) return Error{"read failed"};
    size += static_cast<size_t>(got);
    if (size > kMaxBytes) return Error{"an archive of more than 1 GiB"};
    if (static_cast<size_t>(got) < kStep) {
      bytes.resize(size);
      return bytes;
    }
  }
}

// `bytes` must outlive it.
Result<ZipArchive> OpenArchive(std::span<const uint8_t> bytes) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  ZipArchive archive(source == nullptr ? nullptr : zip_open_from_source(source, ZIP_RDONLY, &error));
  const std::string cause = archive == nullptr ? zip_error_strerror(&error) : "";
  if (archive == nullptr && source != nullptr) zip_source_free(source);
  zip_error_fini(&error);
  if (archive != nullptr) return archive;
  return Error{"not an .npz file that can be read: " + cause};
}

std::string MemberName(zip_t* archive, zip_int64_t index) {
  const char* name = zip_get_name(archive, static_cast<zip_uint64_t>(index), 0);
  return name == nullptr ? "" : name;
}

// The index of the only member, which is an array.
Result<zip_int64_t> OnlyArray(zip_t* archive) {
  const zip_int64_t members = zip_get_num_entries(archive, 0);
  std::string names;
  for (zip_int64_t i = 0; i < members; ++i) {
    const std::string name = MemberName(archive, i);
    if (name.ends_with("/data.pkl"))
      return Error{"an archive of PyTorch (pickle); save the tensor with np.save or as safetensors"};
    if (i < kMaxNamed) names += (i == 0 ? "" : ", ") + PlainText(name);
  }
  if (members == 1 && MemberName(archive, 0).ends_with(".npy")) return 0;
  if (members <= 0) return Error{"the archive is empty"};
  if (members == 1) return Error{"the archive holds " + names + ", which is no array of NumPy"};
  if (members > kMaxNamed) names += ", ...";
  return Error{"the archive holds " + std::to_string(members) + " files (" + names +
               "); write one with the tokens alone"};
}

}  // namespace

Result<TokenMatrix> ReadNpz(const ByteSource& source, const std::string& name, TokenLayout layout) {
  const auto bytes = ReadAll(source);
  if (!bytes.ok()) return Error{name + ": " + bytes.message()};
  const auto archive = OpenArchive(bytes.value());
  if (!archive.ok()) return Error{name + ": " + archive.message()};
  const auto index = OnlyArray(archive.value().get());
  if (!index.ok()) return Error{name + ": " + index.message()};
  const std::string place = name + ": " + PlainText(MemberName(archive.value().get(), index.value()));
  const ZipMember member(zip_fopen_index(archive.value().get(), static_cast<zip_uint64_t>(index.value()), 0));
  if (member == nullptr)
    return Error{place + ": cannot be read: " + std::string(zip_strerror(archive.value().get()))};
  // A wrong checksum is an error of the read that meets the end.
  const ByteSource unpacked = [&member](std::span<uint8_t> out) -> int64_t {
    return zip_fread(member.get(), out.data(), out.size());
  };
  return ReadNpy(unpacked, place, layout);
}

}  // namespace quaver
