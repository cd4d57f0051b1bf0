// Which device is meant, and which keys: no device is opened.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/live/live_ui.h"
#include "apps/live/terminal.h"
#include "codec/device/audio_device.h"

namespace quaver {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<AudioDevice> Devices() {
  const auto device = [](int number, const char* name, int inputs, int outputs) {
    AudioDevice d;
    d.number = number;
    d.name = name;
    d.inputs = inputs;
    d.outputs = outputs;
    d.default_rate = 44100;
    return d;
  };
  auto list = std::vector<AudioDevice>{device(0, "HDA Intel", 2, 2), device(1, "USB Headset", 1, 2),
                                       device(2, "USB Camera", 1, 0), device(3, "HDMI", 0, 8),
                                       device(4, "usb", 1, 0)};
  list[1].default_input = list[3].default_output = true;
  return list;
}

std::string Found(const std::string& text, Direction direction) {
  const auto devices = Devices();
  const auto device = FindDevice(devices, text, direction);
  return device.ok() ? device.value().name : "error: " + device.message();
}

TEST(FindDevice, ByNumberNameOrPart) {
  EXPECT_EQ(Found("", Direction::kInput), "USB Headset");
  EXPECT_EQ(Found("", Direction::kOutput), "HDMI");
  EXPECT_EQ(Found("0", Direction::kInput), "HDA Intel");
  EXPECT_EQ(Found("camera", Direction::kInput), "USB Camera");
  EXPECT_EQ(Found("USB", Direction::kInput), "usb");           // the whole name before a part
  EXPECT_EQ(Found("USB", Direction::kOutput), "USB Headset");  // the only one with a loudspeaker
}

TEST(FindDevice, ErrorsSayWhatThereIs) {
  EXPECT_THAT(Found("us", Direction::kInput),
              HasSubstr("could be any of: 1 USB Headset, 2 USB Camera, 4 usb"));
  EXPECT_THAT(Found("nothing", Direction::kInput), HasSubstr("no such device; there are: 0 HDA Intel"));
  EXPECT_THAT(Found("3", Direction::kInput), HasSubstr("no such device"));  // has no microphone
  EXPECT_THAT(Found("2", Direction::kOutput), HasSubstr("no such device"));
  const auto none = FindDevice({}, "", Direction::kInput);
  ASSERT_FALSE(none.ok());
  EXPECT_THAT(none.message(), HasSubstr("no microphone"));
  auto silent = Devices();
  for (auto& device : silent) device.default_input = false;
  EXPECT_THAT(FindDevice(silent, "", Direction::kInput).message(), HasSubstr("no default microphone"));
}

// Of a list with `mine` as the first or second of two equal ones, and of a list that has come later.
std::string FoundAgain(int mine, std::vector<AudioDevice> later) {
  auto before = Devices();
  before.push_back(before[4]);
  before.back().number = 7;
  const auto chosen = FindDevice(before, std::to_string(mine), Direction::kInput);
  EXPECT_TRUE(chosen.ok());
  const auto again =
      FindAgain(later, RememberDevice(before, chosen.value(), Direction::kInput), Direction::kInput);
  return again.ok() ? std::to_string(again.value().number) : "error: " + again.message();
}

TEST(FindAgain, OneOfTwoEqualDevicesByItsPlace) {
  auto later = Devices();
  EXPECT_EQ(FoundAgain(2, later), "2");  // no other has its name
  EXPECT_THAT(FoundAgain(4, later), HasSubstr("1 of 2 devices"));
  EXPECT_THAT(FoundAgain(7, later), HasSubstr("1 of 2 devices"));
  later.push_back(later[4]);
  for (AudioDevice& device : later) device.number += 10;  // the last is another 14
  later.back().number = 11;
  later[1].number = 20;
  EXPECT_EQ(FoundAgain(2, later), "12");
  EXPECT_EQ(FoundAgain(4, later), "11");
  EXPECT_EQ(FoundAgain(7, later), "14");
  later[4].host = "another";  // the same device through another system
  EXPECT_THAT(FoundAgain(7, later), HasSubstr("1 of 2 devices"));
  EXPECT_THAT(FoundAgain(7, {}), HasSubstr("\"usb\": 0 of 2 devices"));
}

TEST(FindAgain, ByTheWholeNameEvenIfItIsANumberOrAPart) {
  auto devices = Devices();
  devices[2].name = "0";
  const auto again =
      FindAgain(devices, RememberDevice(devices, devices[2], Direction::kInput), Direction::kInput);
  ASSERT_TRUE(again.ok()) << again.message();
  EXPECT_EQ(again.value().number, 2);
}

TEST(RatesToTry, TheWantedFirstAndEachOnce) {
  const auto device = Devices()[0];
  EXPECT_THAT(RatesToTry(0, device), ElementsAre(48000, 44100, 16000));
  EXPECT_THAT(RatesToTry(16000, device), ElementsAre(16000, 48000, 44100));
  EXPECT_THAT(RatesToTry(8000, device), ElementsAre(8000, 48000, 44100, 16000));
}

TEST(ParseKeys, LettersArrowsAndWhatIsCutOff) {
  std::string text = "b\x1b[A\x1b[Bm?\x1bOA";
  EXPECT_THAT(ParseKeys(text), ElementsAre(Key::kBypass, Key::kUp, Key::kDown, Key::kMute, Key::kUp));
  EXPECT_EQ(text, "");
  text = "]\x1b[";
  EXPECT_THAT(ParseKeys(text), ElementsAre(Key::kLossUp));
  text += "Bq";
  EXPECT_THAT(ParseKeys(text), ElementsAre(Key::kDown, Key::kQuit));
}

TEST(ApplyKey, ChangesWhatItShouldAndStaysInRange) {
  LiveControls controls;
  controls.n_q.store(17);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(ApplyKey(Key::kUp, 18, controls));
  EXPECT_EQ(controls.n_q.load(), 18);
  for (int i = 0; i < 30; ++i) (void)ApplyKey(Key::kDown, 18, controls);
  EXPECT_EQ(controls.n_q.load(), 1);
  (void)ApplyKey(Key::kLossDown, 18, controls);
  EXPECT_EQ(controls.loss.load(), 0);
  float before = 0;
  for (int i = 0; i < 11; ++i) {
    (void)ApplyKey(Key::kLossUp, 18, controls);
    EXPECT_GT(controls.loss.load(), before);
    before = controls.loss.load();
  }
  EXPECT_EQ(before, 1);
  (void)ApplyKey(Key::kBypass, 18, controls);
  (void)ApplyKey(Key::kMute, 18, controls);
  EXPECT_TRUE(controls.bypass.load() && controls.mute.load());
  EXPECT_TRUE(ApplyKey(Key::kQuit, 18, controls));
}

}  // namespace
}  // namespace quaver
