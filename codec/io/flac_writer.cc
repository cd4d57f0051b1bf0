#include "codec/io/flac_writer.h"

#include <FLAC/format.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "codec/io/vorbis_comments.h"

namespace quaver::internal {
namespace {

constexpr uint32_t kBits = 16;
constexpr uint32_t kCompression = 5;                // the flac program's default
constexpr size_t kMaxComments = (1U << 24) - 4096;  // bytes of a block, less its vendor string and numbers

}  // namespace

Result<std::unique_ptr<FlacWriter>> FlacWriter::Start(AtomicFile& file, int rate, int channels) {
  if (file.streaming()) return Error{file.name() + ": only WAV can be written into a pipe"};
  const auto hertz = static_cast<uint32_t>(rate);
  if (channels < 1 || channels > static_cast<int>(FLAC__MAX_CHANNELS)) {
    return Error{file.name() + ": cannot be written with " + std::to_string(channels) +
                 " channels: FLAC has at most " + std::to_string(FLAC__MAX_CHANNELS) + "; write .wav"};
  }
  if (FLAC__format_sample_rate_is_valid(hertz) == 0) {
    return Error{file.name() + ": cannot be written with " + std::to_string(rate) + " Hz: FLAC has at most " +
                 std::to_string(FLAC__MAX_SAMPLE_RATE) + "; write .wav"};
  }
  std::unique_ptr<FlacWriter> writer(new FlacWriter(file, channels));
  writer->comments_.reset(FLAC__metadata_object_new(FLAC__METADATA_TYPE_VORBIS_COMMENT));
  writer->encoder_.reset(FLAC__stream_encoder_new());
  FLAC__StreamEncoder* encoder = writer->encoder_.get();
  if (encoder == nullptr || writer->comments_ == nullptr) throw std::bad_alloc();
  FLAC__stream_encoder_set_compression_level(encoder, kCompression);
  FLAC__stream_encoder_set_channels(encoder, static_cast<uint32_t>(channels));
  FLAC__stream_encoder_set_bits_per_sample(encoder, kBits);
  FLAC__stream_encoder_set_sample_rate(encoder, hertz);
  // Rates that the header of a frame cannot express stand in that of the file alone.
  FLAC__stream_encoder_set_streamable_subset(encoder, FLAC__format_sample_rate_is_subset(hertz));
  return writer;
}

std::vector<std::string> FlacWriter::SetTags(std::span<const SoundTag> tags) {
  std::vector<std::string> refused;
  size_t bytes = 0;
  for (const SoundTag& tag : tags) {
    FLAC__StreamMetadata_VorbisComment_Entry entry{};
    const size_t length = CommentBytes({tag.name, tag.value});
    const bool fits = bytes + length <= kMaxComments && IsCommentName(tag.name);
    if (fits &&
        FLAC__metadata_object_vorbiscomment_entry_from_name_value_pair(&entry, tag.name.c_str(),
                                                                       tag.value.c_str()) != 0 &&
        FLAC__metadata_object_vorbiscomment_append_comment(comments_.get(), entry, /*copy=*/0) != 0) {
      bytes += length;
    } else if (std::ranges::find(refused, tag.name) == refused.end()) {
      refused.push_back(tag.name);
    }
  }
  return refused;
}

FLAC__StreamEncoderWriteStatus FlacWriter::OnWrite(const FLAC__StreamEncoder*, const FLAC__byte* bytes,
                                                   size_t count, uint32_t, uint32_t, void* self) {
  FlacWriter& writer = *static_cast<FlacWriter*>(self);
  if (writer.written_.ok()) writer.written_ = writer.file_.WriteAt(writer.position_, {bytes, count});
  writer.position_ += count;
  return writer.written_.ok() ? FLAC__STREAM_ENCODER_WRITE_STATUS_OK
                              : FLAC__STREAM_ENCODER_WRITE_STATUS_FATAL_ERROR;
}

FLAC__StreamEncoderSeekStatus FlacWriter::OnSeek(const FLAC__StreamEncoder*, FLAC__uint64 place, void* self) {
  static_cast<FlacWriter*>(self)->position_ = place;
  return FLAC__STREAM_ENCODER_SEEK_STATUS_OK;
}

FLAC__StreamEncoderTellStatus FlacWriter::OnTell(const FLAC__StreamEncoder*, FLAC__uint64* place,
                                                 void* self) {
  *place = static_cast<FlacWriter*>(self)->position_;
  return FLAC__STREAM_ENCODER_TELL_STATUS_OK;
}

// The cause if the file has one, or else what libFLAC says.
Status FlacWriter::Failed() const {
  if (!written_.ok()) return written_;
  return Error{file_.name() +
               ": write failed: " + FLAC__stream_encoder_get_resolved_state_string(encoder_.get())};
}

// The header goes out here.
Status FlacWriter::Begin() {
  begun_ = true;
  std::array<FLAC__StreamMetadata*, 1> blocks = {comments_.get()};
  FLAC__stream_encoder_set_metadata(encoder_.get(), blocks.data(), static_cast<uint32_t>(blocks.size()));
  const auto result =
      FLAC__stream_encoder_init_stream(encoder_.get(), OnWrite, OnSeek, OnTell, /*metadata=*/nullptr, this);
  if (result == FLAC__STREAM_ENCODER_INIT_STATUS_OK) return {};
  if (!written_.ok()) return written_;
  return Error{file_.name() + ": write failed: " + FLAC__StreamEncoderInitStatusString[result]};
}

Status FlacWriter::Write(std::span<const int16_t> interleaved) {
  if (interleaved.empty()) return {};
  if (!begun_) {
    if (Status status = Begin(); !status.ok()) return status;
  }
  samples_.assign(interleaved.begin(), interleaved.end());
  const auto count = static_cast<uint32_t>(interleaved.size() / channels_);
  return FLAC__stream_encoder_process_interleaved(encoder_.get(), samples_.data(), count) != 0 ? Status()
                                                                                               : Failed();
}

Status FlacWriter::Finish() {
  if (!begun_) return Error{file_.name() + ": a FLAC file cannot be empty; write .wav"};
  return FLAC__stream_encoder_finish(encoder_.get()) != 0 ? Status() : Failed();
}

}  // namespace quaver::internal
