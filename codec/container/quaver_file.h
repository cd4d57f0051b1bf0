/* .qvr files in C: packets in Ogg, written and read through callbacks of the caller, so that the bytes may
 * lie in memory, in a file or at the other end of a socket. This is a library of its own, libquaver-file,
 * which needs libquaver and libogg. Installed as <quaver/quaver_file.h>; the example qvr_file.c is a whole
 * program; the documentation's bitstream.md specifies the bytes.
 *
 *   quaver_file_header header;
 *   quaver_file_header_init(&header, model, &format);
 *   quaver_file_writer* writer = quaver_file_writer_create(&header, my_write, my_file, why, sizeof why);
 *   quaver_file_writer_write(writer, packet, bytes);                  // again and again
 *   quaver_file_writer_finish(writer, samples);                       // of the whole sound
 *   quaver_file_writer_close(writer);
 *
 *   quaver_file_reader* reader = quaver_file_reader_open(my_read, my_file, "talk.qvr", why, sizeof why);
 *   quaver_file_reader_header(reader, &header);
 *   while ((kind = quaver_file_reader_next(reader, &event)) > 0)
 *     if (kind == QUAVER_FILE_PACKET) ... decode event.packet ...
 *     else ... conceal event.frames frames ...
 *   if (kind == QUAVER_FILE_END) ... the sound has event.original_samples samples ...
 *   quaver_file_reader_close(reader);
 *
 * A page of about 5 seconds is written at once, so this is for files and transfers, not for live sound, and
 * one damaged byte costs a page.
 *
 * The rules of quaver.h hold here too: calls that can fail return a negative quaver_error, no call throws,
 * aborts or prints, NULL where an object or a buffer is expected is QUAVER_ERROR_ARGUMENT. All calls may
 * allocate memory; QUAVER_ERROR_MEMORY says that there was none, and the stream is then good for its _close
 * call only. Both directions take constant memory.
 *
 * Threads: a writer or a reader belongs to one thread at a time. Its callback is called on that thread,
 * during the calls _create, _write, _finish, _open, _seek and _next of its own; `user` must be valid until
 * the last of them. Callbacks must not throw or jump out of the call, and must not use the writer or reader
 * that called them. */
#ifndef QUAVER_CODEC_CONTAINER_QUAVER_FILE_H_
#define QUAVER_CODEC_CONTAINER_QUAVER_FILE_H_

#include <stddef.h>
#include <stdint.h>

#include "codec/export.h"
#include "codec/quaver.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct quaver_file_writer quaver_file_writer;
typedef struct quaver_file_reader quaver_file_reader;

/* What stands at the start of a stream. */
typedef struct quaver_file_header {
  uint8_t identity[32];       /* of the model that the tokens were made with */
  uint32_t frame_samples;     /* at model_rate: 32 .. 1920 */
  uint32_t model_rate;        /* Hz: 8000 .. 48000 */
  uint32_t original_rate;     /* Hz, of the sound that was encoded: 1000 .. 768000 */
  uint32_t original_channels; /* 1 .. 255 */
  uint32_t pre_skip;    /* samples at model_rate to drop from the start of the decoded stream: 0 .. 65535 */
  quaver_format format; /* what packets leave unsaid: frames 1 .. 25, n_q 0 .. 18 */
} quaver_file_header;

/* The header of a mono stream at the model's own rate: identity, rates and frame of the model, its delay as
 * pre_skip. Set original_rate and original_channels afterwards for a sound that was resampled or mixed down.
 * Returns 0. */
QUAVER_API int quaver_file_header_init(quaver_file_header* header, const quaver_model* model,
                                       const quaver_format* format);

/* Takes all `size` bytes (at least 1). Returns 0, or any other value if writing failed. */
typedef int (*quaver_file_write_callback)(void* user, const void* bytes, size_t size);
/* Reads at most `size` bytes (at least 1) and returns how many: fewer are fine, 0 is the end of the input, a
 * negative value a read error. */
typedef int64_t (*quaver_file_read_callback)(void* user, void* bytes, size_t size);
/* As lseek(): moves to `offset` from the start (whence SEEK_SET), from here (SEEK_CUR) or from the end
 * (SEEK_END) and returns the new distance from the start, or a negative value if it cannot. */
typedef int64_t (*quaver_file_seek_callback)(void* user, int64_t offset, int whence);

/* Writes the headers at once. `user` is handed to the callback. NULL on failure: a value of the header is out
 * of range, writing failed, or memory is short; `error` as in quaver_model_open. */
QUAVER_API quaver_file_writer* quaver_file_writer_create(const quaver_file_header* header,
                                                         quaver_file_write_callback callback, void* user,
                                                         char* error, size_t error_size);
/* The same with comments (tags), each "NAME=value" as in Vorbis and Opus: the name of ASCII characters 0x20
 * .. 0x7D without '=', the value UTF-8; 60000 bytes at most, with 4 more for each. NULL also if they are not
 * so. */
QUAVER_API quaver_file_writer* quaver_file_writer_create_with_comments(
    const quaver_file_header* header, const char* const* comments, size_t count,
    quaver_file_write_callback callback, void* user, char* error, size_t error_size);
/* Writes nothing: a stream that was not finished is cut. NULL is allowed. */
QUAVER_API void quaver_file_writer_close(quaver_file_writer* writer);
/* The next packet of the stream. Returns the frames that it holds. QUAVER_ERROR_PACKET if it holds none (its
 * tokens are not looked at), QUAVER_ERROR_ENDED after _finish, QUAVER_ERROR_ARGUMENT beyond 2^30 frames: the
 * stream is then as it was. QUAVER_ERROR_IO if the callback failed, now or before: no call writes anything
 * more. */
QUAVER_API int quaver_file_writer_write(quaver_file_writer* writer, const void* packet, size_t size);
/* Writes all that is held back, for a receiver that waits; each call costs a page of its own, 28 bytes and
 * more. A decoder cannot cut the last packet to the length of the sound if that was flushed: flush when
 * another is sure to follow. Returns 0, also if nothing was held; QUAVER_ERROR_ENDED and QUAVER_ERROR_IO as
 * above. */
QUAVER_API int quaver_file_writer_flush(quaver_file_writer* writer);
/* Ends the stream and writes what was held back. `original_samples`: the length of the sound, a channel, at
 * original_rate; a decoder gives out as many. Returns 0; QUAVER_ERROR_ARGUMENT if the packets, and one frame
 * more, do not hold so many: nothing was done. QUAVER_ERROR_ENDED and QUAVER_ERROR_IO as above. */
QUAVER_API int quaver_file_writer_finish(quaver_file_writer* writer, uint64_t original_samples);

enum {
  QUAVER_FILE_END = 0,
  QUAVER_FILE_PACKET = 1,
  QUAVER_FILE_LOST = 2 /* packets are missing here */
};

typedef struct quaver_file_event {
  int kind; /* QUAVER_FILE_END, _PACKET or _LOST */
  /* _PACKET: its frames, 1 .. 25: conceal so many if it cannot be decoded. _LOST: the frames missing, 1 ..
   * QUAVER_MAX_LOST_FRAMES; all of a stream together are at most as many as its packets held so far, and
   * QUAVER_MAX_LOST_FRAMES more. */
  int frames;
  const uint8_t* packet; /* _PACKET: its bytes, valid until the next call with the reader; else NULL */
  size_t size;           /* _PACKET: 1 .. QUAVER_MAX_PACKET_BYTES; else 0 */
  /* Length of the sound in samples a channel at original_rate. It stands in the last page: all events of that
   * page have it, and _END; -1 before, and for a stream that was cut before its last page. */
  int64_t original_samples;
} quaver_file_event;

/* Reads the headers. `name` stands in error messages, for example a path; it is copied. NULL on failure: the
 * first MiB holds no valid header, reading failed, or memory is short; `error` as in quaver_model_open. */
QUAVER_API quaver_file_reader* quaver_file_reader_open(quaver_file_read_callback callback, void* user,
                                                       const char* name, char* error, size_t error_size);
/* The same of an input that can seek: its first byte is the start of the stream, and _seek then reads no more
 * than it needs. `seek` may be NULL. */
QUAVER_API quaver_file_reader* quaver_file_reader_open_seekable(quaver_file_read_callback callback,
                                                                quaver_file_seek_callback seek, void* user,
                                                                const char* name, char* error,
                                                                size_t error_size);
QUAVER_API void quaver_file_reader_close(quaver_file_reader* reader); /* NULL is allowed */
/* Returns 0. All values are in the ranges above; compare them with those of your model before you decode. */
QUAVER_API int quaver_file_reader_header(const quaver_file_reader* reader, quaver_file_header* header);
/* Comments: their number, and number 0 .. count - 1 as "NAME=value", valid until _close; NULL for any other.
 */
QUAVER_API int quaver_file_reader_comment_count(const quaver_file_reader* reader);
QUAVER_API const char* quaver_file_reader_comment(const quaver_file_reader* reader, int number);
/* The next event. Returns its kind, QUAVER_FILE_END again and again after the end. The callback is called
 * only when no event is left of the pages that are complete, so the packets of a connection come out as they
 * arrive. _END comes after a look at what follows the last page (up to its end, or 64 KiB), so it may wait
 * for a connection that stays open although all packets and the length are known. Damaged bytes are no error:
 * reading goes on at the next page with a good checksum, and QUAVER_FILE_LOST reports what was lost.
 * QUAVER_ERROR_IO if the callback failed, now or before; `event` is then as it was. */
QUAVER_API int quaver_file_reader_next(quaver_file_reader* reader, quaver_file_event* event);
/* Goes to the event that holds frame number `frame`, or to the end of a shorter stream; _next goes on there.
 * Returns the number of the first frame of that event, or of all frames at the end, and never more than
 * `frame`: where the positions of damaged pages leap over it, the sound behind the leap counts as that of
 * `frame`. With a seek callback in either direction and in a few reads; without, forwards only. The sound is
 * the same, to the bit, as that of the whole stream once quaver_run_in() frames have gone through the
 * decoder. For the sound from sample n at model_rate on:
 *
 *   first = max(0, (n + pre_skip) / frame_samples - quaver_run_in(model))
 *   at    = quaver_file_reader_seek(reader, first)
 *   decode from there, and drop n + pre_skip - at * frame_samples samples
 *
 * QUAVER_ERROR_IO if a callback failed, now or before; QUAVER_ERROR_ARGUMENT if the frame lies behind and the
 * input cannot seek. */
QUAVER_API int64_t quaver_file_reader_seek(quaver_file_reader* reader, uint64_t frame);
/* Damage met so far, for people: the number of lines, at most 20, and line 0 .. count - 1, such as "page 7:
 * lost or damaged (about 25 frames)", valid until the next call of _next or _close; NULL for any other. */
QUAVER_API int quaver_file_reader_damage_count(const quaver_file_reader* reader);
QUAVER_API const char* quaver_file_reader_damage(const quaver_file_reader* reader, int line);

#ifdef __cplusplus
}
#endif

#endif /* QUAVER_CODEC_CONTAINER_QUAVER_FILE_H_ */
