/* Speech to a .qvr file and back, in C: encodes raw 16-bit speech at 16 kHz from standard input to the
 * file at about 2.4 kbit/s, then decodes the file to standard output.
 *   cc qvr_file.c $(pkg-config --cflags --libs quaver-file) -o qvr_file
 *   ./qvr_file talk.qvr < talk.raw > decoded.raw */
#include <quaver/quaver.h>
#include <quaver/quaver_file.h>
#include <stdio.h>
#include <string.h>

enum { kBlock = 8000 }; /* samples read or written at once: half a second */

/* The bytes of the stream: here of a file, but it may be memory or a socket. */
static int WriteBytes(void* file, const void* bytes, size_t size) {
  return fwrite(bytes, 1, size, (FILE*)file) != size;
}
static int64_t ReadBytes(void* file, void* bytes, size_t size) {
  const size_t count = fread(bytes, 1, size, (FILE*)file);
  return ferror((FILE*)file) ? -1 : (int64_t)count;
}

/* All of standard input. Returns 0, or an error, as the functions below do. */
static int Encode(quaver_stream_encoder* encoder, quaver_file_writer* writer) {
  int16_t sound[kBlock];
  uint8_t packet[QUAVER_MAX_PACKET_BYTES];
  uint64_t samples = 0;
  size_t got;
  do {
    got = fread(sound, sizeof *sound, kBlock, stdin);
    samples += got;
    int result = quaver_stream_encoder_write_i16(encoder, sound, got);
    if (result >= 0 && got < kBlock) result = quaver_stream_encoder_flush(encoder);
    while (result >= 0 && (result = quaver_stream_encoder_read(encoder, packet, sizeof packet)) > 0)
      result = quaver_file_writer_write(writer, packet, (size_t)result);
    if (result < 0) return result;
  } while (got == kBlock);
  return ferror(stdin) ? QUAVER_ERROR_IO : quaver_file_writer_finish(writer, samples);
}

static int Record(const quaver_model* model, FILE* file) {
  char why[200] = "";
  quaver_format format;
  quaver_file_header header;
  quaver_file_writer* writer = NULL;
  quaver_options options;
  quaver_options_default(&options);
  options.tokens = 6; /* a frame: about 2.4 kbit/s */
  quaver_stream_encoder* encoder = quaver_stream_encoder_create(model, &options, why, sizeof why);
  if (encoder != NULL && quaver_stream_encoder_format(encoder, &format) == 0 &&
      quaver_file_header_init(&header, model, &format) == 0)
    writer = quaver_file_writer_create(&header, WriteBytes, file, why, sizeof why);
  const int result = writer == NULL ? QUAVER_ERROR_IO : Encode(encoder, writer);
  if (writer == NULL) fprintf(stderr, "%s\n", why);
  quaver_file_writer_close(writer);
  quaver_stream_encoder_close(encoder);
  return result;
}

static int Decode(quaver_stream_decoder* decoder, quaver_file_reader* reader) {
  int16_t sound[kBlock];
  quaver_file_event event;
  int kind, result;
  do {
    kind = quaver_file_reader_next(reader, &event);
    if (kind < 0) return kind;
    if (kind == QUAVER_FILE_END) { /* a stream that was cut does not say how long it was: all that there is */
      result = event.original_samples < 0
                   ? quaver_stream_decoder_hold_back(decoder, 0)
                   : quaver_stream_decoder_flush(decoder, (uint64_t)event.original_samples);
    } else { /* lost, unless there is a packet and it can be decoded */
      result = QUAVER_ERROR_PACKET;
      if (kind == QUAVER_FILE_PACKET) result = quaver_stream_decoder_write(decoder, event.packet, event.size);
      if (result == QUAVER_ERROR_PACKET) result = quaver_stream_decoder_lost(decoder, event.frames);
    }
    while (result > 0) {
      const int count = quaver_stream_decoder_read_i16(decoder, sound, kBlock);
      if (count <= 0) return count;
      if (fwrite(sound, sizeof *sound, (size_t)count, stdout) != (size_t)count) return QUAVER_ERROR_IO;
      result -= count;
    }
    if (result < 0) return result;
  } while (kind != QUAVER_FILE_END);
  return 0;
}

static int Replay(FILE* file, const char* name) {
  char why[400] = "";
  quaver_file_header header;
  quaver_file_reader* reader = quaver_file_reader_open(ReadBytes, file, name, why, sizeof why);
  if (reader == NULL) return fprintf(stderr, "%s\n", why), QUAVER_ERROR_IO;
  int result = quaver_file_reader_header(reader, &header);
  /* The stream names its model. It begins with as many samples too many as the header says. */
  quaver_model* model = quaver_model_find_identity(header.identity, why, sizeof why);
  quaver_stream_decoder* decoder =
      quaver_stream_decoder_create(model, &header.format, (int)header.pre_skip, why, sizeof why);
  if (decoder == NULL) fprintf(stderr, "%s: %s\n", name, why);
  if (result == 0 && decoder == NULL) result = QUAVER_ERROR_PACKET;
  /* The last packet may hold more than the sound: it waits until the end has said how long that is. */
  if (result == 0) result = quaver_stream_decoder_hold_back(decoder, QUAVER_MAX_FRAMES);
  if (result == 0) result = Decode(decoder, reader);
  for (int line = 0; line < quaver_file_reader_damage_count(reader); ++line)
    fprintf(stderr, "%s: %s\n", name, quaver_file_reader_damage(reader, line));
  quaver_stream_decoder_close(decoder);
  quaver_model_close(model);
  quaver_file_reader_close(reader);
  return result;
}

int main(int argc, char** argv) {
  char why[200] = "usage: qvr_file FILE.qvr < speech.raw > decoded.raw";
  quaver_model* model = argc == 2 ? quaver_model_open(NULL, why, sizeof why) : NULL;
  if (model == NULL) return fprintf(stderr, "%s\n", why), 1;
  FILE* file = fopen(argv[1], "w+b");
  if (file == NULL) return perror(argv[1]), quaver_model_close(model), 1;
  int result = Record(model, file);
  if (result == 0 && fflush(file) != 0) result = QUAVER_ERROR_IO;
  if (result == 0) rewind(file);
  if (result == 0) result = Replay(file, argv[1]);
  if (fclose(file) != 0 || fflush(stdout) != 0) result = result < 0 ? result : QUAVER_ERROR_IO;
  if (result < 0) fprintf(stderr, "%s: %s\n", argv[1], quaver_error_text(result));
  quaver_model_close(model);
  return result < 0;
}
