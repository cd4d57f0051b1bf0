// Memory for the packed weights of a model: a few large blocks that live as long as the arena.
#ifndef QUAVER_CODEC_RUNTIME_ARENA_H_
#define QUAVER_CODEC_RUNTIME_ARENA_H_

#include <cstddef>
#include <memory>
#include <new>
#include <vector>

namespace quaver::internal {

// Blocks ask for huge pages where the system has them: one page fault instead of 512 while a model loads, and
// fewer misses of the TLB while a packet streams through all weights.
class Arena {
 public:
  // Not initialised; begins at a cache line.
  template <typename T>
  T* Take(size_t count) {
    return static_cast<T*>(TakeBytes(count * sizeof(T)));
  }
  size_t size() const { return size_; }  // bytes taken

 private:
  static constexpr std::align_val_t kHugePage{size_t{1} << 21};
  struct Free {
    void operator()(std::byte* block) const { ::operator delete[](block, kHugePage); }
  };
  void* TakeBytes(size_t bytes);
  void Grow(size_t bytes);

  std::vector<std::unique_ptr<std::byte[], Free>> blocks_;
  std::byte* next_ = nullptr;
  size_t left_ = 0;
  size_t size_ = 0;
};

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_RUNTIME_ARENA_H_
