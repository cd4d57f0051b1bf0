/* Marks what the shared library exports; everything else in it is hidden. C and C++. */
#ifndef QUAVER_CODEC_EXPORT_H_
#define QUAVER_CODEC_EXPORT_H_

#if defined(__GNUC__)
#define QUAVER_API __attribute__((visibility("default")))
#else
#define QUAVER_API
#endif

#endif /* QUAVER_CODEC_EXPORT_H_ */
