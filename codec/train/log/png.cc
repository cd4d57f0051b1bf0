#include "codec/train/log/png.h"

#include <png.h>

namespace quaver {
namespace {

constexpr int kMaxSide = 16384;

bool Sound(const Picture& picture) {
  const auto& [width, height, pixels, palette] = picture;
  return width >= 1 && height >= 1 && width <= kMaxSide && height <= kMaxSide && !palette.empty() &&
         palette.size() <= 256 && pixels.size() == static_cast<size_t>(width) * static_cast<size_t>(height);
}

}  // namespace

Result<std::string> EncodePng(const Picture& picture) {
  if (!Sound(picture)) {
    return Error{"PNG: " + std::to_string(picture.pixels.size()) + " pixels are no picture of " +
                 std::to_string(picture.width) + " x " + std::to_string(picture.height)};
  }
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width);
  image.height = static_cast<png_uint_32>(picture.height);
  image.format = PNG_FORMAT_RGB_COLORMAP;
  image.colormap_entries = static_cast<png_uint_32>(picture.palette.size());
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string out(size, '\0');
  if (png_image_write_to_memory(&image, out.data(), &size, 0, picture.pixels.data(), 0,
                                picture.palette.data()) == 0) {
    return Error{std::string("PNG: ") + image.message};
  }
  out.resize(size);
  return out;
}

}  // namespace quaver
