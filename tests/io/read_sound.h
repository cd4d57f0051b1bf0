// A sound file read to its end, with what is said of it.
#ifndef QUAVER_TESTS_IO_READ_SOUND_H_
#define QUAVER_TESTS_IO_READ_SOUND_H_

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "codec/io/sound_file.h"

namespace quaver {

struct Heard {
  std::string error;  // empty: none
  std::vector<float> samples;
  std::vector<std::string> damage;
  std::vector<std::string> notes;
  int rate = 0;
};

inline Heard ReadSound(const std::string& path, int channel = 0) {
  Heard heard;
  auto reader = SoundReader::Open(path);
  if (!reader.ok()) {
    heard.error = reader.message();
    return heard;
  }
  heard.rate = reader.value()->sample_rate();
  if (channel > 0 && !reader.value()->ChooseChannel(channel).ok()) heard.error = "no such channel";
  std::vector<float> block(5000);
  for (;;) {
    const auto got = reader.value()->ReadMono(block);
    if (!got.ok()) heard.error = got.message();
    if (!got.ok() || got.value() == 0) break;
    heard.samples.insert(heard.samples.end(), block.begin(),
                         block.begin() + static_cast<std::ptrdiff_t>(got.value()));
  }
  heard.damage = reader.value()->damage();
  heard.notes = reader.value()->notes();
  return heard;
}

// `bytes` through a named pipe that is made at `pipe` for the purpose.
inline Heard ReadPiped(const std::string& bytes, const std::string& pipe) {
  EXPECT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  ::signal(SIGPIPE, SIG_IGN);  // a reader that refuses the sound closes the pipe early
  std::thread writer([&] {
    const int fd = ::open(pipe.c_str(), O_WRONLY);
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t n = ::write(fd, bytes.data() + done, std::min<size_t>(bytes.size() - done, 4099));
      if (n <= 0) break;
      done += static_cast<size_t>(n);
    }
    ::close(fd);
  });
  Heard heard = ReadSound(pipe);
  writer.join();
  ::unlink(pipe.c_str());
  return heard;
}

}  // namespace quaver

#endif  // QUAVER_TESTS_IO_READ_SOUND_H_
