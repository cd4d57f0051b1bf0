// Internal: Ogg files (Opus, Vorbis, FLAC, Speex), chained or not.
#ifndef QUAVER_CODEC_IO_OGG_DECODER_H_
#define QUAVER_CODEC_IO_OGG_DECODER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "codec/io/file_window.h"
#include "codec/io/library_decoder.h"
#include "codec/io/mix_down.h"
#include "codec/io/ogg_links.h"
#include "codec/io/resampler.h"
#include "codec/io/sound_decoder.h"

namespace quaver::internal {

// libsndfile reads the first link of a chain only: each link is given to it as a file of its own. Links that
// have another rate or number of channels than the first are converted.
class OggDecoder : public SoundDecoder {
 public:
  // Null if libsndfile cannot read the first link. `links`: of the file, at least one.
  static std::unique_ptr<OggDecoder> Open(int fd, std::vector<OggLink> links);
  Result<size_t> Read(std::span<float> interleaved) override;

 private:
  OggDecoder(int fd, std::vector<OggLink> links) : fd_(fd), links_(std::move(links)) {}
  bool OpenLink();
  void CloseLink();
  Result<size_t> ReadLink(std::span<float> interleaved);
  Result<size_t> ReadConverted(std::span<float> interleaved);
  std::string Name() const;

  int fd_;
  std::vector<OggLink> links_;
  size_t link_ = 0;  // the one that is open, or to be opened
  std::unique_ptr<FileWindow> window_;
  std::unique_ptr<LibraryDecoder> decoder_;
  std::unique_ptr<Resampler> resampler_;  // null: the link has the first one's shape
  MixDown mix_;
  bool flushed_ = false;
  std::vector<float> foreign_;  // as the link has it
  std::vector<float> mono_;
  std::vector<float> converted_;  // mono, at the first link's rate
  size_t given_ = 0;              // of converted_
  uint64_t frames_ = 0;           // given in all
};

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_IO_OGG_DECODER_H_
