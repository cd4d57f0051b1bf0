// .qvr files for lib/file.js: the calls of quaver_file.h that take callbacks, with imports of JavaScript
// behind them. Everything else JavaScript calls as it is.
#include <cstddef>
#include <cstdint>

#include "codec/container/quaver_file.h"

// Takes all bytes.
extern "C" __attribute__((import_module("env"), import_name("write"))) void WriteBytes(const void* bytes,
                                                                                       size_t size);
// Gives at most `size` bytes and returns how many.
extern "C" __attribute__((import_module("env"), import_name("read"))) int ReadBytes(void* bytes, size_t size);

extern "C" __attribute__((export_name("writer_create"))) quaver_file_writer* WriterCreate(
    const quaver_file_header* header, char* error, size_t error_size) {
  const auto write = [](void*, const void* bytes, size_t size) {
    WriteBytes(bytes, size);
    return 0;
  };
  return quaver_file_writer_create(header, write, nullptr, error, error_size);
}

extern "C" __attribute__((export_name("reader_open"))) quaver_file_reader* ReaderOpen(char* error,
                                                                                      size_t error_size) {
  const auto read = [](void*, void* bytes, size_t size) -> int64_t { return ReadBytes(bytes, size); };
  return quaver_file_reader_open(read, nullptr, ".qvr", error, error_size);
}
