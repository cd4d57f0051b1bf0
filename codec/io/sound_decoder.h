// Internal: what turns one kind of file into samples, behind SoundReader.
#ifndef QUAVER_CODEC_IO_SOUND_DECODER_H_
#define QUAVER_CODEC_IO_SOUND_DECODER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "codec/io/sound_tags.h"
#include "codec/status.h"

namespace quaver::internal {

struct SoundShape {
  int rate = 0;  // Hz
  int channels = 0;
  int64_t frames = -1;        // samples a channel, -1 if not known
  std::string format;         // for people
  std::vector<int> speakers;  // libsndfile's SF_CHANNEL_MAP_*, one a channel, or empty: not known
  std::vector<SoundTag> tags;
};

// What is to be told about a file: whole sentences without its name.
struct SoundRemarks {
  std::vector<std::string> damage;  // something is missing, or nobody can know whether it is
  std::vector<std::string> notes;   // odd, but nothing is lost
};

class SoundDecoder {
 public:
  virtual ~SoundDecoder() = default;
  const SoundShape& shape() const { return shape_; }
  // The next samples, interleaved, at least one frame: gives the number of frames, 0 at the end. On a pipe
  // what has come, without waiting for more. An error is one of reading, not of what was read.
  virtual Result<size_t> Read(std::span<float> interleaved) = 0;
  // Could Read() give something without waiting?
  virtual bool Ready() { return true; }
  // Complete once Read() has given 0.
  const SoundRemarks& remarks() const { return remarks_; }

 protected:
  SoundShape shape_;
  SoundRemarks remarks_;
};

// "1:02:03.5" of samples.
std::string PlaceText(uint64_t frames, int rate);

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_IO_SOUND_DECODER_H_
