#include "codec/train/log/spectrogram_picture.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

namespace quaver {
namespace {

constexpr int kPixelsPerBand = 2;
constexpr uint8_t kPaper = 254;
constexpr uint8_t kInk = 255;
constexpr uint8_t kColours = 254;

// Viridis (S. van der Walt, N. Smith, CC0) at eighths.
constexpr std::array<Rgb, 9> kAnchors = {{{0x44, 0x01, 0x54},
                                          {0x47, 0x2d, 0x7b},
                                          {0x3b, 0x52, 0x8b},
                                          {0x2c, 0x72, 0x8e},
                                          {0x21, 0x91, 0x8c},
                                          {0x28, 0xae, 0x80},
                                          {0x5e, 0xc9, 0x62},
                                          {0xad, 0xdc, 0x30},
                                          {0xfd, 0xe7, 0x25}}};

std::vector<Rgb> Palette() {
  std::vector<Rgb> palette(256);
  for (size_t i = 0; i < kColours; ++i) {
    const double place = static_cast<double>(i) / (kColours - 1) * (kAnchors.size() - 1);
    const size_t left = std::min(static_cast<size_t>(place), kAnchors.size() - 2);
    const double part = place - static_cast<double>(left);
    for (size_t c = 0; c < 3; ++c)
      palette[i][c] =
          static_cast<uint8_t>(std::lround(kAnchors[left][c] * (1 - part) + kAnchors[left + 1][c] * part));
  }
  palette[kPaper] = {255, 255, 255};
  palette[kInk] = {60, 60, 60};
  return palette;
}

// 3 x 5 dots each, a row in three bits, the top row first.
struct Glyph {
  char letter;
  std::array<uint8_t, 5> rows;
};
constexpr std::array<Glyph, 12> kFont = {{{'0', {7, 5, 5, 5, 7}},
                                          {'1', {2, 6, 2, 2, 7}},
                                          {'2', {7, 1, 7, 4, 7}},
                                          {'3', {7, 1, 7, 1, 7}},
                                          {'4', {5, 5, 7, 1, 1}},
                                          {'5', {7, 4, 7, 1, 7}},
                                          {'6', {7, 4, 7, 5, 7}},
                                          {'7', {7, 1, 2, 2, 2}},
                                          {'8', {7, 5, 7, 5, 7}},
                                          {'9', {7, 5, 7, 1, 7}},
                                          {'.', {0, 0, 0, 0, 2}},
                                          {'k', {4, 5, 6, 5, 5}}}};
constexpr int kDot = 2;
constexpr int kLetterWidth = 4 * kDot;
constexpr int kLetterHeight = 5 * kDot;
constexpr int kTick = 4;
constexpr int kLeft = 4 * kLetterWidth + kTick + 4;
constexpr int kBelow = kLetterHeight + kTick + 4;

class Canvas {
 public:
  Canvas(int width, int height) {
    picture_.width = width;
    picture_.height = height;
    picture_.pixels.assign(static_cast<size_t>(width) * static_cast<size_t>(height), kPaper);
    picture_.palette = Palette();
  }
  void Fill(int x, int y, int width, int height, uint8_t colour) {
    for (int j = std::max(y, 0); j < std::min(y + height, picture_.height); ++j) {
      for (int i = std::max(x, 0); i < std::min(x + width, picture_.width); ++i)
        picture_
            .pixels[static_cast<size_t>(j) * static_cast<size_t>(picture_.width) + static_cast<size_t>(i)] =
            colour;
    }
  }
  void Write(int x, int y, std::string_view text) {
    for (const char letter : text) {
      const auto* const glyph =
          std::find_if(kFont.begin(), kFont.end(), [&](const Glyph& g) { return g.letter == letter; });
      for (int dot = 0; glyph != kFont.end() && dot < 15; ++dot) {
        if ((glyph->rows[static_cast<size_t>(dot / 3)] >> (2 - dot % 3) & 1) != 0)
          Fill(x + dot % 3 * kDot, y + dot / 3 * kDot, kDot, kDot, kInk);
      }
      x += kLetterWidth;
    }
  }
  Picture Take() && { return std::move(picture_); }

 private:
  Picture picture_;
};

uint8_t Colour(double db, double top_db) {
  const double place = std::clamp((db - top_db) / kSpectrogramRange + 1, 0.0, 1.0);
  return static_cast<uint8_t>(std::lround(place * (kColours - 1)));
}

int TextWidth(std::string_view text) { return static_cast<int>(text.size()) * kLetterWidth - kDot; }

void DrawFrequencyAxis(Canvas& canvas, double top_hz, int height) {
  for (const auto& [hz, label] : {std::pair{250.0, "250"},
                                  {500.0, "500"},
                                  {1000.0, "1k"},
                                  {2000.0, "2k"},
                                  {4000.0, "4k"},
                                  {8000.0, "8k"},
                                  {16000.0, "16k"}}) {
    if (hz > top_hz) break;
    const double place = HzToMel(hz) / HzToMel(top_hz);
    const int y = std::clamp(static_cast<int>((1 - place) * height), 0, height - 1);
    canvas.Fill(kLeft - kTick, y, kTick, 1, kInk);
    canvas.Write(kLeft - kTick - 3 - TextWidth(label),
                 std::clamp(y - kLetterHeight / 2, 0, height - kLetterHeight), label);
  }
}

void DrawTimeAxis(Canvas& canvas, double seconds, int top) {
  const int every = seconds > 12 ? 5 : 1;
  for (int second = 0; second <= seconds; second += every) {
    const int x = kLeft + static_cast<int>(second * kSpectrogramColumns);
    const std::string label = std::to_string(second);
    canvas.Fill(x, top, 1, kTick, kInk);
    canvas.Write(std::max(0, x - TextWidth(label) / 2), top + kTick + 3, label);
  }
}

}  // namespace

double Loudest(const MelSpectrogram& spectrogram) {
  return spectrogram.db.empty() ? 0 : *std::max_element(spectrogram.db.begin(), spectrogram.db.end());
}

Picture DrawSpectrogram(const MelSpectrogram& spectrogram, double top_db, Axes axes) {
  const int columns = static_cast<int>(spectrogram.columns);
  const int bands = static_cast<int>(spectrogram.bands);
  const int height = bands * kPixelsPerBand;
  const bool labelled = axes == Axes::kLabelled;
  const int left = labelled ? kLeft : 0;
  Canvas canvas(left + columns + (labelled ? kLetterWidth : 0), height + (labelled ? kBelow : 0));
  for (int c = 0; c < columns; ++c) {
    for (int b = 0; b < bands; ++b) {
      const float db = spectrogram.db[static_cast<size_t>(c) * spectrogram.bands + static_cast<size_t>(b)];
      canvas.Fill(left + c, height - (b + 1) * kPixelsPerBand, 1, kPixelsPerBand, Colour(db, top_db));
    }
  }
  if (labelled) {
    DrawFrequencyAxis(canvas, spectrogram.top_hz, height);
    DrawTimeAxis(canvas, spectrogram.seconds(), height);
  }
  return std::move(canvas).Take();
}

}  // namespace quaver
