// Which device is meant: no PortAudio here.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <system_error>

#include "codec/device/audio_device.h"

namespace quaver {
namespace {

const char* Role(Direction direction) {
  return direction == Direction::kInput ? "microphone" : "loudspeaker";
}

bool Usable(const AudioDevice& device, Direction direction) {
  return (direction == Direction::kInput ? device.inputs : device.outputs) > 0;
}

bool IsDefault(const AudioDevice& device, Direction direction) {
  return direction == Direction::kInput ? device.default_input : device.default_output;
}

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string Listed(const std::vector<AudioDevice>& devices) {
  std::string text;
  for (const AudioDevice& device : devices) {
    text += (text.empty() ? "" : ", ") + std::to_string(device.number) + " " + device.name;
  }
  return text;
}

std::vector<AudioDevice> Select(std::span<const AudioDevice> devices, auto condition) {
  std::vector<AudioDevice> selected;
  std::copy_if(devices.begin(), devices.end(), std::back_inserter(selected), condition);
  return selected;
}

// The only one of `found`; an error that begins with `what` if there is none or more than one.
Result<AudioDevice> Only(const std::vector<AudioDevice>& found, const std::vector<AudioDevice>& usable,
                         const std::string& what) {
  if (found.size() == 1) return found.front();
  if (found.empty()) return Error{what + ": no such device; there are: " + Listed(usable)};
  return Error{what + ": could be any of: " + Listed(found)};
}

std::vector<AudioDevice> Namesakes(std::span<const AudioDevice> devices, const std::string& name,
                                   const std::string& host, Direction direction) {
  return Select(devices, [&](const AudioDevice& d) {
    return Usable(d, direction) && d.name == name && d.host == host;
  });
}

}  // namespace

KnownDevice RememberDevice(std::span<const AudioDevice> devices, const AudioDevice& device,
                           Direction direction) {
  const auto namesakes = Namesakes(devices, device.name, device.host, direction);
  const auto before =
      std::ranges::count_if(namesakes, [&](const AudioDevice& d) { return d.number < device.number; });
  return {device.name, device.host, namesakes.size(), static_cast<size_t>(before)};
}

Result<AudioDevice> FindAgain(std::span<const AudioDevice> devices, const KnownDevice& known,
                              Direction direction) {
  auto namesakes = Namesakes(devices, known.name, known.host, direction);
  std::ranges::sort(namesakes, {}, &AudioDevice::number);
  if (namesakes.size() >= known.namesakes && known.position < namesakes.size())
    return namesakes[known.position];
  return Error{std::string(Role(direction)) + " \"" + known.name + "\": " + std::to_string(namesakes.size()) +
               " of " + std::to_string(known.namesakes) + " devices of this name found"};
}

Result<AudioDevice> FindDevice(std::span<const AudioDevice> devices, const std::string& text,
                               Direction direction) {
  const std::string role = Role(direction);
  const auto usable = Select(devices, [&](const AudioDevice& d) { return Usable(d, direction); });
  if (usable.empty()) return Error{"no " + role + ": PortAudio finds no device for it"};
  if (text.empty()) {
    const auto found = Select(usable, [&](const AudioDevice& d) { return IsDefault(d, direction); });
    if (!found.empty()) return found.front();
    return Error{"no default " + role + "; there are: " + Listed(usable)};
  }
  const std::string what = role + " \"" + text + "\"";
  int number = -1;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem == std::errc() && end == text.data() + text.size()) {
    return Only(Select(usable, [&](const AudioDevice& d) { return d.number == number; }), usable, what);
  }
  const std::string wanted = Lower(text);
  const auto exact = Select(usable, [&](const AudioDevice& d) { return Lower(d.name) == wanted; });
  if (exact.size() == 1) return exact.front();
  return Only(
      Select(usable, [&](const AudioDevice& d) { return Lower(d.name).find(wanted) != std::string::npos; }),
      usable, what);
}

std::vector<int> RatesToTry(int wanted, const AudioDevice& device) {
  std::vector<int> rates;
  for (const int rate : {wanted, 48000, 44100, 16000, static_cast<int>(device.default_rate)}) {
    if (rate > 0 && std::find(rates.begin(), rates.end(), rate) == rates.end()) rates.push_back(rate);
  }
  return rates;
}

}  // namespace quaver
