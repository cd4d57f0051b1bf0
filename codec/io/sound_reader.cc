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
#include "codec/io/sound_file.h"
#include "codec/io/sound_handle.h"

namespace quaver {
namespace {

using internal::kChunk;
using internal::kMaxWavData;
using internal::OpenSndfile;
using internal::PipeStream;
using internal::SoundHandle;

constexpr uint64_t kMaxSpool = uint64_t{1} << 30;     // bytes of a pipe that has to be copied
constexpr int64_t kUnknownLength = int64_t{1} << 46;  // libsndfile's lengths of endless files are beyond this

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

}  // namespace quaver
