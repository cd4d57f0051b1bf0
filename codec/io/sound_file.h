// Sound files in (whatever libsndfile reads, or else ffmpeg, if it is installed) and out (16-bit WAV or
// FLAC).
#ifndef QUAVER_CODEC_IO_SOUND_FILE_H_
#define QUAVER_CODEC_IO_SOUND_FILE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "codec/io/atomic_file.h"
#include "codec/io/raw_sound.h"
#include "codec/io/sound_tags.h"
#include "codec/status.h"

namespace quaver {

inline constexpr int kMinSampleRate = 1000;    // Hz
inline constexpr int kMaxSampleRate = 768000;  // Hz
inline constexpr int kMaxChannels = 255;

// Does the name end as sound files do (.wav, .flac, .mp3, ... in any case)? For the search of folders.
bool HasSoundExtension(const std::string& path);

// Reads a file of any length in constant memory.
class SoundReader {
 public:
  // "-" is standard input. WAV, RF64, W64, AIFF, AU and FLAC stream from a pipe, also with a header that does
  // not know the length, and for as long as something comes; other formats (Ogg, MP3) need to seek and are
  // first copied into a temporary file. Formats that libsndfile does not know are read by ffmpeg, if the
  // folders of PATH hold it. Refused: rates outside 1000 .. 768000 Hz, more than 255 channels, headerless
  // data.
  static Result<std::unique_ptr<SoundReader>> Open(const std::string& path);
  // Samples without a header, from a file or a pipe. An incomplete sample at the end is told by damage().
  static Result<std::unique_ptr<SoundReader>> OpenRaw(const std::string& path, const RawSound& sound);
  ~SoundReader();

  int sample_rate() const;          // Hz
  int channels() const;             // 1 .. 255
  int64_t frames() const;           // samples a channel, -1 if not known (pipes, unfinished headers)
  const std::string& name() const;  // for messages
  std::string format() const;       // for people, in libsndfile's words: "FLAC, Signed 16 bit PCM"

  // Tags, in the order of the file (codec/io/sound_tags.h): of FLAC and Ogg those of any name, of others
  // those that WAV's INFO, libmpg123 or libsndfile have a name for. Those that stand behind the sound of a
  // pipe are not known; of a chain they are the first link's.
  const std::vector<SoundTag>& tags() const;

  // Before the first ReadMono(): one channel, from 1, instead of a mix. An error if the file does not have
  // it.
  Status ChooseChannel(int channel);

  // The next samples, nominally -1 .. 1, mixed down to one channel: two channels, and channels of which
  // nobody knows where they belong, by their mean; surround sound by ITU-R BS.775 (centre 1, left and right
  // 0.7071, surrounds 0.5, no low-frequency effects). Samples that are not finite become 0. From a file fewer
  // than out.size() only at its end; from a pipe what has come, at least one, without waiting for more. 0: no
  // more. An error is one of reading; what a file lacks is told by damage().
  Result<size_t> ReadMono(std::span<float> out);

  // To be told when the last samples have been read, whole sentences without the name: what the file lacks,
  // and what nobody can know. Who does not tell it loses in silence.
  const std::vector<std::string>& damage() const;
  Status Undamaged() const;  // damage() as an error, for who cannot use half a file
  // What is odd about the file although nothing is lost.
  const std::vector<std::string>& notes() const;

 private:
  SoundReader();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Writes 16-bit PCM (ToPcm16(), codec/samples.h): .wav or .flac by the extension, "-" is standard output.
class SoundWriter {
 public:
  // rate in Hz, within 1000 .. 768000; channels 1 .. 255 (FLAC: 8, and 655350 Hz with libFLAC before 1.4).
  // Standard output and other pipes get a WAV whose header says "length unknown" (0xFFFFFFFF), since nobody
  // can go back to correct it.
  static Result<std::unique_ptr<SoundWriter>> Create(const std::string& path, int rate, int channels,
                                                     Existing existing = Existing::kReplace);
  // Samples without a header, whatever the name of the file.
  static Result<std::unique_ptr<SoundWriter>> CreateRaw(const std::string& path, const RawSound& sound,
                                                        Existing existing = Existing::kReplace);
  // Before the first Write(): tags that go into the file, values in UTF-8. Gives the names of those that it
  // cannot hold; a pipe and raw samples hold none, a WAV those that INFO has a name for, FLAC all.
  std::vector<std::string> SetTags(std::span<const SoundTag> tags);
  // Without Commit() nothing is left behind, unless it went to a pipe.
  ~SoundWriter();

  // The samples go to every channel alike.
  Status Write(std::span<const float> mono);
  // One sample for each channel in turn; a whole number of turns.
  Status WriteInterleaved(std::span<const float> samples);
  // Finishes the header and makes the file appear. At most once; no Write() after it. A FLAC without any
  // samples cannot be written: an error; a WAV can.
  Status Commit();

 private:
  SoundWriter();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_IO_SOUND_FILE_H_
