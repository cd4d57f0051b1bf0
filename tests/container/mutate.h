// Damage to .qvr files, drawn at random.
#ifndef QUAVER_TESTS_CONTAINER_MUTATE_H_
#define QUAVER_TESTS_CONTAINER_MUTATE_H_

#include "tests/bitstream/random_tokens.h"
#include "tests/container/stream_tools.h"

namespace quaver {

// One bit flipped, one byte overwritten, or a range cut out, repeated, cut off, or put in from junk or
// `other`.
void MutateOnce(Random& random, Bytes& file, const Bytes& other);

// Whole pages moved, repeated, or with fields that are invalid, under correct checksums.
void MutatePages(Random& random, Bytes& file);

}  // namespace quaver

#endif  // QUAVER_TESTS_CONTAINER_MUTATE_H_
