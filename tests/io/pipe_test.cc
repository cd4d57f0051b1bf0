// Sound through named pipes, which cannot seek.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sndfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <future>
#include <thread>
#include <vector>

#include "codec/io/npy.h"
#include "codec/io/sound_file.h"
#include "tests/io/temp_folder.h"
#include "tests/io/wav_bytes.h"

namespace quaver {
namespace {

using testing::HasSubstr;

class PipeTest : public TempFolder {
 protected:
  void SetUp() override {
    ::signal(SIGPIPE, SIG_IGN);
    ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
  }
  // Opens the other end and writes; ends early when the reader goes away.
  std::thread Feed(std::string bytes) {
    return std::thread([path = Path("pipe"), bytes = std::move(bytes)] {
      const int fd = ::open(path.c_str(), O_WRONLY);
      size_t done = 0;
      while (done < bytes.size()) {
        const ssize_t n = ::write(fd, bytes.data() + done, std::min<size_t>(bytes.size() - done, 4099));
        if (n <= 0) break;
        done += static_cast<size_t>(n);
      }
      ::close(fd);
    });
  }
  static Result<std::vector<float>> ReadAll(const std::string& path) {
    auto reader = SoundReader::Open(path);
    if (!reader.ok()) return reader.error();
    std::vector<float> all;
    std::vector<float> chunk(1000);
    for (;;) {
      const auto got = reader.value()->ReadMono(chunk);
      if (!got.ok()) return got.error();
      if (got.value() == 0) return all;
      all.insert(all.end(), chunk.begin(), chunk.begin() + static_cast<ptrdiff_t>(got.value()));
    }
  }
  Result<std::vector<float>> ThroughPipe(const std::string& bytes) {
    std::thread writer = Feed(bytes);
    auto result = ReadAll(Path("pipe"));
    writer.join();
    return result;
  }
};

std::vector<int16_t> Ramp(size_t n) {
  std::vector<int16_t> values(n);
  for (size_t i = 0; i < n; ++i) values[i] = static_cast<int16_t>(i * 37);
  return values;
}

std::vector<float> AsFloat(const std::vector<int16_t>& values) {
  std::vector<float> out;
  for (const int16_t x : values) out.push_back(static_cast<float>(x) / 32768.0F);
  return out;
}

TEST_F(PipeTest, WavOfKnownAndUnknownLength) {
  for (const size_t n : {0, 1, 5000, 900000}) {  // the last is longer than what is kept for the header
    const auto values = Ramp(n);
    const auto whole = ThroughPipe(Wav<int16_t>(values, 16000, 1));
    ASSERT_TRUE(whole.ok()) << whole.message();
    EXPECT_TRUE(whole.value() == AsFloat(values)) << n;
    for (const uint32_t length : {0U, 0xFFFFFFFFU, 0x7FFFFFFFU}) {
      const auto result = ThroughPipe(WavHeader<int16_t>(length, 16000, 1) + WavData<int16_t>(values));
      ASSERT_TRUE(result.ok()) << n << " " << length << " " << result.message();
      EXPECT_TRUE(result.value() == AsFloat(values)) << n << " " << length << " " << result.value().size();
    }
  }
}

TEST_F(PipeTest, WhatFollowsTheDataIsNotSound) {
  const auto values = Ramp(700000);
  const std::string list =
      "LIST" + Raw(uint32_t{26}) + "INFOISFT" + Raw(uint32_t{14}) + "Lavf58.76.100" + '\0';
  const auto after = ThroughPipe(Wav<int16_t>(values, 16000, 1) + list);
  ASSERT_TRUE(after.ok()) << after.message();
  EXPECT_TRUE(after.value() == AsFloat(values)) << after.value().size();
  std::string before = Wav<int16_t>(values, 16000, 1);
  before.insert(36, list);  // between fmt and data, as ffmpeg does
  const auto result = ThroughPipe(before);
  ASSERT_TRUE(result.ok()) << result.message();
  EXPECT_TRUE(result.value() == AsFloat(values)) << result.value().size();
}

TEST_F(PipeTest, FlacStreams) {
  const std::string path = QUAVER_SOURCE_DIR "/samples/en-librispeech-3699.flac";
  const auto result = ThroughPipe(Content(path));
  ASSERT_TRUE(result.ok()) << result.message();
  EXPECT_TRUE(result.value() == ReadAll(path).value());
}

TEST_F(PipeTest, OggIsSpooled) {
  SF_INFO info{};
  info.samplerate = 16000;
  info.channels = 1;
  info.format = SF_FORMAT_OGG | SF_FORMAT_VORBIS;
  SNDFILE* file = sf_open(Path("a.ogg").c_str(), SFM_WRITE, &info);
  ASSERT_NE(file, nullptr) << sf_strerror(nullptr);
  const auto values = AsFloat(Ramp(30000));
  sf_writef_float(file, values.data(), 30000);
  sf_close(file);
  const auto result = ThroughPipe(Content(Path("a.ogg")));
  ASSERT_TRUE(result.ok()) << result.message();
  EXPECT_EQ(result.value().size(), 30000U);
}

// A live source: the first second must come out while the rest has not been spoken yet.
TEST_F(PipeTest, DoesNotWaitForTheEnd) {
  const auto values = Ramp(16000);
  std::promise<void> heard;
  bool in_time = false;
  std::thread source([&] {
    const int fd = ::open(Path("pipe").c_str(), O_WRONLY);
    const std::string start = WavHeader<int16_t>(0xFFFFFFFFU, 16000, 1) + WavData<int16_t>(values);
    EXPECT_EQ(::write(fd, start.data(), start.size()), static_cast<ssize_t>(start.size()));
    // However busy the machine is; only who waits for the end of the pipe waits for this.
    in_time = heard.get_future().wait_for(std::chrono::minutes(10)) == std::future_status::ready;
    ::close(fd);
  });
  auto reader = SoundReader::Open(Path("pipe"));
  EXPECT_TRUE(reader.ok()) << reader.message();
  if (reader.ok()) {
    EXPECT_EQ(reader.value()->frames(), -1);
    std::vector<float> second(16000);
    EXPECT_EQ(reader.value()->ReadMono(second).value(), 16000U);
    heard.set_value();
    EXPECT_EQ(reader.value()->ReadMono(second).value(), 0U);
  }
  source.join();
  EXPECT_TRUE(in_time);
}

// A live source: each piece of 20 ms comes out although nothing follows it yet; half a sample waits for its
// rest.
TEST_F(PipeTest, GivesWhatHasCome) {
  for (const int channels : {1, 3}) {
    const auto width = static_cast<size_t>(channels);
    const auto values = Ramp(320 * width);
    for (const size_t rest : {0, 1, 5}) {                   // bytes of each piece that come with the next one
      const int fd = ::open(Path("pipe").c_str(), O_RDWR);  // does not wait for the other end
      std::string stream = WavHeader<int16_t>(0xFFFFFFFFU, 16000, channels);
      for (int piece = 0; piece < 20; ++piece) stream += WavData<int16_t>(values);
      const size_t header = stream.size() - 20 * 2 * values.size();
      size_t written = 0;
      const auto write_to = [&](size_t end) {
        EXPECT_EQ(::write(fd, stream.data() + written, end - written), static_cast<ssize_t>(end - written));
        written = end;
      };
      write_to(header);
      auto reader = SoundReader::Open(Path("pipe"));
      ASSERT_TRUE(reader.ok()) << reader.message();
      std::vector<float> room(16384);
      size_t heard = 0;
      for (size_t piece = 1; piece <= 20; ++piece) {
        write_to(header + piece * 2 * values.size() - rest);
        heard += reader.value()->ReadMono(room).value();
        EXPECT_EQ(heard, (piece * 2 * values.size() - rest) / 2 / width) << channels << " " << rest;
      }
      ::close(fd);
      EXPECT_EQ(reader.value()->ReadMono(room).value(), 0U);
      EXPECT_TRUE(reader.value()->damage().empty());
    }
  }
}

TEST_F(PipeTest, GivesTheBlocksOfAFlacAsTheyCome) {
  const std::string flac = Content(QUAVER_SOURCE_DIR "/samples/en-librispeech-3699.flac");
  const int fd = ::open(Path("pipe").c_str(), O_RDWR);
  const size_t first = 60000;  // fits into a pipe
  ASSERT_EQ(::write(fd, flac.data(), first), static_cast<ssize_t>(first));
  auto reader = SoundReader::Open(Path("pipe"));
  ASSERT_TRUE(reader.ok()) << reader.message();
  std::vector<float> room(1 << 20);
  size_t heard = 0;
  // As many samples as these bytes hold for certain: speech takes less than 16 bits a sample.
  while (heard < first / 2 - 8192) heard += reader.value()->ReadMono(room).value();
  ::close(fd);
}

// Standard input that gives these bytes and then fails: the peer of a socket goes away with something unread.
class BrokenInput {
 public:
  explicit BrokenInput(const std::string& bytes) : saved_(::dup(STDIN_FILENO)) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    EXPECT_EQ(::dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    EXPECT_EQ(::write(ends[0], "x", 1), 1);
    ::close(ends[0]);
    peer_ = std::thread([bytes, fd = ends[1]] {
      for (size_t done = 0; done < bytes.size();) {
        const ssize_t n = ::write(fd, bytes.data() + done, bytes.size() - done);
        if (n <= 0) break;
        done += static_cast<size_t>(n);
      }
      ::close(fd);
    });
  }
  ~BrokenInput() {
    ::dup2(saved_, STDIN_FILENO);  // the other end learns that nobody reads any more
    ::close(saved_);
    peer_.join();
  }

 private:
  int saved_;
  std::thread peer_;
};

TEST_F(PipeTest, AReadErrorIsNotTheEnd) {
  const std::string wav = Wav<int16_t>(Ramp(700000), 16000, 1);
  const std::string flac = Content(QUAVER_SOURCE_DIR "/samples/en-librispeech-3699.flac");
  const std::string endless = WavHeader<int16_t>(0xFFFFFFFFU, 16000, 1) + WavData<int16_t>(Ramp(20000));
  const std::string npy("\x93NUMPY\1\0\x76\0{'descr'", 18);
  for (const std::string& bytes :
       {std::string(), std::string("RI"), wav.substr(0, 30), wav.substr(0, 2000), wav.substr(0, 1300001),
        endless, flac.substr(0, flac.size() / 2), std::string("OggS") + std::string(5000, 'x'), npy}) {
    {
      const BrokenInput input(bytes);
      EXPECT_THAT(ReadAll("-").message(), HasSubstr("standard input: read failed: Connection reset"))
          << bytes.size();
    }
    const BrokenInput input(bytes);
    EXPECT_THAT(ReadNpy("-").message(),
                HasSubstr(bytes.size() < 18 || bytes == npy ? "read failed" : "not a"))
        << bytes.size();
  }
}

TEST_F(PipeTest, WaitsForAPipeThatDoesNotBlock) {
  const auto values = Ramp(100000);
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_NONBLOCK), 0);
  const int saved = ::dup(STDIN_FILENO);
  ::dup2(ends[0], STDIN_FILENO);
  ::close(ends[0]);
  std::thread writer([bytes = Wav<int16_t>(values, 16000, 1), fd = ends[1]] {
    ::fcntl(fd, F_SETFL, 0);  // of this end only
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t n = ::write(fd, bytes.data() + done, std::min<size_t>(999, bytes.size() - done));
      if (n <= 0) break;
      done += static_cast<size_t>(n);
    }
    ::close(fd);
  });
  const auto heard = ReadAll("-");
  ::dup2(saved, STDIN_FILENO);
  ::close(saved);
  writer.join();
  ASSERT_TRUE(heard.ok()) << heard.message();
  EXPECT_TRUE(heard.value() == AsFloat(values));
}

TEST_F(PipeTest, RefusesEmptyAndForeignStreams) {
  EXPECT_THAT(ThroughPipe("").message(), HasSubstr("pipe: is empty"));
  EXPECT_THAT(ThroughPipe("RIFF").message(), HasSubstr("not a sound file"));
  EXPECT_THAT(ThroughPipe(std::string(100000, 'x')).message(), HasSubstr("not a sound file"));
  EXPECT_THAT(ThroughPipe("RIFF" + std::string(2000000, '\0')).message(), HasSubstr("not a sound file"));
}

TEST_F(PipeTest, FlacIsNotWrittenIntoAPipe) {
  std::filesystem::create_symlink("/dev/null", Path("null.flac"));
  EXPECT_THAT(SoundWriter::Create(Path("null.flac"), 16000, 1).message(), HasSubstr("only WAV"));
}

TEST_F(PipeTest, WriterStreamsAWavThatReadersTakeWhateverThePipeIsCalled) {
  const auto values = Ramp(40000);
  ASSERT_EQ(::mkfifo(Path("heard.fifo").c_str(), 0600), 0);
  for (const char* name : {"pipe", "heard.fifo"}) {
    Result<std::vector<float>> heard = Error{"nothing read"};
    std::thread listener([&] { heard = ReadAll(Path(name)); });
    auto writer = SoundWriter::Create(Path(name), 16000, 2);
    EXPECT_TRUE(writer.ok()) << writer.message();
    if (!writer.ok()) ::close(::open(Path(name).c_str(), O_WRONLY));  // lets the listener go
    if (writer.ok()) {
      EXPECT_TRUE(writer.value()->Write(AsFloat(values)).ok());
      EXPECT_TRUE(writer.value()->Commit().ok());
    }
    writer = Error{"closed"};  // destroyed: the listener sees the end
    listener.join();
    ASSERT_TRUE(heard.ok()) << heard.message();
    EXPECT_TRUE(heard.value() == AsFloat(values));
  }
}

}  // namespace
}  // namespace quaver
