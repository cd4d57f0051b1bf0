// Internal: uncompressed samples of a WAV, RF64, W64, AIFF, AU, CAF, NIST or VOC, however long its header
// says they are.
#ifndef QUAVER_CODEC_IO_PCM_DECODER_H_
#define QUAVER_CODEC_IO_PCM_DECODER_H_

#include <memory>

#include "codec/io/file_window.h"
#include "codec/io/pipe_stream.h"
#include "codec/io/sound_decoder.h"
#include "codec/io/sound_handle.h"
#include "codec/io/sound_header.h"

namespace quaver::internal {

// Bytes of a sample of one channel, or 0 if libsndfile cannot read the encoding (a SF_FORMAT_*) without its
// header.
size_t PlainSampleBytes(int format);

// The header is known; from its end on libsndfile reads samples without one.
class PcmDecoder : public SoundDecoder {
 public:
  // `format`: libsndfile's, of which PlainSampleBytes() knows the encoding. Null if libsndfile refuses it.
  static std::unique_ptr<PcmDecoder> OfFile(int fd, const SampleData& data, const SampleEnd& end,
                                            SoundShape shape, int format);
  // `pipe` must outlive the decoder. It has not been started.
  static std::unique_ptr<PcmDecoder> OfPipe(PipeStream& pipe, const SampleData& data, SoundShape shape,
                                            int format);

  Result<size_t> Read(std::span<float> interleaved) override;
  bool Ready() override { return pipe_ == nullptr || pipe_->Ready(); }

 private:
  PcmDecoder() = default;
  bool OpenPlain(SF_VIRTUAL_IO io, void* user, int format);
  void RemarkFile(const SampleEnd& end);
  bool PipeGoesOn();

  SampleData data_;
  size_t unit_ = 1;  // bytes of a frame
  PipeStream* pipe_ = nullptr;
  std::unique_ptr<FileWindow> window_;
  SoundHandle handle_;   // after what it reads from
  bool beyond_ = false;  // the pipe has more than its header says
  bool finished_ = false;
};

// What is said of the lengths: of frames at the rate.
std::string CutOffText(uint64_t there, uint64_t promised, int rate);

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_IO_PCM_DECODER_H_
