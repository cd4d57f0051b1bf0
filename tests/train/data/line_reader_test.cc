#include "codec/train/data/line_reader.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "codec/train/data/manifest.h"
#include "tests/train/data/fixtures.h"

namespace quaver {
namespace {

// "+" after a line that is too long.
std::vector<std::string> Lines(const std::string& text, size_t most) {
  std::istringstream file(text);
  LineReader reader(file, most);
  std::vector<std::string> lines;
  while (reader.Next()) lines.push_back(std::string(reader.line()) + (reader.too_long() ? "+" : ""));
  EXPECT_TRUE(reader.line().empty());
  EXPECT_FALSE(reader.too_long());
  return lines;
}

TEST(LineReader, GivesWhatGetlineGives) {
  for (const std::string text : {"", "\n", "a", "a\n", "\n\nab\n", "ab\n\ncd", "abcd\nabcd", "a\r\nb"}) {
    std::istringstream file(text);
    std::vector<std::string> expected;
    for (std::string line; std::getline(file, line);) expected.push_back(line);
    EXPECT_EQ(Lines(text, 4), expected) << text;
  }
  EXPECT_EQ(Lines(std::string("a\0b\nc", 5), 4), (std::vector<std::string>{std::string("a\0b", 3), "c"}));
}

TEST(LineReader, EndsAtALineThatIsTooLong) {
  EXPECT_EQ(Lines("ab\nabcde\nab\n", 4), (std::vector<std::string>{"ab", "abcd+"}));
  EXPECT_EQ(Lines("abcde", 4), std::vector<std::string>{"abcd+"});
}

class LongLineTest : public DataTest {};

// The other end of the pipe gets rid of no more than about the 1 MiB that a line may have.
TEST_F(LongLineTest, ManifestIsNotReadBeyondIt) {
  ::signal(SIGPIPE, SIG_IGN);
  ASSERT_EQ(::mkfifo(Path("list.jsonl").c_str(), 0600), 0);
  size_t written = 0;
  std::thread writer([&] {
    const int fd = ::open(Path("list.jsonl").c_str(), O_WRONLY);
    const std::string block(1 << 16, ' ');
    while (written < size_t{64} << 20) {
      const ssize_t count = ::write(fd, block.data(), block.size());
      if (count <= 0) break;
      written += static_cast<size_t>(count);
    }
    ::close(fd);
  });
  const auto entries = ReadManifest(Path("list.jsonl"));
  writer.join();
  ASSERT_FALSE(entries.ok());
  EXPECT_NE(entries.message().find("list.jsonl: line 1: longer than 1 MiB"), std::string::npos)
      << entries.message();
  EXPECT_LT(written, size_t{4} << 20);
}

}  // namespace
}  // namespace quaver
