#include <array>
#include <cstring>
#include <utility>

#include "codec/io/npy.h"

namespace quaver {
namespace {

constexpr size_t kHeaderBytes = 128;  // room for 20 digits of rows

void AppendLittleEndian(std::span<const uint16_t> values, std::vector<uint8_t>& bytes) {
  for (const uint16_t value : values) {
    bytes.push_back(static_cast<uint8_t>(value & 0xFF));
    bytes.push_back(static_cast<uint8_t>(value >> 8));
  }
}

std::array<uint8_t, kHeaderBytes> Header(uint64_t rows, size_t columns) {
  std::string text(kNpyMagic);
  text += {'\x01', '\x00', static_cast<char>(kHeaderBytes - 10), '\x00'};
  text += "{'descr': '<u2', 'fortran_order': False, 'shape': (" + std::to_string(rows) + ", " +
          std::to_string(columns) + "), }";
  text.resize(kHeaderBytes - 1, ' ');
  text += '\n';
  std::array<uint8_t, kHeaderBytes> bytes;
  std::memcpy(bytes.data(), text.data(), bytes.size());
  return bytes;
}

}  // namespace

NpyWriter::NpyWriter(std::unique_ptr<AtomicFile> file, size_t columns)
    : file_(std::move(file)), columns_(columns) {}

Result<std::unique_ptr<NpyWriter>> NpyWriter::Create(const std::string& path, size_t columns,
                                                     Existing existing) {
  if (columns == 0 || columns > kMaxTokenColumns) {
    return Error{path + ": cannot hold rows of " + std::to_string(columns) + " values"};
  }
  Result<std::unique_ptr<AtomicFile>> file = AtomicFile::Create(path, existing);
  if (!file.ok()) return file.error();
  std::unique_ptr<NpyWriter> writer(new NpyWriter(std::move(file).value(), columns));
  if (!writer->file_->streaming()) {
    if (Status status = writer->file_->Write(Header(0, columns)); !status.ok()) return status.error();
  }
  return writer;
}

Status NpyWriter::Write(std::span<const uint16_t> values) {
  if (values.size() % columns_ != 0) {
    return Error{file_->name() + ": " + std::to_string(values.size()) + " values are not whole rows of " +
                 std::to_string(columns_)};
  }
  rows_ += values.size() / columns_;
  if (file_->streaming()) {
    AppendLittleEndian(values, held_);
    return {};
  }
  std::vector<uint8_t> bytes;
  bytes.reserve(2 * values.size());
  AppendLittleEndian(values, bytes);
  return file_->Write(bytes);
}

Status NpyWriter::Commit() {
  const auto header = Header(rows_, columns_);
  if (file_->streaming()) {
    if (Status status = file_->Write(header); !status.ok()) return status;
    if (Status status = file_->Write(held_); !status.ok()) return status;
  } else if (Status status = file_->WriteAt(0, header); !status.ok()) {
    return status;
  }
  return file_->Commit();
}

}  // namespace quaver
