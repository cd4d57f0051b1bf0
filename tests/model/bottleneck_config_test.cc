// The "bottleneck" object of a model's configuration: each type has its keys, and no others.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "codec/model/config.h"

namespace quaver {
namespace {

using nlohmann::json;

std::string With(const json& bottleneck) {
  json root = json::parse(CanonicalJson([] {
    Config config;
    config.name = "test";
    return config;
  }()));
  root["bottleneck"] = bottleneck;
  return root.dump();
}

struct Type {
  json object;
  int dims;
  int codes;
};

const Type kTypes[] = {
    {{{"type", "fsp"}, {"groups", 18}, {"cdf", "tanh"}, {"levels", {8, 5, 5, 5}}}, 4, 1000},
    {{{"type", "fsq"}, {"groups", 1}, {"levels", {8, 6, 5}}}, 3, 240},
    {{{"type", "fsq-noise"}, {"groups", 1}, {"levels", {8, 5, 5, 5}}}, 4, 1000},
    {{{"type", "vp"}, {"groups", 6}, {"dims", 4}, {"codes", 1024}}, 4, 1024},
    {{{"type", "vq"}, {"groups", 1}, {"dims", 3}, {"codes", 256}}, 3, 256},
    {{{"type", "simvq"}, {"groups", 2}, {"dims", 8}, {"codes", 4096}}, 8, 4096},
    {{{"type", "none"}, {"groups", 1}, {"dims", 4}}, 4, 0},
};

TEST(BottleneckConfig, EachTypeIsReadAndWrittenInCanonicalForm) {
  for (const Type& type : kTypes) {
    const auto config = ParseConfig(With(type.object));
    ASSERT_TRUE(config.ok()) << config.message();
    EXPECT_EQ(config.value().bottleneck.type, type.object["type"].get<std::string>());
    EXPECT_EQ(config.value().bottleneck.groups, type.object["groups"].get<int>());
    EXPECT_EQ(config.value().bottleneck.dims(), type.dims);
    EXPECT_EQ(config.value().bottleneck.codes(), type.codes);
    const std::string canonical = CanonicalJson(config.value());
    EXPECT_EQ(json::parse(canonical)["bottleneck"], type.object);
    EXPECT_EQ(CanonicalJson(ParseConfig(canonical).value()), canonical);
  }
}

TEST(BottleneckConfig, MissingAndForeignKeysAreNamed) {
  for (const Type& type : kTypes) {
    for (const auto& item : type.object.items()) {
      json less = type.object;
      less.erase(item.key());
      const auto config = ParseConfig(With(less));
      ASSERT_FALSE(config.ok()) << less;
      EXPECT_NE(config.message().find("\"" + item.key() + "\""), std::string::npos) << config.message();
    }
    for (const char* key : {"cdf", "levels", "dims", "codes", "kind"}) {
      if (type.object.contains(key)) continue;
      json more = type.object;
      more[key] = key == std::string("levels") ? json{4} : key == std::string("cdf") ? json("tanh") : json(4);
      const auto config = ParseConfig(With(more));
      ASSERT_FALSE(config.ok()) << more;
      EXPECT_NE(config.message().find("\"" + std::string(key) + "\""), std::string::npos) << config.message();
    }
  }
}

}  // namespace
}  // namespace quaver
