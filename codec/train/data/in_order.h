// Work in several threads whose results are taken in order.
#ifndef QUAVER_CODEC_TRAIN_DATA_IN_ORDER_H_
#define QUAVER_CODEC_TRAIN_DATA_IN_ORDER_H_

#include <cstddef>
#include <functional>

namespace quaver {

// Calls work(i) for i in 0 .. count - 1 from `threads` threads (0: as many as there are cores) and take(i)
// from the calling thread, in order, each after its work. At most 4 * threads results wait to be taken, which
// bounds the memory. Ends early, after the work under way, when `take` returns false. Exceptions of `work`
// are thrown again when its result would be taken.
void InOrder(size_t count, int threads, const std::function<void(size_t)>& work,
             const std::function<bool(size_t)>& take);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DATA_IN_ORDER_H_
