#include "codec/container/quaver_file.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/bitstream/packet.h"
#include "codec/container/qvr.h"
#include "codec/container/qvr_header.h"
#include "codec/explain.h"
#include "codec/status.h"

static_assert(QUAVER_MAX_PACKET_BYTES == quaver::kMaxPacketBytes);

// The callbacks' own failures are remembered: what the C++ classes return is a text.
struct quaver_file_writer {
  std::shared_ptr<bool> callback_failed;
  quaver::QvrWriter stream;
  quaver::PacketDefaults defaults;
  bool finished = false;
};

struct quaver_file_reader {
  std::shared_ptr<bool> callback_failed;
  quaver::QvrReader stream;
  std::vector<uint8_t> packet;  // of the last event
  std::vector<std::string> comments;
};

namespace {

using quaver::QvrEvent;
using quaver::QvrHeader;
using quaver::Result;
using quaver::Status;
using quaver::internal::Explain;

// Runs `make`, which returns a Result of a pointer, and lets no exception out.
template <typename Make>
auto Made(Make make, char* error, size_t error_size) noexcept -> decltype(make().value().get()) {
  try {
    auto made = make();
    if (made.ok()) return std::move(made).value().release();
    Explain(made.message(), error, error_size);
  } catch (const std::bad_alloc&) {
    Explain("out of memory", error, error_size);
  } catch (const std::exception& failure) {
    Explain(failure.what(), error, error_size);
  }
  return nullptr;
}

// Fields that are wider here than in QvrHeader must not be cut to a value in range.
Result<QvrHeader> HeaderOf(const quaver_file_header& header) {
  for (const Status& check : {quaver::CheckField("original_channels", header.original_channels, 1, 255),
                              quaver::CheckField("pre_skip", header.pre_skip, 0, 65535)}) {
    if (!check.ok()) return check.error();
  }
  QvrHeader out;
  std::ranges::copy(header.identity, out.model.begin());
  out.frame_samples = header.frame_samples;
  out.model_rate = header.model_rate;
  out.original_rate = header.original_rate;
  out.original_channels = static_cast<uint8_t>(header.original_channels);
  out.pre_skip = static_cast<uint16_t>(header.pre_skip);
  out.defaults = {header.format.frames, header.format.n_q};
  return out;
}

Result<std::unique_ptr<quaver_file_writer>> MakeWriter(const quaver_file_header* header,
                                                       const char* const* comments, size_t count,
                                                       quaver_file_write_callback callback, void* user) {
  if (header == nullptr || callback == nullptr) return quaver::Error{"the header or the callback is NULL"};
  const auto checked = HeaderOf(*header);
  if (!checked.ok()) return checked.error();
  if (comments == nullptr && count > 0) return quaver::Error{"the comments are NULL"};
  std::vector<quaver::QvrTag> tags;
  for (size_t i = 0; i < count; ++i) {
    const std::string_view text = comments[i] == nullptr ? "" : comments[i];
    const size_t name = text.find('=');
    if (name == std::string_view::npos)
      return quaver::Error{"comment " + std::to_string(i) + " is not NAME=value"};
    tags.push_back({std::string(text.substr(0, name)), std::string(text.substr(name + 1))});
  }
  auto failed = std::make_shared<bool>(false);
  auto stream = quaver::QvrWriter::Create(checked.value(), tags,
                                          [callback, user, failed](std::span<const uint8_t> bytes) {
                                            *failed = callback(user, bytes.data(), bytes.size()) != 0;
                                            return !*failed;
                                          });
  if (!stream.ok()) return stream.error();
  return std::unique_ptr<quaver_file_writer>(
      new quaver_file_writer{std::move(failed), std::move(stream).value(), checked.value().defaults});
}

Result<std::unique_ptr<quaver_file_reader>> OpenReader(quaver_file_read_callback callback,
                                                       quaver_file_seek_callback seek, void* user,
                                                       const char* name) {
  if (callback == nullptr || name == nullptr) return quaver::Error{"the callback or the name is NULL"};
  auto failed = std::make_shared<bool>(false);
  const auto watched = [failed](int64_t result) {
    *failed = *failed || result < 0;
    return result;
  };
  quaver::ByteSeek move;
  if (seek != nullptr) {
    move = [=](int64_t offset, int whence) { return watched(seek(user, offset, whence)); };
  }
  auto stream = quaver::QvrReader::Open(
      [=](std::span<uint8_t> bytes) { return watched(callback(user, bytes.data(), bytes.size())); },
      std::move(move), name);
  if (!stream.ok()) return stream.error();
  std::unique_ptr<quaver_file_reader> reader(
      new quaver_file_reader{std::move(failed), std::move(stream).value(), {}, {}});
  for (const quaver::QvrTag& tag : reader->stream.tags())
    reader->comments.push_back(tag.name + "=" + tag.value);
  return reader;
}

// Runs `call`, which returns a status or a quaver_error, and lets no exception out.
template <typename Call>
int Guarded(Call call) noexcept {
  try {
    return call();
  } catch (const std::exception&) {  // nothing below throws anything but std::bad_alloc
    return QUAVER_ERROR_MEMORY;
  }
}

}  // namespace

int quaver_file_header_init(quaver_file_header* header, const quaver_model* model,
                            const quaver_format* format) {
  if (header == nullptr || model == nullptr || format == nullptr || format->frames < 1 ||
      format->frames > QUAVER_MAX_FRAMES || format->n_q < 0 || format->n_q > quaver_groups(model)) {
    return QUAVER_ERROR_ARGUMENT;
  }
  quaver_model_identity(model, header->identity);
  header->frame_samples = static_cast<uint32_t>(quaver_frame_samples(model));
  header->model_rate = static_cast<uint32_t>(quaver_sample_rate(model));
  header->original_rate = header->model_rate;
  header->original_channels = 1;
  header->pre_skip = static_cast<uint32_t>(quaver_delay(model));
  header->format = *format;
  return 0;
}

quaver_file_writer* quaver_file_writer_create(const quaver_file_header* header,
                                              quaver_file_write_callback callback, void* user, char* error,
                                              size_t error_size) {
  return Made([&] { return MakeWriter(header, nullptr, 0, callback, user); }, error, error_size);
}

quaver_file_writer* quaver_file_writer_create_with_comments(const quaver_file_header* header,
                                                            const char* const* comments, size_t count,
                                                            quaver_file_write_callback callback, void* user,
                                                            char* error, size_t error_size) {
  return Made([&] { return MakeWriter(header, comments, count, callback, user); }, error, error_size);
}

void quaver_file_writer_close(quaver_file_writer* writer) { delete writer; }

int quaver_file_writer_write(quaver_file_writer* writer, const void* packet, size_t size) {
  if (writer == nullptr || packet == nullptr) return QUAVER_ERROR_ARGUMENT;
  return Guarded([&]() -> int {
    if (*writer->callback_failed) return QUAVER_ERROR_IO;
    if (writer->finished) return QUAVER_ERROR_ENDED;
    const std::span<const uint8_t> bytes(static_cast<const uint8_t*>(packet), size);
    const int frames = quaver::PacketFrames(writer->defaults, bytes);
    if (frames == 0) return QUAVER_ERROR_PACKET;
    if (writer->stream.Write(bytes, frames).ok()) return frames;
    return *writer->callback_failed ? QUAVER_ERROR_IO : QUAVER_ERROR_ARGUMENT;
  });
}

int quaver_file_writer_flush(quaver_file_writer* writer) {
  if (writer == nullptr) return QUAVER_ERROR_ARGUMENT;
  return Guarded([&]() -> int {
    if (*writer->callback_failed) return QUAVER_ERROR_IO;
    if (writer->finished) return QUAVER_ERROR_ENDED;
    return writer->stream.Flush().ok() ? 0 : QUAVER_ERROR_IO;
  });
}

int quaver_file_writer_finish(quaver_file_writer* writer, uint64_t original_samples) {
  if (writer == nullptr) return QUAVER_ERROR_ARGUMENT;
  return Guarded([&]() -> int {
    if (*writer->callback_failed) return QUAVER_ERROR_IO;
    if (writer->finished) return QUAVER_ERROR_ENDED;
    const Status status = writer->stream.Finish(original_samples);
    if (*writer->callback_failed) return QUAVER_ERROR_IO;
    writer->finished = status.ok();
    return status.ok() ? 0 : QUAVER_ERROR_ARGUMENT;
  });
}

quaver_file_reader* quaver_file_reader_open(quaver_file_read_callback callback, void* user, const char* name,
                                            char* error, size_t error_size) {
  return Made([&] { return OpenReader(callback, nullptr, user, name); }, error, error_size);
}

quaver_file_reader* quaver_file_reader_open_seekable(quaver_file_read_callback callback,
                                                     quaver_file_seek_callback seek, void* user,
                                                     const char* name, char* error, size_t error_size) {
  return Made([&] { return OpenReader(callback, seek, user, name); }, error, error_size);
}

void quaver_file_reader_close(quaver_file_reader* reader) { delete reader; }

int quaver_file_reader_header(const quaver_file_reader* reader, quaver_file_header* header) {
  if (reader == nullptr || header == nullptr) return QUAVER_ERROR_ARGUMENT;
  const QvrHeader& found = reader->stream.header();
  std::ranges::copy(found.model, header->identity);
  header->frame_samples = found.frame_samples;
  header->model_rate = found.model_rate;
  header->original_rate = found.original_rate;
  header->original_channels = found.original_channels;
  header->pre_skip = found.pre_skip;
  header->format = {found.defaults.frames, found.defaults.n_q};
  return 0;
}

int quaver_file_reader_next(quaver_file_reader* reader, quaver_file_event* event) {
  if (reader == nullptr || event == nullptr) return QUAVER_ERROR_ARGUMENT;
  return Guarded([&]() -> int {
    auto next = reader->stream.Next();
    if (!next.ok()) return QUAVER_ERROR_IO;
    QvrEvent& found = next.value();
    reader->packet = std::move(found.packet);
    switch (found.kind) {
      case QvrEvent::kPacket:
        *event = {QUAVER_FILE_PACKET, found.frames, reader->packet.data(), reader->packet.size(),
                  found.original_samples};
        break;
      case QvrEvent::kLost:
        *event = {QUAVER_FILE_LOST, found.lost_frames, nullptr, 0, found.original_samples};
        break;
      case QvrEvent::kEnd:
        *event = {QUAVER_FILE_END, 0, nullptr, 0, found.original_samples};
        break;
    }
    return event->kind;
  });
}

int64_t quaver_file_reader_seek(quaver_file_reader* reader, uint64_t frame) {
  if (reader == nullptr) return QUAVER_ERROR_ARGUMENT;
  int64_t at = 0;
  const int code = Guarded([&]() -> int {
    const auto found = reader->stream.Seek(frame);
    if (!found.ok()) return *reader->callback_failed ? QUAVER_ERROR_IO : QUAVER_ERROR_ARGUMENT;
    at = static_cast<int64_t>(found.value());
    return 0;
  });
  return code == 0 ? at : code;
}

int quaver_file_reader_comment_count(const quaver_file_reader* reader) {
  return reader == nullptr ? QUAVER_ERROR_ARGUMENT : static_cast<int>(reader->comments.size());
}

const char* quaver_file_reader_comment(const quaver_file_reader* reader, int number) {
  if (reader == nullptr || number < 0 || number >= quaver_file_reader_comment_count(reader)) return nullptr;
  return reader->comments[static_cast<size_t>(number)].c_str();
}

int quaver_file_reader_damage_count(const quaver_file_reader* reader) {
  return reader == nullptr ? QUAVER_ERROR_ARGUMENT : static_cast<int>(reader->stream.damage().size());
}

const char* quaver_file_reader_damage(const quaver_file_reader* reader, int line) {
  if (reader == nullptr || line < 0 || line >= quaver_file_reader_damage_count(reader)) return nullptr;
  return reader->stream.damage()[static_cast<size_t>(line)].c_str();
}
