#include "codec/runtime/arena.h"

#include <algorithm>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace quaver::internal {
namespace {

constexpr size_t kLine = 64;
constexpr size_t kBlock = size_t{4} << 20;

constexpr size_t RoundUp(size_t size, size_t unit) { return (size + unit - 1) / unit * unit; }

}  // namespace

void* Arena::TakeBytes(size_t bytes) {
  bytes = RoundUp(bytes, kLine);
  if (bytes > left_) Grow(bytes);
  std::byte* taken = next_;
  next_ += bytes;
  left_ -= bytes;
  size_ += bytes;
  return taken;
}

void Arena::Grow(size_t bytes) {
  const size_t size = RoundUp(std::max(bytes, kBlock), static_cast<size_t>(kHugePage));
  blocks_.emplace_back();  // first, so that the block has an owner when memory runs out
  blocks_.back().reset(new (kHugePage) std::byte[size]);
  left_ = size;
  next_ = blocks_.back().get();
#if defined(__linux__)
  (void)madvise(next_, left_, MADV_HUGEPAGE);  // a wish: without it everything works all the same
#endif
}

}  // namespace quaver::internal
