/* Speech to a .qvr file and back, in C: encodes raw 16-bit speech at 16 kHz from standard input to the file,
 * then decodes the file to standard output.
 *   cc qvr_file.c $(pkg-config --cflags --libs quaver-file) -o qvr_file
 *   ./qvr_file talk.qvr < talk.raw > decoded.raw */
#include <quaver/quaver.h>
#include <quaver/quaver_file.h>
#include <stdio.h>
#include <string.h>

enum { kFrames = 25, kTokens = 6, kPacket = kFrames * 320 }; /* half a second a packet, 3 kbit/s */

/* The bytes of the stream: here of a file, but it may be memory or a socket. */
static int WriteBytes(void* file, const void* bytes, size_t size) {
  return fwrite(bytes, 1, size, (FILE*)file) != size;
}
static int64_t ReadBytes(void* file, void* bytes, size_t size) {
  const size_t count = fread(bytes, 1, size, (FILE*)file);
  return ferror((FILE*)file) ? -1 : (int64_t)count;
}

/* Whole packets until they hold all of the sound in spite of the codec's delay. 0, or an error. */
static int Encode(const quaver_model* model, const quaver_format* format, quaver_encoder* encoder,
                  quaver_file_writer* writer) {
  int16_t sound[kPacket];
  uint16_t tokens[kFrames * kTokens];
  uint8_t packet[QUAVER_MAX_PACKET_BYTES];
  uint64_t samples = 0;
  int more = 1;
  for (uint64_t encoded = 0; more || encoded < samples + (uint64_t)quaver_delay(model); encoded += kPacket) {
    const size_t got = more ? fread(sound, sizeof *sound, kPacket, stdin) : 0;
    more = got == kPacket;
    samples += got;
    memset(sound + got, 0, (kPacket - got) * sizeof *sound);
    int result = quaver_encode_i16(encoder, sound, kPacket, kTokens, tokens, kFrames * kTokens);
    if (result > 0) result = quaver_pack(model, format, tokens, kFrames, kTokens, packet, sizeof packet);
    if (result > 0) result = quaver_file_writer_write(writer, packet, (size_t)result);
    if (result < 0) return result;
  }
  return ferror(stdin) ? QUAVER_ERROR_IO : quaver_file_writer_finish(writer, samples);
}

/* Writes what lies in begin .. end of `count` samples of which the first is number *at. 0, or an error. */
static int Play(const int16_t* sound, int count, uint64_t* at, uint64_t begin, uint64_t end) {
  const uint64_t from = *at > begin ? *at : begin;
  const uint64_t to = *at + (uint64_t)count < end ? *at + (uint64_t)count : end;
  const size_t wanted = from < to ? (size_t)(to - from) : 0;
  const size_t written = wanted > 0 ? fwrite(sound + (from - *at), sizeof *sound, wanted, stdout) : 0;
  *at += (uint64_t)count;
  return written == wanted ? 0 : QUAVER_ERROR_IO;
}

/* Each event's sound waits for the next event, as the last one says where the sound ends. 0, or an error. */
static int Decode(quaver_decoder* decoder, quaver_file_reader* reader, const quaver_file_header* header) {
  int16_t sound[kPacket];
  uint64_t at = 0, end = UINT64_MAX;
  int waiting = 0;
  for (;;) {
    quaver_file_event event;
    const int kind = quaver_file_reader_next(reader, &event);
    if (kind < 0) return kind;
    if (kind == QUAVER_FILE_END && event.original_samples >= 0)
      end = header->pre_skip + (uint64_t)event.original_samples;
    if (Play(sound, waiting, &at, header->pre_skip, end) != 0) return QUAVER_ERROR_IO;
    if (kind == QUAVER_FILE_END) return 0;
    waiting = QUAVER_ERROR_PACKET;
    if (kind == QUAVER_FILE_PACKET)
      waiting = quaver_decode_packet_i16(decoder, &header->format, event.packet, event.size, sound, kPacket);
    if (waiting != QUAVER_ERROR_PACKET && waiting < 0) return waiting;
    if (waiting > 0) continue;
    waiting = 0; /* lost or damaged: concealed frame by frame */
    for (int frame = 0; frame < event.frames; ++frame) {
      if (Play(sound, waiting, &at, header->pre_skip, end) != 0) return QUAVER_ERROR_IO;
      waiting = quaver_conceal_i16(decoder, sound, kPacket);
      if (waiting < 0) return waiting;
    }
  }
}

static int Record(const quaver_model* model, FILE* file) {
  const quaver_format format = {kFrames, kTokens};
  char why[200];
  quaver_file_header header;
  int result = quaver_file_header_init(&header, model, &format);
  if (result < 0) return result;
  quaver_file_writer* writer = quaver_file_writer_create(&header, WriteBytes, file, why, sizeof why);
  if (writer == NULL) return fprintf(stderr, "%s\n", why), QUAVER_ERROR_IO;
  quaver_encoder* encoder = quaver_encoder_create(model);
  result = encoder == NULL ? QUAVER_ERROR_MEMORY : Encode(model, &format, encoder, writer);
  quaver_encoder_close(encoder);
  quaver_file_writer_close(writer);
  return result;
}

static int Replay(const quaver_model* model, FILE* file, const char* name) {
  char why[200];
  quaver_file_header header;
  uint8_t identity[32];
  quaver_file_reader* reader = quaver_file_reader_open(ReadBytes, file, name, why, sizeof why);
  if (reader == NULL) return fprintf(stderr, "%s\n", why), QUAVER_ERROR_IO;
  quaver_decoder* decoder = quaver_decoder_create(model);
  int result = quaver_model_identity(model, identity);
  if (result == 0) result = quaver_file_reader_header(reader, &header);
  if (result == 0 && memcmp(identity, header.identity, sizeof identity) != 0) {
    fprintf(stderr, "%s: made with another model\n", name);
    result = QUAVER_ERROR_PACKET;
  }
  if (result == 0) result = decoder == NULL ? QUAVER_ERROR_MEMORY : Decode(decoder, reader, &header);
  for (int line = 0; line < quaver_file_reader_damage_count(reader); ++line)
    fprintf(stderr, "%s: %s\n", name, quaver_file_reader_damage(reader, line));
  quaver_decoder_close(decoder);
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
  if (result == 0) result = Replay(model, file, argv[1]);
  if (fclose(file) != 0 || fflush(stdout) != 0) result = result < 0 ? result : QUAVER_ERROR_IO;
  if (result < 0) fprintf(stderr, "%s: %s\n", argv[1], quaver_error_text(result));
  quaver_model_close(model);
  return result < 0;
}
