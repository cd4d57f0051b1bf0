// A file is opened in one of four ways. WAV, RF64, W64, AIFF, AU, CAF, NIST and VOC with plain samples:
// libsndfile reads the header, and the samples are read without one, as many as there are (pcm_decoder.h).
// From a pipe that is the only way to get them as they come, and beyond 4 GiB; from a file it is taken if the
// header is wrong. FLAC, and everything else in a file: libsndfile as it is (library_decoder.h). Everything
// else from a pipe needs to seek: it is copied to a temporary file first.
#include <fcntl.h>
#include <sndfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "codec/io/byte_file.h"
#include "codec/io/comment_tags.h"
#include "codec/io/ffmpeg_process.h"
#include "codec/io/file_window.h"
#include "codec/io/info_chunk.h"
#include "codec/io/library_decoder.h"
#include "codec/io/mix_down.h"
#include "codec/io/mpeg_decoder.h"
#include "codec/io/ogg_decoder.h"
#include "codec/io/ogg_links.h"
#include "codec/io/pcm_decoder.h"
#include "codec/io/pipe_stream.h"
#include "codec/io/seekable_header.h"
#include "codec/io/sound_decoder.h"
#include "codec/io/sound_file.h"
#include "codec/io/sound_handle.h"
#include "codec/io/sound_header.h"
#include "codec/io/stop_request.h"
#include "codec/io/temporary_file.h"

namespace quaver {
namespace {

using internal::FfmpegProcess;
using internal::kChunk;
using internal::LibraryDecoder;
using internal::OpenSndfile;
using internal::PcmDecoder;
using internal::PipeStream;
using internal::SampleData;
using internal::SoundDecoder;
using internal::SoundHandle;
using internal::SoundShape;

constexpr uint64_t kMaxSpool = uint64_t{1} << 30;  // bytes of a pipe that has to be copied
constexpr size_t kPipeBlock = 1024;  // frames of a pipe decoded at a time, if nothing says better

constexpr uint64_t kRiffStart = 12;  // byte of a RIFF's first chunk

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ > STDIN_FILENO) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Error ReadFailed(const std::string& name, int cause) {
  return Error{name + ": read failed: " + std::strerror(cause)};
}

std::string SpoolTo(FILE* file, PipeStream& pipe) {
  std::vector<uint8_t> chunk(1 << 16);
  uint64_t total = 0;
  for (;;) {
    const int64_t got = pipe.Read(chunk);
    if (got < 0) return std::string("read failed: ") + std::strerror(pipe.error());
    if (got == 0) break;
    total += static_cast<uint64_t>(got);
    if (total > kMaxSpool) return "more than 1 GiB in a format that cannot be read from a pipe";
    if (std::fwrite(chunk.data(), 1, static_cast<size_t>(got), file) != static_cast<size_t>(got)) {
      return std::string("cannot be copied to a temporary file: ") + std::strerror(errno);
    }
  }
  if (std::fflush(file) != 0)
    return std::string("cannot be copied to a temporary file: ") + std::strerror(errno);
  std::rewind(file);
  return {};
}

// Frames of a block of a FLAC whose blocks are all as long, or a few.
size_t FlacBlock(std::span<const uint8_t> head) {
  if (head.size() < 12) return kPipeBlock;
  return std::max<size_t>(16, static_cast<size_t>(head[8] << 8 | head[9]));
}

}  // namespace

struct SoundReader::Impl {
  std::string name;
  std::unique_ptr<FfmpegProcess> ffmpeg;  // what libsndfile cannot read; before its output in `fd`
  std::unique_ptr<Descriptor> fd;
  std::unique_ptr<PipeStream> pipe;       // not seekable
  internal::FileHandle spool;             // not seekable, and the format needs it
  std::unique_ptr<SoundDecoder> decoder;  // after what it reads from
  internal::MixDown mix;
  std::vector<float> interleaved;
  uint64_t sample_bytes = 0;  // that the file certainly has
  uint64_t read = 0;          // frames
  bool finished = false;
  size_t raw_bytes = 0;        // of a sample for each channel, without a header; 0: there is one
  size_t raw_rest = 0;         // of a file, behind its last whole sample
  bool empty = false;          // nothing came through the pipe
  bool unknown = false;        // libsndfile does not know the format
  std::vector<SoundTag> tags;  // of a WAV, RF64, FLAC or Ogg; empty: what the decoder knows
  std::vector<std::string> damage;
  std::vector<std::string> notes;

  Result<int64_t> OpenDescriptor(const std::string& path);
  Status OpenSound(const std::string& path);
  Status OpenFile(int number);
  Status OpenRaw(const std::string& path, const RawSound& sound);
  void Prepare();
  void TakeTags(std::optional<internal::CommentTags> found);
  void TakeInfo(const SampleData& data, const internal::BytesAt& bytes, uint64_t begin, uint64_t end);
  bool OpenBySpecialist(int number, uint64_t size, const internal::BytesAt& bytes);
  Status OpenPipe();
  Status OpenSpooled();
  Status OpenPipedSamples(const SampleData& data);
  Status OpenPipedLibrary(const SampleData* data);
  Status CheckShape(const SoundShape& shape) const;
  Status OpenWithFfmpeg(const std::string& path, const std::string& refused);
  Error NotSound() {
    unknown = true;
    return Error{name + ": not a sound file that can be read: " + sf_strerror(nullptr)};
  }
  Status Finish();
};

SoundReader::SoundReader() : impl_(std::make_unique<Impl>()) {}
SoundReader::~SoundReader() = default;

int SoundReader::sample_rate() const { return impl_->decoder->shape().rate; }
int SoundReader::channels() const { return impl_->decoder->shape().channels; }
const std::string& SoundReader::name() const { return impl_->name; }
std::string SoundReader::format() const {
  return impl_->ffmpeg != nullptr ? "read by ffmpeg" : impl_->decoder->shape().format;
}
const std::vector<SoundTag>& SoundReader::tags() const {
  return impl_->tags.empty() ? impl_->decoder->shape().tags : impl_->tags;
}
int64_t SoundReader::frames() const {
  const bool known = impl_->pipe == nullptr || impl_->spool != nullptr;
  return known ? impl_->decoder->shape().frames : -1;
}
const std::vector<std::string>& SoundReader::damage() const { return impl_->damage; }
Status SoundReader::Undamaged() const {
  std::string all;
  for (const std::string& sentence : damage()) all += (all.empty() ? "" : "; ") + sentence;
  return all.empty() ? Status() : Status(Error{name() + ": " + all});
}
const std::vector<std::string>& SoundReader::notes() const { return impl_->notes; }

Result<std::unique_ptr<SoundReader>> SoundReader::Open(const std::string& path) {
  std::unique_ptr<SoundReader> reader(new SoundReader);
  Impl& impl = *reader->impl_;
  impl.name = InputName(path);
  Status opened = impl.OpenSound(path);
  if (!opened.ok() && impl.unknown) opened = impl.OpenWithFfmpeg(path, opened.message());
  if (!opened.ok()) return opened.error();
  if (Status status = impl.CheckShape(impl.decoder->shape()); !status.ok()) return status.error();
  impl.Prepare();
  return reader;
}

Result<std::unique_ptr<SoundReader>> SoundReader::OpenRaw(const std::string& path, const RawSound& sound) {
  std::unique_ptr<SoundReader> reader(new SoundReader);
  Impl& impl = *reader->impl_;
  impl.name = InputName(path);
  if (const Status valid = CheckRawSound(sound); !valid.ok())
    return Error{impl.name + ": " + valid.message()};
  if (Status opened = impl.OpenRaw(path, sound); !opened.ok()) return opened.error();
  impl.Prepare();
  return reader;
}

void SoundReader::Impl::Prepare() {
  const auto channels = static_cast<size_t>(decoder->shape().channels);
  interleaved.resize(std::max<size_t>(1, kChunk / channels) * channels);
  mix = internal::MixDown(decoder->shape());
}

void SoundReader::Impl::TakeTags(std::optional<internal::CommentTags> found) {
  if (!found) return;
  tags = std::move(found->tags);
  std::ranges::move(found->notes, std::back_inserter(notes));
}

// Of the chunks in [begin, end).
void SoundReader::Impl::TakeInfo(const SampleData& data, const internal::BytesAt& bytes, uint64_t begin,
                                 uint64_t end) {
  if (!internal::IsRiff(data.container)) return;
  if (!internal::ReadInfoChunks(bytes, begin, end, data.big_endian, tags))
    notes.push_back(internal::TooManyChunksText());
}

// Gives the size of a file that is read from its beginning; -1 if it is something else.
Result<int64_t> SoundReader::Impl::OpenDescriptor(const std::string& path) {
  const int number = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (number < 0) return Error{name + ": cannot be opened: " + std::strerror(errno)};
  fd = std::make_unique<Descriptor>(number);
  struct stat status {};
  if (::fstat(number, &status) != 0) return Error{name + ": cannot be read: " + std::strerror(errno)};
  if (S_ISDIR(status.st_mode)) return Error{name + ": is a directory"};
  if (!S_ISREG(status.st_mode) || ::lseek(number, 0, SEEK_CUR) != 0) return int64_t{-1};
  if (status.st_size == 0) return Error{name + ": is empty"};
  return int64_t{status.st_size};
}

Status SoundReader::Impl::OpenSound(const std::string& path) {
  const auto size = OpenDescriptor(path);
  if (!size.ok()) return size.error();
  return size.value() < 0 ? OpenPipe() : OpenFile(fd->get());
}

// As if a header ended before the first byte, and said nothing of the length.
Status SoundReader::Impl::OpenRaw(const std::string& path, const RawSound& sound) {
  const bool floats = sound.format == SampleFormat::kF32le;
  const int format = SF_FORMAT_RAW | SF_ENDIAN_LITTLE | (floats ? SF_FORMAT_FLOAT : SF_FORMAT_PCM_16);
  SoundShape shape;
  shape.rate = sound.rate;
  shape.channels = sound.channels;
  shape.format = std::string("without a header, ") + (floats ? "32 bit float" : "Signed 16 bit PCM");
  SampleData data;
  data.container = internal::Container::kAu;
  data.open = true;
  raw_bytes = sound.frame_bytes();
  const auto size = OpenDescriptor(path);
  if (!size.ok()) return size.error();
  if (size.value() < 0) {
    pipe = std::make_unique<PipeStream>(fd->get());
    const bool nothing = pipe->Peek(1).empty();
    if (pipe->error() != 0) return ReadFailed(name, pipe->error());
    if (nothing) return Error{name + ": is empty"};
    decoder = PcmDecoder::OfPipe(*pipe, data, shape, format);
  } else {
    const auto end = static_cast<uint64_t>(size.value());
    raw_rest = static_cast<size_t>(end % raw_bytes);
    decoder = PcmDecoder::OfFile(fd->get(), data, internal::SampleEnd{.end = end - raw_rest}, shape, format);
  }
  return decoder == nullptr ? Status(NotSound()) : Status();
}

// Ogg and MPEG audio, of which libsndfile does not tell what is missing. False: it is neither.
bool SoundReader::Impl::OpenBySpecialist(int number, uint64_t size, const internal::BytesAt& bytes) {
  std::array<uint8_t, 4> magic{};
  if (bytes(0, magic) == magic.size() && std::memcmp(magic.data(), "OggS", 4) == 0) {
    TakeTags(internal::ReadOggTags(bytes));
    decoder = internal::OggDecoder::Open(number, internal::FindOggLinks(size, bytes));
  } else if (internal::BeginsMpeg(bytes)) {
    decoder = internal::MpegDecoder::Open(number, size);
  }
  return decoder != nullptr;
}

// A file whose header is true is left to libsndfile.
Status SoundReader::Impl::OpenFile(int number) {
  struct stat status {};
  if (::fstat(number, &status) != 0) return Error{name + ": cannot be read: " + std::strerror(errno)};
  const auto size = static_cast<uint64_t>(status.st_size);
  int failed = 0;
  const internal::BytesAt bytes = [&](uint64_t at, std::span<uint8_t> out) {
    return internal::ReadAt(number, at, out, failed);
  };
  auto data = internal::FindSampleData(bytes);
  if (!data) data = internal::FindSeekableData(bytes);
  if (OpenBySpecialist(number, size, bytes)) return {};
  if (failed != 0) return ReadFailed(name, failed);
  SF_INFO info{};
  std::unique_ptr<PipeStream> header;  // before the handle that reads from it
  SoundHandle handle(OpenSndfile(number, SFM_READ, info));
  if (handle == nullptr && data && ::lseek(number, 0, SEEK_SET) == 0) {
    // It may refuse a length that makes no sense, or many tags.
    header = std::make_unique<PipeStream>(number);
    header->LimitHeader(data->begin);
    if (header->Peek(data->begin).size() == data->begin) internal::TameHeader(*data, header->head());
    SF_VIRTUAL_IO io = PipeStream::Callbacks();
    handle.reset(sf_open_virtual(&io, SFM_READ, &info, header.get()));
  }
  if (handle == nullptr) return NotSound();
  const SoundShape shape = internal::ShapeOf(handle.get(), info);
  if (Status fits = CheckShape(shape); !fits.ok()) return fits;
  const size_t plain = data && data->ambiguous ? 0 : internal::PlainSampleBytes(info.format);
  const size_t unit = plain * static_cast<size_t>(shape.channels);
  const auto end = data ? internal::FindSampleEnd(*data, size, bytes) : internal::SampleEnd{};
  if (data) sample_bytes = end.end - data->begin;
  if (data) {
    TakeInfo(*data, bytes, kRiffStart, data->begin);
    TakeInfo(*data, bytes, end.end + internal::PaddingBehind(data->container, end.end), size);
  } else {
    TakeTags(internal::ReadFlacTags(bytes));
  }
  if (data && unit > 0) {
    const bool same =
        header == nullptr && static_cast<int64_t>((end.end - data->begin) / unit) == shape.frames;
    if (!same || end.missing > 0 || end.beyond > 0 || end.another) {
      decoder = PcmDecoder::OfFile(number, *data, end, shape, info.format);
      return decoder == nullptr ? Status(NotSound()) : Status();
    }
  }
  if (data && unit == 0 && (data->open || header != nullptr)) {
    // Compressed samples of unknown length: as from a pipe.
    return spool == nullptr && ::lseek(number, 0, SEEK_SET) == 0 ? OpenPipe() : Status(NotSound());
  }
  auto library = std::make_unique<LibraryDecoder>(
      std::move(handle), info, [] { return 0; }, 0, [missing = end.missing] { return missing; });
  if (end.beyond > 0 || end.another) {
    library->AddDamage("goes on behind the sound that its header promises: that was not read");
  }
  decoder = std::move(library);
  return {};
}

Status SoundReader::Impl::OpenPipe() {
  pipe = std::make_unique<PipeStream>(fd->get());
  const std::span<const uint8_t> start = pipe->Peek(4);
  if (pipe->error() != 0) return ReadFailed(name, pipe->error());
  empty = start.empty();
  if (empty) return Error{name + ": is empty"};
  const internal::BytesAt bytes = [this](uint64_t at, std::span<uint8_t> out) {
    const std::span<const uint8_t> head = pipe->Peek(at + out.size());
    if (head.size() <= at) return size_t{0};
    const size_t count = std::min<size_t>(out.size(), head.size() - at);
    std::copy_n(head.begin() + static_cast<std::ptrdiff_t>(at), count, out.begin());
    return count;
  };
  if (start.size() == 4 && std::memcmp(start.data(), "fLaC", 4) == 0) {
    pipe->LimitHeader(PipeStream::kMaxHeader);
    TakeTags(internal::ReadFlacTags(bytes));
    return OpenPipedLibrary(nullptr);
  }
  const auto data = internal::FindSampleData(bytes);
  if (pipe->error() != 0) return ReadFailed(name, pipe->error());
  if (data && tags.empty()) TakeInfo(*data, bytes, kRiffStart, data->begin);
  return data ? OpenPipedSamples(*data) : OpenSpooled();
}

Status SoundReader::Impl::OpenSpooled() {
  pipe->Start(0, 1, UINT64_MAX);
  auto file = internal::CreateTemporaryFile();
  if (!file.ok()) return Error{name + ": " + file.message()};
  spool = std::move(file).value();
  if (std::string cause = SpoolTo(spool.get(), *pipe); !cause.empty()) return Error{name + ": " + cause};
  return OpenFile(::fileno(spool.get()));
}

Status SoundReader::Impl::OpenPipedSamples(const SampleData& data) {
  if (data.ambiguous) return OpenPipedLibrary(&data);
  pipe->LimitHeader(data.begin);
  internal::TameHeader(data, pipe->head());
  SF_VIRTUAL_IO io = PipeStream::Callbacks();
  SF_INFO info{};
  const SoundHandle handle(sf_open_virtual(&io, SFM_READ, &info, pipe.get()));
  if (pipe->error() != 0) return ReadFailed(name, pipe->error());
  if (handle == nullptr) return NotSound();
  const SoundShape shape = internal::ShapeOf(handle.get(), info);
  if (Status fits = CheckShape(shape); !fits.ok()) return fits;
  if (internal::PlainSampleBytes(info.format) > 0) {
    decoder = PcmDecoder::OfPipe(*pipe, data, shape, info.format);
    return decoder == nullptr ? Status(NotSound()) : Status();
  }
  pipe->LimitHeader(UINT64_MAX);
  if (data.container == internal::Container::kW64)
    return OpenSpooled();  // libsndfile wants to know its length
  sample_bytes = data.open ? 0 : data.length;
  return OpenPipedLibrary(&data);
}

Status SoundReader::Impl::OpenPipedLibrary(const SampleData* data) {
  if (data != nullptr && data->open && data->container == internal::Container::kWav) {
    std::ranges::fill(pipe->head().subspan(data->length_field, 4), uint8_t{0xFF});  // as long as it can be
  }
  SF_VIRTUAL_IO io = PipeStream::Callbacks();
  SF_INFO info{};
  pipe->Rewind();
  SoundHandle handle(sf_open_virtual(&io, SFM_READ, &info, pipe.get()));
  if (pipe->error() != 0) return ReadFailed(name, pipe->error());
  if (handle == nullptr) return NotSound();
  const bool flac = (info.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_FLAC;
  const size_t block = flac ? FlacBlock(pipe->head()) : kPipeBlock;
  pipe->StartHere();
  const uint64_t end = data == nullptr || data->open ? 0 : data->begin + data->length;
  decoder = std::make_unique<LibraryDecoder>(
      std::move(handle), info, [this] { return pipe->error(); }, block,
      [this, end]() -> uint64_t { return end > pipe->taken() ? end - pipe->taken() : 0; });
  return {};
}

Status SoundReader::Impl::OpenWithFfmpeg(const std::string& path, const std::string& refused) {
  struct stat status {};
  const bool file = ::fstat(fd->get(), &status) == 0 && S_ISREG(status.st_mode);
  if (!file && spool == nullptr) return Error{refused};  // its beginning is gone
  const std::string program = FfmpegProcess::Find();
  if (program.empty()) {
    return Error{
        refused +
        " ffmpeg reads many more formats: install it (apt install ffmpeg), and it is used by itself"};
  }
  const int input = spool != nullptr ? ::fileno(spool.get()) : path == "-" ? fd->get() : -1;
  auto started = FfmpegProcess::Start(program, path, input);
  if (!started.ok()) return Error{refused + " " + started.message()};
  ffmpeg = std::move(started).value();
  fd = std::make_unique<Descriptor>(ffmpeg->TakeOutput());
  spool.reset();
  unknown = false;
  Status opened = OpenPipe();
  if (empty) return Error{refused + " Nor by " + program + ": " + ffmpeg->Wait().text};
  if (unknown) return Error{refused + " " + program + " gave no WAV"};
  notes.push_back("read by " + program + ", since libsndfile does not know the format");
  return opened;
}

Status SoundReader::Impl::CheckShape(const SoundShape& shape) const {
  if (shape.rate < kMinSampleRate || shape.rate > kMaxSampleRate) {
    return Error{name + ": a sample rate of " + std::to_string(shape.rate) + " Hz is outside " +
                 std::to_string(kMinSampleRate) + " to " + std::to_string(kMaxSampleRate)};
  }
  if (shape.channels < 1 || shape.channels > kMaxChannels) {
    return Error{name + ": " + std::to_string(shape.channels) + " channels are outside 1 to " +
                 std::to_string(kMaxChannels)};
  }
  return {};
}

Status SoundReader::Impl::Finish() {
  if (std::exchange(finished, true)) return {};
  damage = decoder->remarks().damage;
  std::ranges::copy(decoder->remarks().notes, std::back_inserter(notes));
  const size_t rest = raw_bytes > 0 && pipe != nullptr ? pipe->Ahead(raw_bytes).size() : raw_rest;
  if (rest > 0 && StopRequested() == 0) {
    damage.push_back("ends inside a sample, of which " + std::to_string(rest) + " of " +
                     std::to_string(raw_bytes) +
                     " bytes are there; are --channels and --sample-format right?");
  }
  if (ffmpeg != nullptr && StopRequested() != 0) ffmpeg.reset();  // what it would still give is not wanted
  if (ffmpeg != nullptr) {                                        // has it got to the end of the file?
    const FfmpegProcess::End end = ffmpeg->Wait();
    if (end.failed && read == 0) return Error{name + ": cannot be read by ffmpeg: " + end.text};
    if (end.failed) damage.push_back("is cut off where ffmpeg gave up: " + end.text);
    if (!end.failed && !end.text.empty()) damage.push_back("is damaged, says ffmpeg: " + end.text);
  }
  if (read == 0 && sample_bytes > 0 && damage.empty()) {
    damage.push_back("has " + std::to_string(sample_bytes) + " bytes of sound, of which none can be read");
  }
  std::ranges::move(mix.Remarks(), std::back_inserter(damage));
  return {};
}

Status SoundReader::ChooseChannel(int channel) {
  if (channel < 1 || channel > channels()) {
    return Error{name() + ": has no channel " + std::to_string(channel) + ", only " +
                 std::to_string(channels())};
  }
  impl_->mix.ChooseChannel(static_cast<size_t>(channel - 1));
  return {};
}

Result<size_t> SoundReader::ReadMono(std::span<float> out) {
  const auto width = static_cast<size_t>(channels());
  size_t done = 0;
  while (done < out.size() && (done == 0 || impl_->decoder->Ready())) {
    const size_t want = std::min(out.size() - done, impl_->interleaved.size() / width);
    const auto got = impl_->decoder->Read(std::span(impl_->interleaved).first(want * width));
    if (!got.ok()) return Error{impl_->name + ": " + got.message()};
    if (got.value() == 0) {
      if (Status told = impl_->Finish(); !told.ok()) return told.error();
      break;
    }
    impl_->mix.Mix(std::span(impl_->interleaved).first(got.value() * width), out.subspan(done, got.value()));
    done += got.value();
    impl_->read += got.value();
  }
  return done;
}

}  // namespace quaver
