// How LibTorch's memory comes from the system.
#ifndef QUAVER_CODEC_TRAIN_MEMORY_H_
#define QUAVER_CODEC_TRAIN_MEMORY_H_

namespace quaver {

// A step of training asks for the same megabytes again and again. By default the C library returns them to
// the system each time, which clears every page anew; after this call it keeps them. For a program that
// trains: nothing is returned before it ends.
void KeepFreedMemory();

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_MEMORY_H_
