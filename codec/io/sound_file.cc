#include "codec/io/sound_file.h"

#include <fcntl.h>
#include <sndfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "codec/io/byte_file.h"
#include "codec/io/pipe_stream.h"
#include "codec/samples.h"

namespace quaver {
namespace {

using internal::PipeStream;

constexpr size_t kChunk = 16384;                      // values converted at a time
constexpr uint64_t kMaxSpool = uint64_t{1} << 30;     // bytes of a pipe that has to be copied
constexpr int64_t kUnknownLength = int64_t{1} << 46;  // libsndfile's lengths of endless files are beyond this
constexpr uint64_t kMaxWavData = 0xFFFFFFFFU - 256;

struct SoundClose {
  void operator()(SNDFILE* file) const { sf_close(file); }
};
using SoundHandle = std::unique_ptr<SNDFILE, SoundClose>;

struct FileClose {
  void operator()(FILE* file) const { std::fclose(file); }
};

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

// libsndfile closes a descriptor in which it finds no sound, even if told to leave it open (1.2.0); by the
// time that we close it too, another thread may have its number. So it gets one of its own.
SNDFILE* OpenSndfile(int fd, int mode, SF_INFO& info) {
  const int own = ::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  return own < 0 ? nullptr : sf_open_fd(own, mode, &info, SF_TRUE);
}

// Formats whose samples follow their header in order, so that libsndfile reads them from a pipe.
bool StreamsFromPipe(std::span<const uint8_t> start) {
  const std::string_view magic(reinterpret_cast<const char*>(start.data()), start.size());
  for (const std::string_view known : {"RIFF", "RIFX", "RF64", "fLaC", "FORM", ".snd"}) {
    if (magic == known) return true;
  }
  return false;
}

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

}  // namespace

struct SoundReader::Impl {
  std::string name;
  SF_INFO info{};
  std::unique_ptr<Descriptor> fd;
  std::unique_ptr<PipeStream> pipe;        // not seekable
  std::unique_ptr<FILE, FileClose> spool;  // not seekable, and the format needs it
  SoundHandle handle;                      // after what it reads from
  std::vector<float> interleaved;

  Status OpenDescriptor(const std::string& path);
  Status OpenPipe();
  Status CheckInfo() const;
  Status AfterShortRead() const;
  size_t MixDown(size_t frames, std::span<float> out) const;
};

SoundReader::SoundReader() : impl_(std::make_unique<Impl>()) {}
SoundReader::~SoundReader() = default;

int SoundReader::sample_rate() const { return impl_->info.samplerate; }
int SoundReader::channels() const { return impl_->info.channels; }
const std::string& SoundReader::name() const { return impl_->name; }
std::string SoundReader::format() const {
  std::string text;
  for (const int mask : {SF_FORMAT_TYPEMASK, SF_FORMAT_SUBMASK}) {
    SF_FORMAT_INFO info{};
    info.format = impl_->info.format & mask;
    if (sf_command(nullptr, SFC_GET_FORMAT_INFO, &info, sizeof(info)) != 0 || info.name == nullptr) continue;
    const std::string_view name = info.name;
    text.append(text.empty() ? "" : ", ").append(name.substr(0, name.find(" (")));
  }
  return text;
}
int64_t SoundReader::frames() const {
  const bool known = impl_->pipe == nullptr || impl_->spool != nullptr;
  return known && impl_->info.frames >= 0 && impl_->info.frames < kUnknownLength ? impl_->info.frames : -1;
}

Result<std::unique_ptr<SoundReader>> SoundReader::Open(const std::string& path) {
  std::unique_ptr<SoundReader> reader(new SoundReader);
  Impl& impl = *reader->impl_;
  impl.name = InputName(path);
  if (Status status = impl.OpenDescriptor(path); !status.ok()) return status.error();
  if (impl.handle == nullptr) {
    return Error{impl.name + ": not a sound file that can be read: " + sf_strerror(nullptr)};
  }
  if (Status status = impl.CheckInfo(); !status.ok()) return status.error();
  impl.interleaved.resize(std::max<size_t>(1, kChunk / static_cast<size_t>(impl.info.channels)) *
                          static_cast<size_t>(impl.info.channels));
  return reader;
}

Status SoundReader::Impl::OpenDescriptor(const std::string& path) {
  const int number = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (number < 0) return Error{name + ": cannot be opened: " + std::strerror(errno)};
  fd = std::make_unique<Descriptor>(number);
  struct stat status {};
  if (::fstat(number, &status) != 0) return Error{name + ": cannot be read: " + std::strerror(errno)};
  if (S_ISDIR(status.st_mode)) return Error{name + ": is a directory"};
  if (!S_ISREG(status.st_mode) || ::lseek(number, 0, SEEK_CUR) != 0) return OpenPipe();
  if (status.st_size == 0) return Error{name + ": is empty"};
  handle.reset(OpenSndfile(number, SFM_READ, info));
  if (handle == nullptr || info.frames > 0 || ::lseek(number, 0, SEEK_SET) != 0) return {};
  // Empty, or a WAV that came from a pipe and does not know its length.
  handle.reset();
  info = {};
  return OpenPipe();
}

Status SoundReader::Impl::OpenPipe() {
  pipe = std::make_unique<PipeStream>(fd->get());
  const std::span<const uint8_t> start = pipe->Peek(4);
  if (pipe->error() != 0) return ReadFailed(name, pipe->error());
  if (start.empty()) return Error{name + ": is empty"};
  if (StreamsFromPipe(start)) {
    pipe->MendWavLength();
    SF_VIRTUAL_IO io = PipeStream::Callbacks();
    handle.reset(sf_open_virtual(&io, SFM_READ, &info, pipe.get()));
    pipe->Seal();
    if (handle == nullptr && pipe->error() != 0) return ReadFailed(name, pipe->error());
    return {};
  }
  pipe->Seal();
  spool.reset(std::tmpfile());
  if (spool == nullptr) return Error{name + ": no temporary file: " + std::strerror(errno)};
  if (std::string cause = SpoolTo(spool.get(), *pipe); !cause.empty()) return Error{name + ": " + cause};
  handle.reset(OpenSndfile(::fileno(spool.get()), SFM_READ, info));
  return {};
}

Status SoundReader::Impl::CheckInfo() const {
  if (info.samplerate < kMinSampleRate || info.samplerate > kMaxSampleRate) {
    return Error{name + ": a sample rate of " + std::to_string(info.samplerate) + " Hz is outside " +
                 std::to_string(kMinSampleRate) + " to " + std::to_string(kMaxSampleRate)};
  }
  if (info.channels < 1 || info.channels > kMaxChannels) {
    return Error{name + ": " + std::to_string(info.channels) + " channels are outside 1 to " +
                 std::to_string(kMaxChannels)};
  }
  return {};
}

size_t SoundReader::Impl::MixDown(size_t frames, std::span<float> out) const {
  const size_t width = static_cast<size_t>(info.channels);
  for (size_t i = 0; i < frames; ++i) {
    double sum = 0;
    for (const float x : std::span(interleaved).subspan(i * width, width)) sum += std::isfinite(x) ? x : 0.0F;
    out[i] = static_cast<float>(sum / info.channels);
  }
  return frames;
}

// The end of the file, or a damaged place? And a WAV of unknown length ends where its 32 bits end.
Status SoundReader::Impl::AfterShortRead() const {
  if (pipe != nullptr && pipe->error() != 0) return ReadFailed(name, pipe->error());
  if (const int error = sf_error(handle.get()); error != SF_ERR_NO_ERROR) {
    return Error{name + ": damaged: " + sf_error_number(error)};
  }
  if (pipe != nullptr && spool == nullptr && pipe->position() >= kMaxWavData) {
    std::array<uint8_t, 1> more;
    if (pipe->Read(more) > 0)
      return Error{name + ": longer than the 4 GiB that a WAV header can state; use FLAC"};
  }
  return {};
}

Result<size_t> SoundReader::ReadMono(std::span<float> out) {
  const size_t width = static_cast<size_t>(impl_->info.channels);
  size_t done = 0;
  while (done < out.size()) {
    const size_t want = std::min(out.size() - done, impl_->interleaved.size() / width);
    const sf_count_t got =
        sf_readf_float(impl_->handle.get(), impl_->interleaved.data(), static_cast<sf_count_t>(want));
    if (got > 0) done += impl_->MixDown(static_cast<size_t>(got), out.subspan(done));
    if (got < static_cast<sf_count_t>(want)) {
      if (Status status = impl_->AfterShortRead(); !status.ok()) return status.error();
      break;
    }
  }
  return done;
}

namespace {

void Append(std::vector<uint8_t>& bytes, std::string_view text) {
  bytes.insert(bytes.end(), text.begin(), text.end());
}

void Append(std::vector<uint8_t>& bytes, uint32_t value, int size) {
  for (int i = 0; i < size; ++i) bytes.push_back(static_cast<uint8_t>(value >> 8 * i));
}

// RIFF with "unknown" in both of its lengths, as ffmpeg writes into pipes.
std::vector<uint8_t> EndlessWavHeader(int rate, int channels) {
  const auto width = static_cast<uint32_t>(channels) * 2;
  std::vector<uint8_t> bytes;
  Append(bytes, "RIFF");
  Append(bytes, 0xFFFFFFFFU, 4);
  Append(bytes, "WAVEfmt ");
  Append(bytes, 16, 4);
  Append(bytes, 1, 2);  // PCM
  Append(bytes, static_cast<uint32_t>(channels), 2);
  Append(bytes, static_cast<uint32_t>(rate), 4);
  Append(bytes, static_cast<uint32_t>(rate) * width, 4);
  Append(bytes, width, 2);
  Append(bytes, 16, 2);
  Append(bytes, "data");
  Append(bytes, 0xFFFFFFFFU, 4);
  return bytes;
}

std::string LowerExtension(const std::string& path) {
  const size_t dot = path.find_last_of("./");
  std::string extension = dot == std::string::npos || path[dot] == '/' ? "" : path.substr(dot);
  for (char& c : extension) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return extension;
}

// 0: neither of the two. Pipes and devices (/dev/null) take a WAV whatever they are called.
int FormatOf(const std::string& path) {
  const std::string extension = LowerExtension(path);
  struct stat info {};
  const bool in_place = extension != ".flac" && ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) &&
                        !S_ISDIR(info.st_mode);
  if (path == "-" || in_place || extension == ".wav") return SF_FORMAT_WAV | SF_FORMAT_PCM_16;
  return extension == ".flac" ? SF_FORMAT_FLAC | SF_FORMAT_PCM_16 : 0;
}

}  // namespace

bool HasSoundExtension(const std::string& path) {
  static constexpr std::array<std::string_view, 24> kExtensions = {
      ".wav", ".wave", ".flac", ".ogg", ".oga",  ".opus", ".mp3",  ".mp2", ".mp1", ".aiff", ".aif", ".aifc",
      ".au",  ".snd",  ".caf",  ".w64", ".rf64", ".sph",  ".nist", ".voc", ".avr", ".paf",  ".svx", ".pvf"};
  return std::ranges::find(kExtensions, LowerExtension(path)) != kExtensions.end();
}

struct SoundWriter::Impl {
  std::unique_ptr<AtomicFile> file;
  SoundHandle handle;  // null: a WAV into a pipe, written by hand
  bool wav = false;
  bool done = false;
  int channels = 1;
  uint64_t bytes = 0;
  std::vector<int16_t> interleaved;
  std::vector<uint8_t> raw;

  Status Start(int rate, int format);
  Status WriteMono(std::span<const float> mono);
  Status WriteTurns(std::span<const float> samples);
  Status WritePcm();
  Status WriteAll(std::span<const float> samples, size_t step, Status (Impl::*write)(std::span<const float>));
};

SoundWriter::SoundWriter() : impl_(std::make_unique<Impl>()) {}
SoundWriter::~SoundWriter() = default;

Result<std::unique_ptr<SoundWriter>> SoundWriter::Create(const std::string& path, int rate, int channels,
                                                         Existing existing) {
  if (rate < kMinSampleRate || rate > kMaxSampleRate || channels < 1 || channels > kMaxChannels) {
    return Error{path + ": cannot be written with " + std::to_string(rate) + " Hz and " +
                 std::to_string(channels) + " channels"};
  }
  const int format = FormatOf(path);
  Result<std::unique_ptr<AtomicFile>> file = Error{path + ": sound is written to .wav or .flac"};
  if (format != 0) file = AtomicFile::Create(path, existing);
  if (!file.ok()) return file.error();
  std::unique_ptr<SoundWriter> writer(new SoundWriter);
  writer->impl_->file = std::move(file).value();
  writer->impl_->channels = channels;
  if (Status status = writer->impl_->Start(rate, format); !status.ok()) return status.error();
  return writer;
}

Status SoundWriter::Impl::Start(int rate, int format) {
  wav = (format & SF_FORMAT_TYPEMASK) == SF_FORMAT_WAV;
  if (file->streaming()) {
    if (!wav) return Error{file->name() + ": only WAV can be written into a pipe"};
    return file->Write(EndlessWavHeader(rate, channels));
  }
  SF_INFO info{};
  info.samplerate = rate;
  info.channels = channels;
  info.format = format;
  handle.reset(OpenSndfile(file->fd(), SFM_WRITE, info));
  if (handle != nullptr) return {};
  return Error{file->name() + ": cannot be written with " + std::to_string(rate) + " Hz and " +
               std::to_string(channels) + " channels: " + sf_strerror(nullptr)};
}

Status SoundWriter::Impl::WriteMono(std::span<const float> mono) {
  const auto width = static_cast<size_t>(channels);
  interleaved.resize(mono.size() * width);
  for (size_t i = 0; i < mono.size(); ++i) {
    std::fill_n(interleaved.begin() + static_cast<ptrdiff_t>(i * width), width, ToPcm16(mono[i]));
  }
  return WritePcm();
}

Status SoundWriter::Impl::WriteTurns(std::span<const float> samples) {
  interleaved.resize(samples.size());
  std::transform(samples.begin(), samples.end(), interleaved.begin(), ToPcm16);
  return WritePcm();
}

Status SoundWriter::Impl::WritePcm() {
  bytes += 2 * interleaved.size();
  if (handle == nullptr) {
    raw.clear();
    for (const int16_t x : interleaved) Append(raw, static_cast<uint16_t>(x), 2);
    return file->Write(raw);
  }
  if (wav && bytes > kMaxWavData)
    return Error{file->name() + ": more than a WAV can hold (4 GiB); use .flac"};
  const auto count = static_cast<sf_count_t>(interleaved.size());
  if (sf_write_short(handle.get(), interleaved.data(), count) == count) return {};
  return Error{file->name() + ": write failed: " + sf_strerror(handle.get())};
}

// `step` samples at a time, through `write`.
Status SoundWriter::Impl::WriteAll(std::span<const float> samples, size_t step,
                                   Status (Impl::*write)(std::span<const float>)) {
  if (done) return Error{file->name() + ": is already closed for writing"};
  while (!samples.empty()) {
    const size_t n = std::min(step, samples.size());
    if (Status status = (this->*write)(samples.first(n)); !status.ok()) {
      done = true;  // what follows a gap would be wrong
      return status;
    }
    samples = samples.subspan(n);
  }
  return {};
}

Status SoundWriter::Write(std::span<const float> mono) {
  const size_t step = std::max<size_t>(1, kChunk / static_cast<size_t>(impl_->channels));
  return impl_->WriteAll(mono, step, &Impl::WriteMono);
}

Status SoundWriter::WriteInterleaved(std::span<const float> samples) {
  const auto width = static_cast<size_t>(impl_->channels);
  if (samples.size() % width != 0)
    return Error{impl_->file->name() + ": the number of samples is not a multiple of the channels"};
  return impl_->WriteAll(samples, std::max<size_t>(1, kChunk / width) * width, &Impl::WriteTurns);
}

Status SoundWriter::Commit() {
  if (impl_->done) return Error{impl_->file->name() + ": is already closed for writing"};
  impl_->done = true;
  // libsndfile writes a FLAC header with the first samples only, and would leave a file of no bytes.
  if (!impl_->wav && impl_->bytes == 0)
    return Error{impl_->file->name() + ": a FLAC file cannot be empty; write .wav"};
  if (impl_->handle != nullptr) {
    if (const int error = sf_close(impl_->handle.release()); error != SF_ERR_NO_ERROR) {
      return Error{impl_->file->name() + ": write failed: " + sf_error_number(error)};
    }
  }
  return impl_->file->Commit();
}

}  // namespace quaver
