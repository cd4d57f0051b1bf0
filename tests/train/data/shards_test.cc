#include "codec/train/data/shards.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>

#include "codec/model/safetensors.h"
#include "codec/train/data/crops.h"
#include "codec/train/data/pack.h"
#include "tests/train/data/fixtures.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Names = std::vector<std::string>;

class ShardsTest : public DataTest {
 protected:
  PackReport Pack(const std::string& data, uint64_t bytes = kMinShardBytes) {
    PackOptions options;
    options.shard_bytes = bytes;
    auto report = PackShards(data, Path("shards"), options);
    EXPECT_TRUE(report.ok()) << report.message();
    return report.ok() ? std::move(report).value() : PackReport{};
  }
  Names Shards() const {
    Names names;
    for (const auto& entry : fs::directory_iterator(Path("shards")))
      names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
  }
  // One shard of `header` and `data`.
  std::string Shard(const json& header, const std::string& data) const {
    const std::string text = header.dump();
    std::string bytes;
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(text.size() >> 8 * i);
    Put(Path("x.safetensors"), bytes + text + data);
    return Path("x.safetensors");
  }
};

void ExpectSame(const Dataset& a, const Dataset& b) {
  ASSERT_EQ(a.clips.size(), b.clips.size());
  for (size_t i = 0; i < a.clips.size(); ++i) {
    EXPECT_EQ(a.clips[i].speaker, b.clips[i].speaker);
    EXPECT_TRUE(std::ranges::equal(a.clips[i].samples, b.clips[i].samples)) << a.clips[i].path;
  }
  std::mt19937_64 random_a(9);
  std::mt19937_64 random_b(9);
  std::vector<float> crop_a(3000);
  std::vector<float> crop_b(3000);
  const CropOptions options{1, 3000, -40, -15, {}};
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(DrawCrop(a, options, random_a, crop_a), DrawCrop(b, options, random_b, crop_b));
    EXPECT_EQ(crop_a, crop_b);
  }
}

TEST_F(ShardsTest, TrainWithTheSameCropsAsTheFolder) {
  for (int i = 0; i < 12; ++i)
    Speech("voices/" + std::string(1, static_cast<char>('a' + i)) + "-x/c.flac", i, 0.7);
  Speech("voices/a.wav", 20, 1.5);  // '-' < '.' < '/': sorted by bytes everywhere
  Text("voices/broken.wav", "no sound");
  const PackReport report = Pack(Path("voices"));
  EXPECT_EQ(report.skipped.size(), 1u);
  EXPECT_EQ(report.parts.at(Split::kTrain).clips, 13u);
  EXPECT_GT(report.parts.at(Split::kTrain).shards, 3u);
  const auto folder = LoadTrainingSets(Path("voices"), "", 0.3, At16k());
  const auto shards = LoadTrainingSets(Path("shards"), "", 0.3, At16k());
  ASSERT_TRUE(folder.ok() && shards.ok()) << shards.message();
  ExpectSame(folder.value().train, shards.value().train);
  ExpectSame(folder.value().validation, shards.value().validation);
  LoadOptions less = At16k();
  less.leave_out = {"a.wav"};
  const auto fewer = LoadDataset(Path("shards"), less);
  ASSERT_TRUE(fewer.ok());
  EXPECT_EQ(fewer.value().clips.size(), 12u);
}

TEST_F(ShardsTest, OfficialPartsAndSpeakersArriveInThem) {
  LibriSpeech("libri");
  Pack(Path("libri"), 1 << 20);
  EXPECT_EQ(Shards(), (Names{"dev-00000-of-00001.safetensors", "test-00000-of-00001.safetensors",
                             "train-00000-of-00001.safetensors"}));
  const auto folder = LoadTrainingSets(Path("libri"), "", 0.3, At16k());
  const auto shards = LoadTrainingSets(Path("shards"), "", 0.3, At16k());
  ASSERT_TRUE(folder.ok() && shards.ok());
  ExpectSame(folder.value().train, shards.value().train);
  ExpectSame(folder.value().validation, shards.value().validation);
  EXPECT_EQ(shards.value().train.clips[0].speaker, "LibriSpeech/19");
  // Speakers do not cross from a folder to shards either.
  EXPECT_FALSE(LoadTrainingSets(Path("libri/train-clean-100"),
                                Path("shards/train-00000-of-00001.safetensors"), 0, At16k())
                   .ok());
}

TEST_F(ShardsTest, NamesOfAllKindsSurvive) {
  for (const char* name :
       {"quote\"s.wav", "back\\slash.wav", "Grüße/日本.wav", "tab\there.wav", "sp ace.wav"})
    Speech(std::string("odd/") + name, 1, 0.3);
  Speech("odd/bad\xff.wav", 1, 0.3);
  const PackReport report = Pack(Path("odd"));
  EXPECT_EQ(report.parts.at(Split::kTrain).clips, 5u);
  ASSERT_EQ(report.skipped.size(), 1u);  // not UTF-8
  const auto shards = FindSource(Path("shards"), {});
  ASSERT_TRUE(shards.ok()) << shards.message();
  EXPECT_EQ(shards.value().entries[0].name, "Grüße/日本.wav");
}

// The header of a shard is bounded: many short clips make many shards.
TEST_F(ShardsTest, AFullHeaderEndsAShard) {
  Write("tone.wav", SomeSpeech(0, 16000 * 3));
  std::string lines;
  constexpr int kClips = 2500;
  for (int i = 0; i < kClips; ++i) {
    lines += json({{"path", "tone.wav"},
                   {"offset", i * 1e-3},
                   {"duration", 0.2},
                   {"speaker", std::string(600, 's') + std::to_string(i)}})
                 .dump() +
             "\n";
  }
  Text("list.jsonl", lines);
  const PackReport report = Pack(Path("list.jsonl"), uint64_t{1} << 30);
  EXPECT_GT(report.parts.at(Split::kTrain).shards, 1u);
  EXPECT_LT(report.parts.at(Split::kTrain).shards, 5u);
  const auto shards = LoadDataset(Path("shards"), At16k());
  ASSERT_TRUE(shards.ok()) << shards.message();
  const auto list = LoadDataset(Path("list.jsonl"), At16k());
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(report.skipped.size(), list.value().skipped.size());  // pauses
  ExpectSame(shards.value(), list.value());
}

TEST_F(ShardsTest, AppearWholeOrNotAtAll) {
  Speech("voices/a.wav");
  Pack(Path("voices"));
  PackOptions options;
  EXPECT_FALSE(PackShards(Path("voices"), Path("shards"), options).ok());  // exists
  options.replace = true;
  EXPECT_TRUE(PackShards(Path("voices"), Path("shards"), options).ok());
  EXPECT_FALSE(PackShards(Path("voices"), Path("voices"), options).ok());  // is not made of shards
  EXPECT_TRUE(fs::exists(Path("voices/a.wav")));
  const std::atomic<bool> stop = true;
  options.stop = &stop;
  EXPECT_FALSE(PackShards(Path("voices"), Path("never"), options).ok());
  Names files = Files();
  std::ranges::sort(files);
  EXPECT_EQ(files, (Names{"shards", "voices"}));
}

TEST_F(ShardsTest, ASetMustBeWhole) {
  for (int i = 0; i < 6; ++i) Speech("voices/" + std::to_string(i) + ".wav", i, 2);
  Pack(Path("voices"));
  ASSERT_GT(Shards().size(), 3u);
  for (const size_t which : {size_t{0}, size_t{2}, Shards().size() - 1}) {
    const std::string path = Path("shards/" + Shards()[which]);
    fs::rename(path, Path("aside"));
    const auto source = FindSource(Path("shards"), {});
    ASSERT_FALSE(source.ok());
    EXPECT_NE(source.message().find(" is missing"), std::string::npos) << source.message();
    fs::rename(Path("aside"), path);
  }
  fs::copy(Path("shards/" + Shards()[0]), Path("shards/train-00000-of-00002.safetensors"));
  EXPECT_NE(FindSource(Path("shards"), {}).message().find("two sets"), std::string::npos);
}

TEST_F(ShardsTest, AnotherRateIsRefused) {
  Speech("voices/a.wav");
  PackOptions options;
  options.sample_rate = 8000;
  ASSERT_TRUE(PackShards(Path("voices"), Path("shards"), options).ok());
  const auto data = LoadDataset(Path("shards"), At16k());
  ASSERT_FALSE(data.ok());
  EXPECT_NE(data.message().find("8000 Hz"), std::string::npos);
}

TEST_F(ShardsTest, HostileHeadersAreRefused) {
  const auto tensor = [](int begin, int end, json shape, const char* dtype) -> json {
    return {{"dtype", dtype}, {"shape", std::move(shape)}, {"data_offsets", {begin, end}}};
  };
  const json good = {{"__metadata__",
                      {{"format", kShardFormat},
                       {"sample_rate", "16000"},
                       {"speakers", "[\"x\"]"},
                       {"speaker_of", "[0,-1]"}}},
                     {"a", tensor(0, 8, {4}, "I16")},
                     {"b", tensor(8, 16, {4}, "I16")}};
  // The length of the header must be even for samples to be.
  const auto padded = [&](json header) {
    for (std::string pad; header.dump().size() % 2 != 0;) header["__metadata__"]["pad"] = pad += "x";
    return header;
  };
  const std::string data(16, '\1');
  const auto fine = FindSource(Shard(padded(good), data), {});
  ASSERT_TRUE(fine.ok()) << fine.message();
  EXPECT_EQ(fine.value().entries[0].speaker, "x");
  EXPECT_EQ(fine.value().entries[1].speaker, "");

  const std::pair<const char*, std::function<void(json&)>> cases[] = {
      {"overlap", [&](json& h) { h["b"] = tensor(4, 16, {6}, "I16"); }},
      {"gap", [&](json& h) { h["b"] = tensor(10, 16, {3}, "I16"); }},
      {"reach beyond", [&](json& h) { h["b"] = tensor(8, 18, {5}, "I16"); }},
      {"belong to no tensor", [&](json& h) { h["b"] = tensor(8, 14, {3}, "I16"); }},
      {"shape", [&](json& h) { h["b"] = tensor(8, 16, {8}, "I16"); }},
      {"shape",
       [&](json& h) {
         h["b"] = tensor(8, 16, {2, 2}, "I16");
       }},
      {"type", [&](json& h) { h["b"] = tensor(8, 16, {4}, "F16"); }},
      {"end before", [&](json& h) { h["b"] = tensor(16, 8, {4}, "I16"); }},
      {"format", [&](json& h) { h["__metadata__"]["format"] = "pt"; }},
      {"sample_rate", [&](json& h) { h["__metadata__"]["sample_rate"] = "0"; }},
      {"sample_rate", [&](json& h) { h["__metadata__"]["sample_rate"] = "99999999999999"; }},
      {"speaker_of", [&](json& h) { h["__metadata__"]["speaker_of"] = "[0]"; }},
      {"speaker_of", [&](json& h) { h["__metadata__"]["speaker_of"] = "[0,1]"; }},
      {"speaker_of", [&](json& h) { h["__metadata__"]["speaker_of"] = "[0,-2]"; }},
      {"speaker_of", [&](json& h) { h["__metadata__"]["speaker_of"] = "[0,18446744073709551615]"; }},
      {"speakers", [&](json& h) { h["__metadata__"]["speakers"] = "[7]"; }},
      {"speakers", [&](json& h) { h["__metadata__"]["speakers"] = "{"; }},
      {"odd", [&](json& h) { h["a"] = tensor(0, 7, {3}, "I16"), h["b"] = tensor(7, 16, {4}, "I16"); }},
  };
  for (const auto& [expected, change] : cases) {
    json bad = good;
    change(bad);
    const auto source = FindSource(Shard(padded(bad), data), {});
    ASSERT_FALSE(source.ok()) << expected;
    const bool told = source.message().find(expected) != std::string::npos;
    EXPECT_TRUE(told || std::string(expected) == "odd") << source.message();
  }
  json odd = padded(good);
  odd["__metadata__"]["pad2"] = "";
  if (odd.dump().size() % 2 == 0) odd["__metadata__"]["pad2"] = "x";
  EXPECT_NE(FindSource(Shard(odd, data), {}).message().find("odd byte"), std::string::npos);
}

// What opens after damage must be readable from end to end.
TEST_F(ShardsTest, DamagedShardsNeverCrash) {
  for (int i = 0; i < 5; ++i) Speech("voices/" + std::to_string(i) + ".wav", i, 0.2);
  Pack(Path("voices"));
  const std::string path = Path("shards/" + Shards()[0]);
  const std::string good = Content(path);
  ASSERT_EQ(Shards().size(), 1u);
  const size_t header = good.find_last_of('}') + 1;
  std::mt19937_64 random(6);
  int refused = 0;
  constexpr int kTries = 600;
  for (int i = 0; i < kTries; ++i) {
    std::string bad = good;
    const int kind = i % 4;
    if (kind == 0) bad.resize(random() % bad.size());
    if (kind == 1) bad[random() % header] = static_cast<char>(random());
    if (kind == 2) bad[random() % header] = "0123456789[]{},\":"[random() % 17];
    if (kind == 3)
      bad.insert(random() % header, std::string(1 + random() % 9, static_cast<char>('0' + random() % 10)));
    Put(path, bad);
    const auto data = LoadDataset(Path("shards"), At16k());
    if (!data.ok()) {
      ++refused;
      EXPECT_FALSE(data.message().empty());
      continue;
    }
    int64_t sum = 0;
    for (const Clip& clip : data.value().clips)
      for (const int16_t x : clip.samples) sum += x;
    EXPECT_LT(std::abs(sum), int64_t{1} << 40);
  }
  EXPECT_GT(refused, kTries / 2);
}

}  // namespace
}  // namespace quaver
