// Internal: a file as libsndfile reads it.
#ifndef QUAVER_CODEC_IO_LIBRARY_DECODER_H_
#define QUAVER_CODEC_IO_LIBRARY_DECODER_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "codec/io/sound_decoder.h"
#include "codec/io/sound_handle.h"

namespace quaver::internal {

// With its tags. Without the channels' speakers if libsndfile does not know them; frames -1 if it does not
// know their number.
SoundShape ShapeOf(SNDFILE* file, const SF_INFO& info);

class LibraryDecoder : public SoundDecoder {
 public:
  // `error`: the errno of a read that failed in what the handle reads from, or 0. `block`: frames that come
  // at once from a pipe (of a FLAC, for example); 0: it is no pipe, and read as far as there is room.
  // `missing`: at the end, bytes of sound that the header promises and nobody has seen; libsndfile makes
  // silence of them.
  LibraryDecoder(SoundHandle handle, const SF_INFO& info, std::function<int()> error, size_t block,
                 std::function<uint64_t()> missing = {});

  Result<size_t> Read(std::span<float> interleaved) override;
  bool Ready() override { return block_ == 0; }
  void AddDamage(std::string sentence) { remarks_.damage.push_back(std::move(sentence)); }

 private:
  void NoteDamage();
  void NoteEnd();

  SoundHandle handle_;
  std::function<int()> error_;
  size_t block_;
  std::function<uint64_t()> missing_;
  uint64_t frames_ = 0;  // read so far
  size_t damages_ = 0;
  bool unreadable_ = false;  // the system has failed to read on
  bool finished_ = false;
};

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_IO_LIBRARY_DECODER_H_
