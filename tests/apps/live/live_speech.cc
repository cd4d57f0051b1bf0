// Helper of the tests through real devices:
//   live_speech talk OUT.wav SECONDS CLIP...   the clips in turn, a pause after each, so many seconds long
//   live_speech score REF.wav DEC.wav          mean ESTOI of pieces of 5 s; DEC may begin up to 10 s late
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "codec/io/resampler.h"
#include "codec/io/sound_file.h"
#include "codec/metrics/scores.h"
#include "codec/util/real_fft.h"

namespace quaver {
namespace {

constexpr int kRate = 16000;
constexpr size_t kPiece = 5 * kRate;
constexpr size_t kLatest = 10 * kRate;

int Fail(const std::string& message) {
  std::fprintf(stderr, "live_speech: %s\n", message.c_str());
  return 1;
}

// All of a file, at 16 kHz.
Result<std::vector<float>> Read(const std::string& path) {
  auto sound = SoundReader::Open(path);
  if (!sound.ok()) return sound.error();
  auto resampler = Resampler::Create(sound.value()->sample_rate(), kRate);
  if (!resampler.ok()) return resampler.error();
  std::vector<float> all, block(16384);
  for (;;) {
    const auto count = sound.value()->ReadMono(block);
    if (!count.ok()) return count.error();
    const Status status = count.value() > 0
                              ? resampler.value()->Process(std::span(block).first(count.value()), all)
                              : resampler.value()->Flush(all);
    if (!status.ok()) return status.error();
    if (count.value() == 0) return all;
  }
}

int Talk(const std::string& out, double seconds, std::span<char*> clips) {
  std::vector<float> talk;
  const auto size = static_cast<size_t>(seconds * kRate);
  while (talk.size() < size) {
    for (const char* clip : clips) {
      const auto sound = Read(clip);
      if (!sound.ok()) return Fail(sound.message());
      talk.insert(talk.end(), sound.value().begin(), sound.value().end());
      talk.resize(talk.size() + kRate / 2);
    }
  }
  talk.resize(size);
  auto writer = SoundWriter::Create(out, kRate, 1, Existing::kReplace);
  if (!writer.ok()) return Fail(writer.message());
  Status status = writer.value()->Write(talk);
  if (status.ok()) status = writer.value()->Commit();
  return status.ok() ? 0 : Fail(status.message());
}

// The samples by which `decoded` comes late: where its correlation with the first piece is largest.
size_t Late(std::span<const float> reference, std::span<const float> decoded) {
  constexpr size_t kFft = size_t{1} << 18;  // a piece and the latest lag fit without wrapping around
  internal::RealFft fft(kFft);
  internal::RealFft other(kFft);
  std::vector<double> a(kFft), b(kFft);
  std::copy_n(reference.begin(), std::min(kPiece, reference.size()), a.begin());
  std::copy_n(decoded.begin(), std::min(kPiece + kLatest, decoded.size()), b.begin());
  const auto first = fft.Forward(a);
  const auto second = other.Forward(b);
  std::vector<std::complex<double>> product(kFft / 2 + 1);
  for (size_t k = 0; k < product.size(); ++k) product[k] = std::conj(first[k]) * second[k];
  const auto correlation = internal::InverseRealFft(product);
  const auto end = correlation.begin() + static_cast<std::ptrdiff_t>(kLatest);
  return static_cast<size_t>(std::max_element(correlation.begin(), end) - correlation.begin());
}

int Compare(const std::string& reference_path, const std::string& decoded_path) {
  const auto reference = Read(reference_path);
  const auto decoded = Read(decoded_path);
  if (!reference.ok()) return Fail(reference.message());
  if (!decoded.ok()) return Fail(decoded.message());
  const size_t late = Late(reference.value(), decoded.value());
  const size_t lead = std::min<size_t>(late, 160);  // so that a piece's own lag may be earlier, too
  double sum = 0;
  int pieces = 0;
  for (size_t at = 0; at + kPiece <= reference.value().size(); at += kPiece) {
    if (at + late - lead + kPiece > decoded.value().size()) return Fail(decoded_path + ": ends too early");
    const auto piece = std::span(reference.value()).subspan(at, kPiece);
    const auto heard = std::span(decoded.value()).subspan(at + late - lead, kPiece);
    const ClipPair pair = AtLag(piece, heard, AlignLag(piece, heard));
    const auto scores = Score(pair.reference, pair.decoded);
    if (!scores.ok()) return Fail(decoded_path + ": " + scores.message());
    sum += scores.value().estoi;
    ++pieces;
  }
  if (pieces == 0) return Fail(reference_path + ": shorter than 5 s");
  std::printf("%.4f\n", sum / pieces);
  return 0;
}

}  // namespace
}  // namespace quaver

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "talk" && argc > 4)
    return quaver::Talk(argv[2], std::atof(argv[3]), {argv + 4, static_cast<size_t>(argc - 4)});
  if (what == "score" && argc == 4) return quaver::Compare(argv[2], argv[3]);
  return quaver::Fail("usage: talk OUT.wav SECONDS CLIP... | score REF DEC");
}
