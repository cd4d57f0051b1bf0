// encode and decode through the real program.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "codec/metrics/scores.h"
#include "codec/model/builtin.h"
#include "tests/apps/run_tool.h"

namespace quaver {
namespace {

struct Shape {
  size_t samples;
  int rate;
  int channels;
};

std::string ToText(const Shape& shape) {
  return std::to_string(shape.samples) + "At" + std::to_string(shape.rate) + "HzTimes" +
         std::to_string(shape.channels);
}
void PrintTo(const Shape& shape, std::ostream* out) { *out << ToText(shape); }

class Lengths : public ToolTest, public testing::WithParamInterface<Shape> {};

TEST_P(Lengths, ComeBackAsTheyWentIn) {
  const auto [samples, rate, channels] = GetParam();
  MakeWav("in.wav", samples, rate, channels);
  Expect(0, "quaver encode in.wav --model tiny -o t.qvr");
  Expect(0, "quaver decode t.qvr -o out.wav");
  const Sound out = ReadSound(Path("out.wav"));
  EXPECT_EQ(out.mono.size(), samples);
  EXPECT_EQ(out.rate, rate);
  EXPECT_EQ(out.channels, 1);
  Expect(0, "quaver decode t.qvr -o all.wav --channels original");
  EXPECT_EQ(ReadSound(Path("all.wav")).channels, channels);
  EXPECT_EQ(ReadSound(Path("all.wav")).mono, out.mono);
  Expect(0, "quaver decode t.qvr -o low.wav --rate 16000");
  EXPECT_EQ(ReadSound(Path("low.wav")).rate, 16000);
  EXPECT_EQ(ReadSound(Path("low.wav")).mono.size(), (2 * samples * 16000 + rate) / (2 * rate));
}

INSTANTIATE_TEST_SUITE_P(All, Lengths,
                         testing::Values(Shape{0, 16000, 1}, Shape{1, 16000, 1}, Shape{239, 16000, 1},
                                         Shape{240, 16000, 1}, Shape{241, 16000, 1}, Shape{319, 16000, 1},
                                         Shape{320, 16000, 1}, Shape{321, 16000, 1}, Shape{50001, 16000, 1},
                                         Shape{0, 44100, 2}, Shape{1, 48000, 1}, Shape{100001, 44100, 1},
                                         Shape{96017, 48000, 2}, Shape{20003, 8000, 1},
                                         Shape{33333, 11025, 2}),
                         [](const auto& tested) { return ToText(tested.param); });

TEST_F(ToolTest, NoSoundIsNoFrames) {
  MakeWav("in.wav", 0);
  Expect(0, "quaver encode in.wav --model tiny -o t.qvr && quaver encode in.wav --model tiny -o t.npy");
  EXPECT_EQ(nlohmann::json::parse(Expect(0, "quaver info t.qvr --json").out, nullptr, false)["frames"], 0);
  EXPECT_EQ(ReadTokens(Path("t.npy")).rows, 0u);
}

TEST_F(ToolTest, EveryFramesPerPacketGivesTheSameSound) {
  MakeWav("in.wav", 16000);
  Expect(0, "quaver encode in.wav --model tiny -o t25.qvr");
  Expect(0, "quaver decode t25.qvr");
  for (const char* frames : {"1", "7", "10"}) {
    const std::string name = std::string("t") + frames;
    Expect(0, "quaver encode in.wav --model tiny -o " + name + ".qvr --frames-per-packet " + frames);
    Expect(0, "quaver decode " + name + ".qvr");
    EXPECT_EQ(Bytes(name + ".wav"), Bytes("t25.wav"));
  }
  EXPECT_GT(Bytes("t1.qvr").size(), Bytes("t25.qvr").size());
}

TEST_F(ToolTest, TokensAreThoseOfTheStreamAndDecodeToTheSameSound) {
  MakeWav("in.wav", 40000);
  for (const char* n_q : {"1", "6", "18"}) {
    const std::string tokens = std::string(" --force --model tiny --tokens ") + n_q;
    Expect(0, "quaver encode in.wav -o t.npy" + tokens);
    Expect(0, "quaver encode in.wav -o t.qvr" + tokens);
    const TokenMatrix matrix = ReadTokens(Path("t.npy"));
    EXPECT_EQ(matrix.rows, (40000u + 80 + 319) / 320);
    EXPECT_EQ(std::to_string(matrix.columns), n_q);

    Expect(0, "quaver decode t.qvr -o a.wav --force");
    Expect(0, "quaver decode t.npy -o b.wav --force --model tiny");
    const Sound from_stream = ReadSound(Path("a.wav"));
    Sound from_tokens = ReadSound(Path("b.wav"));
    EXPECT_EQ(from_tokens.rate, 16000);
    EXPECT_EQ(from_tokens.mono.size(), matrix.rows * 320 - 80);
    from_tokens.mono.resize(from_stream.mono.size());
    EXPECT_EQ(from_tokens.mono, from_stream.mono);
  }
}

TEST_F(ToolTest, TokensAreThoseOfTheLibrary) {
  MakeWav("in.wav", 12345);
  Expect(0, "quaver encode in.wav -o t.npy --model tiny --tokens 18");
  const auto model = Model::Load(folder_ + "-models/tiny.safetensors");
  ASSERT_TRUE(model.ok()) << model.message();
  std::vector<float> samples = ReadSound(Path("in.wav")).mono;
  samples.resize(39 * 320);  // the sound and 80 samples of delay, in whole frames
  std::vector<uint16_t> tokens(39 * 18);
  Encoder encoder(model.value());
  ASSERT_EQ(encoder.Encode(samples, 18, tokens), 39);
  EXPECT_EQ(ReadTokens(Path("t.npy")).values, tokens);
}

TEST_F(ToolTest, RowsOfTokensMayBeShortOrMissing) {
  auto writer = NpyWriter::Create(Path("t.npy"), 3);
  ASSERT_TRUE(writer.ok());
  const std::vector<uint16_t> tokens = {1, 2, 3, 4, 5, 65535, 6, 65535, 65535, 65535, 65535, 65535, 7, 8, 9};
  ASSERT_TRUE(writer.value()->Write(tokens).ok());
  ASSERT_TRUE(writer.value()->Commit().ok());
  Expect(0, "quaver decode t.npy --model tiny");
  EXPECT_EQ(ReadSound(Path("t.wav")).mono.size(), 5u * 320 - 80);
}

TEST_F(ToolTest, PipesGiveWhatFilesGive) {
  MakeWav("in.wav", 30000, 22050);
  Expect(0, "quaver encode in.wav --model tiny -o t.qvr; quaver decode t.qvr");
  const ToolRun piped = Expect(0,
                               "cat in.wav | quaver encode - -o - --model tiny > p.qvr && cat p.qvr | "
                               "quaver decode - -o - > p.wav");
  EXPECT_EQ(piped.err, "");
  EXPECT_EQ(Bytes("p.qvr"), Bytes("t.qvr"));
  const Sound sound = ReadSound(Path("p.wav"));
  EXPECT_EQ(sound.rate, 22050);
  EXPECT_EQ(sound.mono, ReadSound(Path("t.wav")).mono);

  Expect(0,
         "cat in.wav | quaver encode - --format npy --model tiny > p.npy; quaver encode in.wav -o t.npy "
         "--model tiny");
  EXPECT_EQ(Bytes("p.npy"), Bytes("t.npy"));
  Expect(0, "cat t.npy | quaver decode - -o n.wav --model tiny; quaver decode t.npy -o m.wav --model tiny");
  EXPECT_EQ(Bytes("n.wav"), Bytes("m.wav"));
}

TEST_F(ToolTest, SeveralInputsGiveTheSameBytesAsOneByOne) {
  std::string names;
  for (int i = 0; i < 6; ++i) {
    const std::string name = "clip" + std::to_string(i);
    MakeWav(name + ".wav", 9000 + 7000 * static_cast<size_t>(i), i % 2 == 0 ? 16000 : 24000);
    names += " " + name + ".wav";
    Expect(0, "quaver encode " + name + ".wav --model tiny");
    Expect(0, "quaver decode " + name + ".qvr -o " + name + ".flac");
  }
  Expect(0, "quaver encode" + names + " -o all --jobs 4 --model tiny");
  Expect(0, "quaver decode all/*.qvr -o all/ --jobs 3 --format flac");
  for (int i = 0; i < 6; ++i) {
    const std::string name = "clip" + std::to_string(i);
    EXPECT_EQ(Bytes("all/" + name + ".qvr"), Bytes(name + ".qvr"));
    EXPECT_EQ(Bytes("all/" + name + ".flac"), Bytes(name + ".flac"));
  }
  EXPECT_EQ(List("all").size(), 12u);
}

TEST_F(ToolTest, NamesMayHoldCommasSpacesAndDots) {
  MakeWav("a, b.c d.wav", 1000);
  Expect(0, "quaver encode 'a, b.c d.wav' --model tiny");
  EXPECT_TRUE(Exists("a, b.c d.qvr"));
  Expect(0, "quaver decode 'a, b.c d.qvr' -o 'x y.wav'");
  EXPECT_EQ(ReadSound(Path("x y.wav")).mono.size(), 1000u);
}

TEST_F(ToolTest, InfoAgreesWithTheFile) {
  MakeWav("in.wav", 44100 * 3, 44100, 2);
  Expect(0, "quaver encode in.wav --model tiny -o t.qvr --tokens 4 --frames-per-packet 10");
  const auto facts = nlohmann::json::parse(Expect(0, "quaver info t.qvr --json").out, nullptr, false);
  ASSERT_TRUE(facts.is_object());
  EXPECT_EQ(facts["seconds"], 3.0);
  EXPECT_EQ(facts["frames"], 151);
  EXPECT_EQ(facts["packets"], 16);
  EXPECT_EQ(facts["n_q"], 4);
  EXPECT_EQ(facts["original_rate"], 44100);
  EXPECT_EQ(facts["original_channels"], 2);
  EXPECT_EQ(facts["file_bytes"], Bytes("t.qvr").size());
  EXPECT_EQ(facts["nominal_kbps"], 2.0);
  EXPECT_TRUE(facts["model_found"]);
  EXPECT_NEAR(facts["payload_kbps"], 8e-3 * facts["payload_bytes"].get<double>() / 3, 1e-9);
  EXPECT_LT(facts["payload_bytes"], facts["file_bytes"]);
  EXPECT_EQ(facts["token_use"].size(), 4u);
  EXPECT_EQ(facts["token_use"][0]["tokens"], 151);

  const std::string text = Expect(0, "quaver info t.qvr").out;
  EXPECT_NE(text.find(facts["model"].get<std::string>()), std::string::npos) << text;
  const auto weights = nlohmann::json::parse(
      Expect(0, "quaver info \"$QUAVER_MODELS/tiny.safetensors\" --json").out, nullptr, false);
  EXPECT_EQ(weights["identity"], facts["model"]);
  EXPECT_EQ(weights["metadata"]["licence"], "CC0-1.0");
  EXPECT_EQ(weights["bottleneck"], "FSP (tanh): 18 groups of 8 x 5 x 5 x 5 = 1000 codes");
  EXPECT_GT(weights["parameters"], 1000);

  Expect(0, "quaver encode in.wav --model tiny -o t.npy --tokens 4");
  const auto several = nlohmann::json::parse(Expect(0, "quaver info t.npy t.qvr --json").out, nullptr, false);
  ASSERT_EQ(several.size(), 2u);
  EXPECT_EQ(several[0]["frames"], 151);
  EXPECT_EQ(several[0]["token_use"][3]["entropy_bits"], facts["token_use"][3]["entropy_bits"]);
}

// A model with codebooks is found by its name and by the identity in a stream, beside another one.
TEST_F(ToolTest, AVpModelWorksAsAnyOther) {
  MakeWav("in.wav", 40000);
  Expect(0, "quaver encode in.wav --model tiny-vp -o t.qvr --tokens 6");
  Expect(0, "quaver encode in.wav --model tiny-vp -o t.npy --tokens 6");
  const TokenMatrix tokens = ReadTokens(Path("t.npy"));
  EXPECT_EQ(tokens.rows, (40000u + 80 + 319) / 320);
  EXPECT_EQ(tokens.columns, 6u);
  for (const uint16_t token : tokens.values) ASSERT_LT(token, 256);
  Expect(0, "quaver decode t.qvr -o a.wav");
  Expect(0, "quaver decode t.npy -o b.wav --model tiny-vp");
  const Sound from_stream = ReadSound(Path("a.wav"));
  Sound from_tokens = ReadSound(Path("b.wav"));
  ASSERT_EQ(from_stream.mono.size(), 40000u);
  from_tokens.mono.resize(from_stream.mono.size());
  EXPECT_EQ(from_tokens.mono, from_stream.mono);

  const auto stream = nlohmann::json::parse(Expect(0, "quaver info t.qvr --json").out, nullptr, false);
  EXPECT_TRUE(stream["model_found"]);
  EXPECT_EQ(stream["model_name"], "tiny-vp-test");
  const auto weights = nlohmann::json::parse(
      Expect(0, "quaver info \"$QUAVER_MODELS/tiny-vp.safetensors\" --json").out, nullptr, false);
  EXPECT_EQ(weights["identity"], stream["model"]);
  EXPECT_EQ(weights["bottleneck"], "VP: 18 groups, each with a codebook of 256 codes in 4 dimensions");
  const ToolRun wrong = Expect(1, "quaver decode t.qvr -o c.wav --model tiny");
  EXPECT_NE(wrong.err.find(stream["model"].get<std::string>()), std::string::npos) << wrong.err;
}

TEST_F(ToolTest, InfoWithoutTheModelStillReadsTheHeader) {
  MakeWav("in.wav", 16000);
  Expect(0, "quaver encode in.wav --model tiny");
  const auto facts =
      nlohmann::json::parse(Expect(0, "QUAVER_MODELS= quaver info in.qvr --json").out, nullptr, false);
  ASSERT_TRUE(facts.is_object());
  EXPECT_FALSE(facts["model_found"]);
  EXPECT_EQ(facts["frames"], 51);
  EXPECT_EQ(facts["seconds"], 1.0);
}

TEST_F(ToolTest, EvaluateScoresFilesAndFolders) {
  MakeWav("a.wav", 48000);
  MakeWav("b.wav", 64000);
  Expect(0,
         "mkdir ref dec; cp a.wav b.wav ref; cp a.wav dec; quaver encode b.wav --model tiny; quaver decode "
         "b.qvr -o dec/b.flac");
  const auto same =
      nlohmann::json::parse(Expect(0, "quaver evaluate a.wav a.wav --json").out, nullptr, false);
  EXPECT_NEAR(same["estoi"], 1.0, 1e-6);
  EXPECT_NEAR(same["log_mel_db"], 0.0, 1e-6);
  EXPECT_GT(same["si_sdr_db"], 60.0);
  EXPECT_EQ(same["clips"], 1);
  for (const char* key : {"pitch_cents", "pitch_gross", "voicing_error", "level_db"})
    EXPECT_EQ(same[key], 0.0) << key;
  EXPECT_NEAR(same["frozen_noise"], 0, 0.1);
  const auto coded =
      nlohmann::json::parse(Expect(0, "quaver evaluate b.wav dec/b.flac --json").out, nullptr, false);
  EXPECT_LT(coded["estoi"], 0.5);
  const auto mean = nlohmann::json::parse(Expect(0, "quaver evaluate ref dec --json").out, nullptr, false);
  EXPECT_EQ(mean["clips"], 2);
  EXPECT_NEAR(mean["estoi"], (same["estoi"].get<double>() + coded["estoi"].get<double>()) / 2, 1e-9);
  EXPECT_NEAR(mean["log_mel_db"], coded["log_mel_db"].get<double>() / 2, 1e-9);
  EXPECT_NEAR(mean["voicing_error"], coded["voicing_error"].get<double>() / 2, 1e-9);
  EXPECT_NEAR(mean["level_db"], coded["level_db"].get<double>() / 2, 1e-9);

  MakeWav("ref/c.wav", 500);
  MakeWav("dec/c.wav", 500);
  const ToolRun partial = Expect(1, "quaver evaluate ref dec --json");
  EXPECT_NE(partial.err.find("c.wav"), std::string::npos) << partial.err;
  EXPECT_EQ(nlohmann::json::parse(partial.out, nullptr, false)["clips"], 2);
  Expect(0, "rm ref/c.wav dec/c.wav; cp a.wav ref/only.wav");
  const ToolRun unmatched = Expect(1, "quaver evaluate ref dec");
  EXPECT_NE(unmatched.err.find("only.wav: has no decoded file"), std::string::npos) << unmatched.err;
  Expect(1, "quaver evaluate ref a.wav");
  Expect(2, "quaver evaluate a.wav");
}

// A random model says nothing of alignment; the one that ships does.
TEST_F(ToolTest, DecodedSpeechIsAligned) {
  if (BuiltInWeights().empty()) GTEST_SKIP() << "no built-in model";
  for (const int rate : {16000, 44100}) {
    MakeWav("in.wav", static_cast<size_t>(rate) * 4, rate);
    Expect(0, "quaver encode in.wav --tokens 18 --force && quaver decode in.qvr -o out.wav --force");
    const Sound in = ReadSound(Path("in.wav"));
    const Sound out = ReadSound(Path("out.wav"));
    EXPECT_LE(std::abs(AlignLag(in.mono, out.mono)), rate / 16000) << rate;
  }
}

}  // namespace
}  // namespace quaver
