#include "codec/io/sound_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "codec/io/sound_handle.h"

namespace quaver {

// libsndfile closes a descriptor in which it finds no sound, even if told to leave it open (1.2.0); by the
// time that we close it too, another thread may have its number. So it gets one of its own.
SNDFILE* internal::OpenSndfile(int fd, int mode, SF_INFO& info) {
  const int own = ::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  return own < 0 ? nullptr : sf_open_fd(own, mode, &info, SF_TRUE);
}

std::string internal::LowerExtension(const std::string& path) {
  const size_t dot = path.find_last_of("./");
  std::string extension = dot == std::string::npos || path[dot] == '/' ? "" : path.substr(dot);
  for (char& c : extension) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return extension;
}

bool HasSoundExtension(const std::string& path) {
  static constexpr std::array kExtensions = std::to_array<std::string_view>(
      {".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".mp2", ".mp1", ".aiff", ".aif", ".aifc",
       ".au", ".snd", ".caf", ".w64", ".rf64", ".sph", ".nist", ".voc", ".avr", ".paf", ".svx", ".pvf",
       // For ffmpeg.
       ".m4a", ".m4b", ".aac", ".wma", ".webm", ".weba", ".mka", ".amr", ".awb", ".spx", ".ac3", ".eac3",
       ".dts", ".ape", ".wv", ".tta", ".mpc", ".3ga"});
  return std::ranges::find(kExtensions, internal::LowerExtension(path)) != kExtensions.end();
}

}  // namespace quaver
