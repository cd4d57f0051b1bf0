// The parts of the program that need no process to be tested.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "apps/cli/bitrate.h"
#include "apps/cli/console.h"
#include "apps/cli/jobs.h"
#include "apps/cli/numbers.h"
#include "apps/cli/printable.h"
#include "apps/cli/progress.h"
#include "codec/container/playback.h"
#include "codec/encode/bitrate.h"
#include "codec/model_access.h"
#include "codec/util/format.h"
#include "tests/apps/run_tool.h"
#include "tests/model/random_weights.h"

namespace quaver {
namespace {

TEST(Bitrate, Parses) {
  for (const auto& [text, value] : {std::pair<const char*, double>{"3000", 3000},
                                    {"3k", 3000},
                                    {"1.5k", 1500},
                                    {"1.5K", 1500},
                                    {"6e3", 6000}}) {
    ASSERT_TRUE(ParseBitrate(text).ok()) << text;
    EXPECT_DOUBLE_EQ(ParseBitrate(text).value(), value);
  }
  for (const char* text :
       {"", "k", "3kk", "3 k", " 3k", "-3k", "0", "nan", "inf", "1e999", "0x10", "3kbps"}) {
    EXPECT_FALSE(ParseBitrate(text).ok()) << text;
  }
}

TEST(Numbers, SampleRatesAreReadAsPeopleWriteThem) {
  for (const auto& [text, value] : {std::pair<const char*, int>{"48000", 48000},
                                    {"48k", 48000},
                                    {"44.1k", 44100},
                                    {"22.05K", 22050},
                                    {"11.025k", 11025},
                                    {"1000", 1000},
                                    {"768k", 768000}}) {
    const auto rate = ParseSampleRate("--rate", text, 1000, 768000);
    ASSERT_TRUE(rate.ok()) << rate.message();
    EXPECT_EQ(rate.value(), value);
  }
  for (const char* text : {"", "k", "48kk", "48 k", "48kHz", "16000.5", "nan", "-48k"}) {
    EXPECT_NE(ParseSampleRate("--rate", text, 1000, 768000).message().find("write 48000, 48k or 44.1k"),
              std::string::npos)
        << text;
  }
  for (const char* text : {"999", "768001", "1e12", "1e300"}) {
    EXPECT_NE(ParseSampleRate("--rate", text, 1000, 768000).message().find("within 1000 .. 768000 Hz"),
              std::string::npos)
        << text;
  }
}

TEST(Printable, EscapesWhatWouldDoHarm) {
  EXPECT_EQ(Printable("Größe, 大きさ\u200F \\"), "Größe, 大きさ\u200F \\");
  EXPECT_EQ(Printable("a\x1B[2J\x07\r\n\t\x7F"), "a\\x1B[2J\\x07\\r\\n\\t\\x7F");
  EXPECT_EQ(Printable("\u0080\u009F\u00A0"), "\\u0080\\u009F\u00A0");
  EXPECT_EQ(Printable("\u202A\u202E\u202F\u2066\u2069\u2070"), "\\u202A\\u202E\u202F\\u2066\\u2069\u2070");
  EXPECT_EQ(Printable("\xFF\x9B\xC3"), "\\xFF\\x9B\\xC3");
  EXPECT_EQ(Printable(std::string(1, '\0')), "\\x00");
  EXPECT_EQ(PrintableMessage("none of\n  a\nquaver: b"), "none of\n  a\\nquaver: b");
  EXPECT_EQ(PrintableReport("a\nb\x1B"), "a\nb\\x1B");
  const nlohmann::json json = {{"a\u202E", "b\x1B\u0085\n"}};
  const std::string text = PrintableJson(json);
  EXPECT_EQ(nlohmann::json::parse(text), json);
  EXPECT_EQ(Printable(text.substr(0, text.size() - 1)).find("\\u202E\\"), std::string::npos);
  EXPECT_EQ(text.find("\u202E"), std::string::npos);
}

TEST(Bitrate, PicksTheMostTokensThatFit) {
  const std::vector<double> expected = {100, 220, 350};
  EXPECT_FALSE(TokensForBitrate(99, expected).ok());
  EXPECT_EQ(TokensForBitrate(100, expected).value(), 1);
  EXPECT_EQ(TokensForBitrate(219.9, expected).value(), 1);
  EXPECT_EQ(TokensForBitrate(220, expected).value(), 2);
  EXPECT_EQ(TokensForBitrate(1e9, expected).value(), 3);
}

Result<std::vector<double>> ExpectedWith(const std::string& metadata) {
  Weights weights = RandomWeights(TinyConfig(), 1);
  if (!metadata.empty()) weights.metadata["payload_bps"] = metadata;
  const auto model = internal::ModelAccess::FromWeights(weights);
  if (!model.ok()) return model.error();
  return ExpectedBitrates(*model.value());
}

TEST(Bitrate, ExpectedBitratesAreThoseOfTheModelOrNominal) {
  const auto nominal = ExpectedWith("");
  ASSERT_TRUE(nominal.ok()) << nominal.message();
  ASSERT_EQ(nominal.value().size(), 18u);
  EXPECT_NEAR(nominal.value()[5], 50 * 6 * std::log2(1000.0), 1e-9);
  EXPECT_EQ(TokensForBitrate(3000, nominal.value()).value(), 6);

  std::string json = "[";
  for (int i = 1; i <= 18; ++i) json += std::to_string(300 * i) + (i < 18 ? "," : "]");
  const auto measured = ExpectedWith(json);
  ASSERT_TRUE(measured.ok()) << measured.message();
  EXPECT_EQ(TokensForBitrate(3000, measured.value()).value(), 10);
  for (const char* bad : {"[1,2,3]", "{}", "nonsense", "[", "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"}) {
    EXPECT_FALSE(ExpectedWith(bad).ok()) << bad;
  }
}

const OutputFormats kQvr = {{".qvr", ".npy"}, ""};

// Of files that are named on the command line.
Result<std::vector<Job>> Plan(const std::vector<std::string>& names, const std::string& out,
                              const OutputFormats& formats) {
  const auto inputs = FindInputs(names, {}, FileKind::kSound, out);
  if (!inputs.ok()) return inputs.error();
  return PlanJobs(inputs.value().list, inputs.value().batch, out, formats);
}

TEST(Jobs, OutputsLieBesideTheirInputs) {
  const auto jobs = Plan({"a/b.wav", "c.x.flac"}, "", kQvr);
  ASSERT_TRUE(jobs.ok()) << jobs.message();
  EXPECT_EQ(jobs.value()[0].out, "a/b.qvr");
  EXPECT_EQ(jobs.value()[1].out, "c.x.qvr");
  EXPECT_EQ(Plan({"-"}, "", kQvr).value()[0].out, "-");
  EXPECT_EQ(Plan({"a.wav"}, "x.NPY", kQvr).value()[0].out, "x.NPY");
  EXPECT_EQ(Plan({"a.wav"}, "x.NPY", kQvr).value()[0].format, ".npy");
  EXPECT_EQ(Plan({"-"}, "", kQvr).value()[0].format, ".qvr");
  EXPECT_EQ(Plan({"-"}, "", {kQvr.extensions, ".npy"}).value()[0].format, ".npy");
  EXPECT_EQ(Plan({"a.wav"}, "", {kQvr.extensions, ".npy"}).value()[0].out, "a.npy");
}

TEST(Jobs, OnlyKnownExtensionsAreReplaced) {
  for (const auto& [in, out] : {std::pair<const char*, const char*>{"2024.05.01", "2024.05.01.qvr"},
                                {"v1.2/talk", "v1.2/talk.qvr"},
                                {"talk.WAV", "talk.qvr"},
                                {"2024.05.01.opus", "2024.05.01.qvr"},
                                {"talk.mp4", "talk.qvr"},
                                {"talk.npy", "talk.qvr"},
                                {"dr. who", "dr. who.qvr"},
                                {".wav", ".wav.qvr"}}) {
    EXPECT_EQ(Plan({in}, "", kQvr).value()[0].out, out);
  }
  const auto jobs = Plan({"2024.05.01", "2024.05.02"}, "", kQvr);
  ASSERT_TRUE(jobs.ok()) << jobs.message();
  EXPECT_EQ(jobs.value()[1].out, "2024.05.02.qvr");
}

TEST(Jobs, AnInputThatIsNamedTwiceCountsOnce) {
  const auto jobs = Plan({"a.wav", "b.wav", "./a.wav"}, "", kQvr);
  ASSERT_TRUE(jobs.ok()) << jobs.message();
  EXPECT_EQ(jobs.value().size(), 2u);
}

TEST(Jobs, ImpossiblePlansAreRefused) {
  EXPECT_FALSE(Plan({}, "", kQvr).ok());
  EXPECT_FALSE(Plan({"a.wav", "-"}, "out", kQvr).ok());
  EXPECT_FALSE(Plan({"a.wav", "b.wav"}, "-", kQvr).ok());
  EXPECT_FALSE(Plan({"a.wav", "a.flac"}, "", kQvr).ok());
  EXPECT_FALSE(Plan({"a.wav"}, "a.wav", kQvr).ok());
  EXPECT_FALSE(Plan({"a.wav"}, "a", kQvr).ok());
}

TEST(Jobs, EveryJobRunsOnceAndTheWorstCodeWins) {
  const std::vector<Job> jobs(100, Job{"in", "out", ".qvr"});
  Console console("test", true);
  std::vector<int> runs(jobs.size());
  const auto with = [&](int special) {
    return RunJobs(jobs, 4, console, [&runs, special](const Job&, size_t number) {
      ++runs[number];
      return number == 30 ? special : number == 60 ? 3 : 0;
    });
  };
  EXPECT_EQ(with(0), 3);
  EXPECT_EQ(with(1), 1);
  EXPECT_EQ(runs, std::vector<int>(jobs.size(), 2));
}

class PlaybackTest : public ToolTest {
 protected:
  // Plays `samples` in frames of 320 and gives what lies in the file.
  std::vector<float> Play(const std::vector<float>& samples, int rate, int64_t length) {
    std::filesystem::remove(Path("p.wav"));
    auto writer = SoundWriter::Create(Path("p.wav"), rate, 1);
    EXPECT_TRUE(writer.ok());
    auto playback = Playback::Create(16000, rate, std::move(writer).value());
    EXPECT_TRUE(playback.ok());
    if (length >= 0) playback.value().SetLength(static_cast<uint64_t>(length));
    for (size_t at = 0; at < samples.size(); at += 320) {
      EXPECT_TRUE(playback.value()
                      .Write(std::span(samples).subspan(at, std::min<size_t>(320, samples.size() - at)))
                      .ok());
    }
    EXPECT_TRUE(playback.value().Finish().ok());
    return ReadSound(Path("p.wav")).mono;
  }
};

TEST_F(PlaybackTest, EndsAtTheLength) {
  std::vector<float> ramp(1600);
  for (size_t i = 0; i < ramp.size(); ++i) ramp[i] = static_cast<float>(i) / 32768;
  const std::vector<float> all = Play(ramp, 16000, -1);
  EXPECT_EQ(all, std::vector<float>(ramp.begin(), ramp.end()));
  EXPECT_EQ(Play(ramp, 16000, 1000), std::vector<float>(all.begin(), all.begin() + 1000));
  std::vector<float> padded = all;
  padded.resize(2000);
  EXPECT_EQ(Play(ramp, 16000, 2000), padded);
  EXPECT_TRUE(Play(ramp, 16000, 0).empty());
}

TEST_F(PlaybackTest, ResampledSoundKeepsItsPlace) {
  std::vector<float> pulse(3200);
  for (int i = -40; i <= 40; ++i) pulse[1080 + i] = 0.5f * std::exp(-0.01f * static_cast<float>(i * i));
  for (const int rate : {8000, 44100, 48000}) {
    const std::vector<float> out = Play(pulse, rate, 3 * rate / 16);
    EXPECT_EQ(out.size(), static_cast<size_t>(3 * rate / 16));
    const auto peak = std::max_element(out.begin(), out.end()) - out.begin();
    EXPECT_NEAR(static_cast<double>(peak) / rate, 1080.0 / 16000, 1.0 / rate) << rate;
  }
}

TEST(Text, ClockAndFormat) {
  EXPECT_EQ(ClockText(0), "0:00");
  EXPECT_EQ(ClockText(125.4), "2:05");
  EXPECT_EQ(ClockText(3725), "1:02:05");
  EXPECT_EQ(Format("%d %s", 5, std::string(300, 'x').c_str()).size(), 302u);
}

}  // namespace
}  // namespace quaver
