// Samples without a header, in and out.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "codec/samples.h"
#include "tests/apps/run_tool.h"

namespace quaver {
namespace {

std::string Raw(const std::vector<float>& samples, int channels, bool floats) {
  std::string bytes;
  for (const float sample : samples) {
    const uint32_t bits = floats ? std::bit_cast<uint32_t>(sample) : static_cast<uint16_t>(ToPcm16(sample));
    for (int channel = 0; channel < channels; ++channel)
      for (int i = 0; i < (floats ? 4 : 2); ++i) bytes += static_cast<char>(bits >> (8 * i));
  }
  return bytes;
}

TEST_F(ToolTest, RawSamplesEncodeAsTheSameInAWav) {
  for (const int rate : {16000, 44100}) {
    for (const int channels : {1, 2}) {
      const auto count = static_cast<size_t>(rate) * 2 + 77;
      MakeWav("in.wav", count, rate, channels);
      const std::vector<float> mono = ReadSound(Path("in.wav")).mono;
      const std::string shape = " --rate " + std::to_string(rate) + " --channels " + std::to_string(channels);
      Expect(0, "quaver encode in.wav --model tiny --force");
      for (const bool floats : {false, true}) {
        Store("in.raw", Raw(mono, channels, floats));
        const std::string raw =
            "--raw --model tiny --force" + shape + (floats ? " --sample-format f32le" : "");
        Expect(0, "quaver encode in.raw -o raw.qvr " + raw);
        EXPECT_EQ(Bytes("raw.qvr"), Bytes("in.qvr")) << shape << floats;
        Expect(0, "cat in.raw | quaver encode - -o - " + raw + " > pipe.qvr");
        EXPECT_EQ(Bytes("pipe.qvr"), Bytes("in.qvr")) << shape << floats;
      }
    }
  }
}

TEST_F(ToolTest, RawOutputIsThatOfTheWav) {
  MakeWav("in.wav", 50000, 44100, 2);
  Expect(0, "quaver encode in.wav --model tiny; quaver decode in.qvr -o out.wav --channels original");
  const std::vector<float> sound = ReadSound(Path("out.wav")).mono;
  ASSERT_EQ(sound.size(), 50000u);
  Expect(0, "quaver decode in.qvr --raw");
  EXPECT_EQ(Bytes("in.raw"), Raw(sound, 1, false));
  Expect(0, "quaver decode in.qvr --raw -o any.name --channels original");
  EXPECT_EQ(Bytes("any.name"), Raw(sound, 2, false));
  Expect(0, "quaver decode in.qvr --raw -o - --channels 3 > three");
  EXPECT_EQ(Bytes("three"), Raw(sound, 3, false));

  Expect(0, "quaver decode in.qvr --raw -o - --sample-format f32le > floats");
  const std::string bytes = Bytes("floats");
  ASSERT_EQ(bytes.size(), 4 * sound.size());
  for (size_t i = 0; i < sound.size(); ++i) {
    uint32_t bits = 0;
    for (size_t k = 4; k-- > 0;) bits = bits << 8 | static_cast<uint8_t>(bytes[4 * i + k]);
    ASSERT_NEAR(std::clamp(std::bit_cast<float>(bits), -1.0F, 1.0F), sound[i], 1.0F / 32768) << i;
  }

  Expect(
      0,
      "quaver decode in.qvr -o rate.wav --rate 48000; quaver decode in.qvr -o rate.raw --raw --rate 48000");
  EXPECT_EQ(ReadSound(Path("rate.wav")).rate, 48000);
  EXPECT_EQ(Bytes("rate.raw"), Raw(ReadSound(Path("rate.wav")).mono, 1, false));
}

TEST_F(ToolTest, PartOfARawSampleIsTold) {
  Store("in.raw", std::string(32001, '\0'));
  const std::string end = "in.raw: ends inside a sample, of which 1 of ";
  EXPECT_NE(Expect(3, "quaver encode in.raw --raw --model tiny").err.find(end + "2"), std::string::npos);
  EXPECT_NE(Expect(3, "quaver encode in.raw -o b.qvr --raw --channels 2 --model tiny").err.find(end + "4"),
            std::string::npos);
  EXPECT_NE(Expect(3, "cat in.raw | quaver encode - -o c.qvr --raw --model tiny").err.find("inside a sample"),
            std::string::npos);
  EXPECT_EQ(Bytes("c.qvr"), Bytes("in.qvr"));
  Store("none.raw", "");
  EXPECT_NE(Expect(1, "quaver encode none.raw --raw --model tiny").err.find("is empty"), std::string::npos);
  EXPECT_NE(Expect(1, "quaver encode - -o d.qvr --raw --model tiny < /dev/null").err.find("is empty"),
            std::string::npos);
}

TEST_F(ToolTest, RawSamplesOfAFolder) {
  std::filesystem::create_directories(Path("in/a"));
  const std::vector<float> speech = Speech(8000, 16000);
  Store("in/a/1.raw", Raw(speech, 2, false));
  Store("in/2.pcm", Raw(speech, 2, false));
  MakeWav("in/3.wav", 4000);
  const ToolRun run = Expect(0, "quaver encode in -o out --raw --channels 2 --model tiny");
  EXPECT_NE(run.err.find("3.wav"), std::string::npos) << run.err;  // passed over
  EXPECT_TRUE(Exists("out/a/1.qvr") && Exists("out/2.qvr") && !Exists("out/3.qvr"));
  EXPECT_EQ(Bytes("out/a/1.qvr"), Bytes("out/2.qvr"));
  Expect(0, "quaver decode out -o heard --raw");
  EXPECT_EQ(Bytes("heard/a/1.raw").size(), 16000u);
  Expect(0, "quaver encode in/2.pcm --split-channels --raw --channels 2 --model tiny");
  EXPECT_EQ(Bytes("in/2.1.qvr"), Bytes("in/2.2.qvr"));
}

TEST_F(ToolTest, ArraysAreWrittenAtAnyRateToo) {
  MakeWav("in.wav", 16000);
  Expect(0, "quaver encode in.wav -o in.npy --tokens 6 --model tiny");
  Expect(0, "quaver decode in.npy -o a.wav --rate 48000 --channels 2 --model tiny");
  const Sound sound = ReadSound(Path("a.wav"));
  EXPECT_EQ(sound.rate, 48000);
  EXPECT_EQ(sound.channels, 2);
  Expect(0, "quaver decode in.npy -o a.raw --raw --rate 48000 --channels 2 --model tiny");
  EXPECT_EQ(Bytes("a.raw"), Raw(sound.mono, 2, false));
  Expect(0, "quaver decode in.npy -o part.wav --rate 48000 --start 40000s --duration 1000s --model tiny");
  const std::vector<float> part = ReadSound(Path("part.wav")).mono;
  ASSERT_EQ(part.size(), 1000u);
  for (size_t i = 0; i < part.size(); ++i) ASSERT_NEAR(part[i], sound.mono[40000 + i], 1.0F / 16384) << i;
  Expect(1, "quaver decode in.npy -o none.wav --rate 48000 --start 50000s --model tiny");
}

TEST_F(ToolTest, RawOptionsAreChecked) {
  Store("in.raw", std::string(32000, '\0'));
  for (const char* options : {"--rate 8000", "--channels 2", "--sample-format f32le", "--raw --rate 10",
                              "--raw --channels 0", "--raw --channels 300", "--raw --sample-format s24"}) {
    Expect(2, std::string("quaver encode in.raw --model tiny ") + options);
  }
  Expect(0, "quaver encode in.raw --raw --model tiny");
  for (const char* options : {"--sample-format s16le", "--raw --format wav", "--rate 999", "--rate 16q",
                              "--channels 0", "--channels both", "--raw --comment A=b"}) {
    Expect(2, std::string("quaver decode in.qvr -o out.wav ") + options);
  }
  EXPECT_FALSE(Exists("out.wav"));
}

TEST_F(ToolTest, RatesAreReadInOneWay) {
  Store("in.raw", std::string(96000, '\0'));
  const auto info = [&](const std::string& name) { return Expect(0, "quaver info --json " + name).out; };
  Expect(0, "quaver encode in.raw --raw --rate 48k --model tiny");
  EXPECT_NE(info("in.qvr").find("\"seconds\": 1.0"), std::string::npos);
  Expect(0, "quaver decode in.qvr --rate 44.1k");
  EXPECT_EQ(ReadSound(Path("in.wav")).rate, 44100);
  for (const char* line :
       {"encode in.raw --raw --rate", "decode in.qvr --rate", "live --rate", "pack x -o y --rate"}) {
    const ToolRun run = Expect(2, std::string("quaver ") + line + " 48kHz");
    EXPECT_NE(run.err.find("--rate 48kHz: not a sample rate; write 48000, 48k or 44.1k"), std::string::npos)
        << run.err;
  }
}

// cxxopts says what it could not read, and not where.
TEST_F(ToolTest, NumbersThatAreNoneAreNamedWithTheirOption) {
  for (const char* line :
       {"encode x --tokens 1.5", "encode x --tokens=1.5", "encode 1.5 --vbr --tokens 1.5"}) {
    const ToolRun run = Expect(2, std::string("quaver ") + line);
    EXPECT_NE(run.err.find("--tokens 1.5: is no number that this option takes"), std::string::npos)
        << run.err;
  }
  const ToolRun part = Expect(2, "quaver encode x --bitrate 1.5 --tokens 1.5x");
  EXPECT_NE(part.err.find("--tokens 1.5x: is no number"), std::string::npos) << part.err;
}

TEST_F(ToolTest, RawIsHintedAtWhereItIsMissingOrContradicted) {
  Store("in.raw", std::string(32000, '\1'));
  const ToolRun without = Expect(1, "quaver encode in.raw --model tiny");
  EXPECT_NE(without.err.find("in.raw: samples without a header are read with --raw, and --rate"),
            std::string::npos)
      << without.err;
  Expect(0, "quaver encode in.raw --raw --model tiny");
  const ToolRun coded = Expect(1, "quaver encode in.qvr -o b.qvr --model tiny");
  EXPECT_NE(coded.err.find("in.qvr: is no sound but tokens, of which quaver decode makes sound"),
            std::string::npos)
      << coded.err;
  MakeWav("in.wav", 16000);
  const ToolRun sound = Expect(1, "quaver decode in.wav -o b.wav");
  EXPECT_NE(sound.err.find("quaver encode makes one"), std::string::npos) << sound.err;
  for (const char* name : {"a.flac", "a.WAV", "a.mp3"}) {
    const ToolRun run = Expect(2, std::string("quaver decode in.qvr --raw -o ") + name);
    EXPECT_NE(run.err.find(std::string(name) + ": --raw writes samples without a header"), std::string::npos);
    EXPECT_FALSE(Exists(name));
  }
}

}  // namespace
}  // namespace quaver
