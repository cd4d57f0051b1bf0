// The C API of .qvr files writes and reads what the C++ classes do, and its errors are values.
#include "codec/container/quaver_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/container/stream_tools.h"
#include "tests/runtime/signals.h"

namespace quaver {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Close {
  void operator()(quaver_model* model) const { quaver_model_close(model); }
  void operator()(quaver_encoder* encoder) const { quaver_encoder_close(encoder); }
  void operator()(quaver_decoder* decoder) const { quaver_decoder_close(decoder); }
  void operator()(quaver_file_writer* writer) const { quaver_file_writer_close(writer); }
  void operator()(quaver_file_reader* reader) const { quaver_file_reader_close(reader); }
};
template <typename T>
using Owned = std::unique_ptr<T, Close>;

// Memory that takes and gives bytes, and fails when it is told to.
struct Memory {
  Bytes bytes;
  size_t room = SIZE_MAX;             // writing fails beyond it
  size_t at = 0;                      // reads continue here
  size_t chunk = 4096;                // at most so many bytes a read
  size_t fails_at = SIZE_MAX;         // reading fails here
  int64_t (*lies)(size_t) = nullptr;  // what a read returns in place of the truth

  static int Write(void* user, const void* bytes, size_t size) {
    auto& memory = *static_cast<Memory*>(user);
    EXPECT_GT(size, 0u);
    if (memory.bytes.size() + size > memory.room) return 1;
    const auto* begin = static_cast<const uint8_t*>(bytes);
    memory.bytes.insert(memory.bytes.end(), begin, begin + size);
    return 0;
  }
  static int64_t Read(void* user, void* bytes, size_t size) {
    auto& memory = *static_cast<Memory*>(user);
    EXPECT_GT(size, 0u);
    if (memory.lies != nullptr) return memory.lies(size);
    if (memory.at >= memory.fails_at) return -1;
    const size_t end = std::min(memory.bytes.size(), memory.fails_at);
    const size_t count = std::min({size, memory.chunk, end - std::min(end, memory.at)});
    std::copy_n(memory.bytes.begin() + static_cast<std::ptrdiff_t>(memory.at), count,
                static_cast<uint8_t*>(bytes));
    memory.at += count;
    return static_cast<int64_t>(count);
  }
};

QvrHeader CxxHeader() {
  QvrHeader header;
  for (size_t i = 0; i < header.model.size(); ++i) header.model[i] = static_cast<uint8_t>(3 * i + 1);
  header.original_rate = 44100;
  header.original_channels = 2;
  header.pre_skip = 80;
  header.defaults = {10, 2};
  return header;
}

quaver_file_header Header() {
  const QvrHeader header = CxxHeader();
  quaver_file_header out{};
  std::ranges::copy(header.model, out.identity);
  out.frame_samples = header.frame_samples;
  out.model_rate = header.model_rate;
  out.original_rate = header.original_rate;
  out.original_channels = header.original_channels;
  out.pre_skip = header.pre_skip;
  out.format = {header.defaults.frames, header.defaults.n_q};
  return out;
}

Owned<quaver_file_writer> Writer(const quaver_file_header& header, Memory& memory,
                                 std::string* error = nullptr) {
  char why[200] = "";
  Owned<quaver_file_writer> writer(
      quaver_file_writer_create(&header, Memory::Write, &memory, why, sizeof why));
  if (error != nullptr) *error = why;
  return writer;
}

Owned<quaver_file_reader> Reader(Memory& memory, std::string* error = nullptr) {
  char why[200] = "";
  Owned<quaver_file_reader> reader(
      quaver_file_reader_open(Memory::Read, &memory, "test.qvr", why, sizeof why));
  if (error != nullptr) *error = why;
  return reader;
}

// As ReadAll of stream_tools.h, through C.
ReadStream ReadInC(Memory& memory) {
  ReadStream out;
  const auto reader = Reader(memory, &out.error);
  if (reader == nullptr) return out;
  quaver_file_event event;
  int kind = 0;
  while ((kind = quaver_file_reader_next(reader.get(), &event)) > 0) {
    EXPECT_EQ(event.kind, kind);
    QvrEvent found;
    if (kind == QUAVER_FILE_PACKET) {
      found.kind = QvrEvent::kPacket;
      found.packet.assign(event.packet, event.packet + event.size);
      found.frames = event.frames;
    } else {
      EXPECT_EQ(kind, QUAVER_FILE_LOST);
      EXPECT_EQ(event.packet, nullptr);
      found.kind = QvrEvent::kLost;
      found.lost_frames = event.frames;
    }
    found.original_samples = event.original_samples;
    out.events.push_back(std::move(found));
  }
  if (kind < 0) {
    out.error = quaver_error_text(kind);
    return out;
  }
  out.samples = event.original_samples;
  EXPECT_EQ(quaver_file_reader_next(reader.get(), &event), QUAVER_FILE_END);
  EXPECT_EQ(event.original_samples, out.samples);
  for (int line = 0; line < quaver_file_reader_damage_count(reader.get()); ++line) {
    out.damage.emplace_back(quaver_file_reader_damage(reader.get(), line));
  }
  EXPECT_EQ(quaver_file_reader_damage(reader.get(), static_cast<int>(out.damage.size())), nullptr);
  EXPECT_EQ(quaver_file_reader_damage(reader.get(), -1), nullptr);
  return out;
}

void ExpectSame(const ReadStream& c, const ReadStream& cxx) {
  ASSERT_EQ(c.events.size(), cxx.events.size());
  for (size_t i = 0; i < c.events.size(); ++i) {
    ASSERT_EQ(c.events[i].kind, cxx.events[i].kind) << i;
    ASSERT_EQ(c.events[i].packet, cxx.events[i].packet) << i;
    ASSERT_EQ(c.events[i].frames, cxx.events[i].frames) << i;
    ASSERT_EQ(c.events[i].lost_frames, cxx.events[i].lost_frames) << i;
    ASSERT_EQ(c.events[i].original_samples, cxx.events[i].original_samples) << i;
  }
  EXPECT_EQ(c.samples, cxx.samples);
  EXPECT_EQ(c.damage, cxx.damage);
}

class QuaverFileTest : public testing::Test {
 protected:
  const TestStream stream_ = MakeStream(1, CxxHeader(), 41.03);
};

TEST_F(QuaverFileTest, WritesWhatTheCxxWriterDoes) {
  Memory memory;
  const auto writer = Writer(Header(), memory);
  ASSERT_NE(writer, nullptr);
  for (size_t i = 0; i < stream_.packets.size(); ++i) {
    const Bytes& packet = stream_.packets[i];
    ASSERT_EQ(quaver_file_writer_write(writer.get(), packet.data(), packet.size()), stream_.frames[i]);
  }
  ASSERT_EQ(quaver_file_writer_finish(writer.get(), stream_.samples), 0);
  EXPECT_EQ(memory.bytes, stream_.file);
}

// After each flush a reader has all packets so far; at the end it knows the length.
TEST_F(QuaverFileTest, FlushWritesAllThatIsHeld) {
  Memory memory;
  const auto writer = Writer(Header(), memory);
  ASSERT_EQ(quaver_file_writer_flush(writer.get()), 0);
  for (size_t i = 0; i < 5; ++i) {
    const Bytes& packet = stream_.packets[i];
    ASSERT_EQ(quaver_file_writer_write(writer.get(), packet.data(), packet.size()), stream_.frames[i]);
    for (int again = 0; again < 2; ++again) ASSERT_EQ(quaver_file_writer_flush(writer.get()), 0);
    EXPECT_EQ(SplitPages(memory.bytes).size(), 3 + i);
    const ReadStream read = ReadAll(memory.bytes);
    EXPECT_EQ(read.Packets(), std::vector<Bytes>(stream_.packets.begin(), stream_.packets.begin() + i + 1));
    EXPECT_EQ(read.samples, -1);
  }
  ASSERT_EQ(quaver_file_writer_finish(writer.get(), 40000), 0);
  EXPECT_EQ(quaver_file_writer_flush(writer.get()), QUAVER_ERROR_ENDED);
  EXPECT_EQ(quaver_file_writer_flush(nullptr), QUAVER_ERROR_ARGUMENT);
  const ReadStream read = ReadAll(memory.bytes);
  EXPECT_EQ(read.Packets(), std::vector<Bytes>(stream_.packets.begin(), stream_.packets.begin() + 5));
  EXPECT_EQ(read.samples, 40000);
  EXPECT_TRUE(read.damage.empty());
}

TEST_F(QuaverFileTest, ReadsWhatTheCxxReaderDoesInPartsOfAnySize) {
  for (const size_t chunk : {size_t{1}, size_t{7}, size_t{4096}}) {
    Memory memory{stream_.file};
    memory.chunk = chunk;
    const ReadStream read = ReadInC(memory);
    EXPECT_EQ(read.error, "");
    EXPECT_EQ(read.Packets(), stream_.packets);
    EXPECT_EQ(read.samples, static_cast<int64_t>(stream_.samples));
    EXPECT_THAT(read.damage, IsEmpty());
  }
  Memory memory{stream_.file};
  quaver_file_header header;
  ASSERT_EQ(quaver_file_reader_header(Reader(memory).get(), &header), 0);
  const quaver_file_header expected = Header();
  EXPECT_TRUE(std::ranges::equal(header.identity, expected.identity));
  EXPECT_EQ(header.frame_samples, expected.frame_samples);
  EXPECT_EQ(header.model_rate, expected.model_rate);
  EXPECT_EQ(header.original_rate, expected.original_rate);
  EXPECT_EQ(header.original_channels, expected.original_channels);
  EXPECT_EQ(header.pre_skip, expected.pre_skip);
  EXPECT_EQ(header.format.frames, expected.format.frames);
  EXPECT_EQ(header.format.n_q, expected.format.n_q);
}

TEST_F(QuaverFileTest, DamageIsToldAndReadingGoesOn) {
  auto pages = SplitPages(stream_.file);
  pages.erase(pages.begin() + 4);
  Bytes damaged = JoinPages(pages);
  damaged[damaged.size() / 2] ^= 0x10;
  Memory memory{damaged};
  const ReadStream read = ReadInC(memory);
  EXPECT_EQ(read.error, "");
  ExpectSame(read, ReadAll(damaged));
  EXPECT_GT(read.Lost(), 0u);
  EXPECT_EQ(read.Lost() + read.Delivered(), ReadAll(stream_.file).Delivered());
  EXPECT_EQ(read.samples, static_cast<int64_t>(stream_.samples));
  ASSERT_GE(read.damage.size(), 2u);
  EXPECT_THAT(read.damage.front(), HasSubstr("page 4: lost or damaged (about "));
}

TEST_F(QuaverFileTest, CutStreamsEndWithoutALength) {
  for (const size_t size : {size_t{150}, stream_.file.size() / 3, stream_.file.size() - 1}) {
    Memory memory{Bytes(stream_.file.begin(), stream_.file.begin() + static_cast<std::ptrdiff_t>(size))};
    const ReadStream read = ReadInC(memory);
    EXPECT_EQ(read.error, "");
    EXPECT_EQ(read.samples, -1);
    EXPECT_LT(read.Packets().size(), stream_.packets.size());
    EXPECT_FALSE(read.damage.empty());
  }
}

TEST_F(QuaverFileTest, AWriterThatIsClosedEarlyLeavesACutStream) {
  Memory memory;
  auto writer = Writer(Header(), memory);
  for (const Bytes& packet : stream_.packets) {
    ASSERT_GT(quaver_file_writer_write(writer.get(), packet.data(), packet.size()), 0);
  }
  const size_t before = memory.bytes.size();
  writer.reset();
  EXPECT_EQ(memory.bytes.size(), before);
  EXPECT_EQ(ReadInC(memory).samples, -1);
}

// Wherever writing fails: from then on every call says so, and no byte follows.
TEST_F(QuaverFileTest, AWriteCallbackThatFailsIsAnError) {
  for (const size_t room : {size_t{0}, size_t{100}, size_t{200}, size_t{1000}, stream_.file.size() - 1}) {
    Memory memory;
    memory.room = room;
    std::string error;
    const auto writer = Writer(Header(), memory, &error);
    if (room < 136) {
      EXPECT_EQ(writer, nullptr);
      EXPECT_THAT(error, HasSubstr("writing failed"));
      continue;
    }
    ASSERT_NE(writer, nullptr);
    int result = 1;
    for (size_t i = 0; result > 0 && i < stream_.packets.size(); ++i) {
      result = quaver_file_writer_write(writer.get(), stream_.packets[i].data(), stream_.packets[i].size());
    }
    if (result > 0) result = quaver_file_writer_finish(writer.get(), stream_.samples);
    EXPECT_EQ(result, QUAVER_ERROR_IO) << room;
    memory.room = SIZE_MAX;
    const Bytes before = memory.bytes;
    EXPECT_EQ(quaver_file_writer_write(writer.get(), stream_.packets[0].data(), stream_.packets[0].size()),
              QUAVER_ERROR_IO);
    EXPECT_EQ(quaver_file_writer_finish(writer.get(), 0), QUAVER_ERROR_IO);
    EXPECT_EQ(memory.bytes, before);
  }
}

TEST_F(QuaverFileTest, AReadCallbackThatFailsIsAnError) {
  for (const size_t good : {size_t{0}, size_t{100}, size_t{1500}, stream_.file.size()}) {
    Memory memory{stream_.file};
    memory.fails_at = good;
    std::string error;
    const auto reader = Reader(memory, &error);
    if (good < 136) {
      EXPECT_EQ(reader, nullptr);
      EXPECT_THAT(error, HasSubstr("test.qvr: read error"));
      continue;
    }
    ASSERT_NE(reader, nullptr);
    quaver_file_event event{};
    int kind = 0;
    while ((kind = quaver_file_reader_next(reader.get(), &event)) > 0) {
    }
    EXPECT_EQ(kind, QUAVER_ERROR_IO);
    memory.fails_at = SIZE_MAX;
    EXPECT_EQ(quaver_file_reader_next(reader.get(), &event), QUAVER_ERROR_IO);
  }
}

TEST_F(QuaverFileTest, AReadCallbackThatLiesIsAnError) {
  Memory memory;
  for (const auto lies : {+[](size_t size) { return static_cast<int64_t>(size) + 1; },
                          +[](size_t) { return INT64_MAX; }, +[](size_t) { return INT64_MIN; }}) {
    memory.lies = lies;
    std::string error;
    EXPECT_EQ(Reader(memory, &error), nullptr);
    EXPECT_THAT(error, HasSubstr("read error"));
  }
}

TEST_F(QuaverFileTest, WhatIsNoStreamIsRefusedByName) {
  Memory memory{Bytes(5000, uint8_t{'O'})};
  std::string error;
  EXPECT_EQ(Reader(memory, &error), nullptr);
  EXPECT_THAT(error, HasSubstr("test.qvr: not a .qvr file"));
}

TEST_F(QuaverFileTest, HeadersOutOfRangeAreRefusedByName) {
  const auto refused = [](auto change) {
    quaver_file_header header = Header();
    change(header);
    Memory memory;
    std::string error;
    EXPECT_EQ(Writer(header, memory, &error), nullptr);
    EXPECT_THAT(memory.bytes, IsEmpty());
    return error;
  };
  using H = quaver_file_header;
  EXPECT_THAT(refused([](H& h) { h.frame_samples = 31; }),
              HasSubstr("frame_samples 31 is outside 32 .. 1920"));
  EXPECT_THAT(refused([](H& h) { h.model_rate = 0; }), HasSubstr("model_rate 0 is outside"));
  EXPECT_THAT(refused([](H& h) { h.original_rate = 768001; }), HasSubstr("original_rate 768001 is outside"));
  EXPECT_THAT(refused([](H& h) { h.original_channels = 0; }), HasSubstr("original_channels 0 is outside"));
  EXPECT_THAT(refused([](H& h) { h.original_channels = 257; }),
              HasSubstr("original_channels 257 is outside"));
  EXPECT_THAT(refused([](H& h) { h.pre_skip = 65536; }), HasSubstr("pre_skip 65536 is outside 0 .. 65535"));
  EXPECT_THAT(refused([](H& h) { h.format.frames = 26; }), HasSubstr("frames 26 is outside 1 .. 25"));
  EXPECT_THAT(refused([](H& h) { h.format.n_q = -1; }), HasSubstr("n_q -1 is outside 0 .. 18"));
}

TEST_F(QuaverFileTest, MisuseIsAnErrorAndChangesNothing) {
  Memory memory;
  const auto writer = Writer(Header(), memory);
  const Bytes& packet = stream_.packets[0];
  const Bytes long_packet(QUAVER_MAX_PACKET_BYTES + 1);
  EXPECT_EQ(quaver_file_writer_write(writer.get(), packet.data(), 0), QUAVER_ERROR_PACKET);
  EXPECT_EQ(quaver_file_writer_write(writer.get(), long_packet.data(), long_packet.size()),
            QUAVER_ERROR_PACKET);
  EXPECT_EQ(quaver_file_writer_finish(writer.get(), 1), QUAVER_ERROR_ARGUMENT);
  for (size_t i = 0; i < stream_.packets.size(); ++i) {
    quaver_file_writer_write(writer.get(), stream_.packets[i].data(), stream_.packets[i].size());
  }
  EXPECT_EQ(quaver_file_writer_finish(writer.get(), 2 * stream_.samples), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_file_writer_finish(writer.get(), stream_.samples), 0);
  EXPECT_EQ(quaver_file_writer_finish(writer.get(), stream_.samples), QUAVER_ERROR_ENDED);
  EXPECT_EQ(quaver_file_writer_write(writer.get(), packet.data(), packet.size()), QUAVER_ERROR_ENDED);
  EXPECT_EQ(memory.bytes, stream_.file);
}

TEST_F(QuaverFileTest, NullIsAnError) {
  const quaver_file_header header = Header();
  quaver_file_header out;
  quaver_file_event event;
  Memory memory{stream_.file};
  char why[8] = "";
  EXPECT_EQ(quaver_file_writer_create(nullptr, Memory::Write, &memory, why, sizeof why), nullptr);
  EXPECT_STREQ(why, "the hea");
  EXPECT_EQ(quaver_file_writer_create(&header, nullptr, &memory, nullptr, 0), nullptr);
  EXPECT_EQ(quaver_file_writer_write(nullptr, "", 1), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_file_writer_finish(nullptr, 0), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_file_reader_open(nullptr, &memory, "test.qvr", nullptr, 0), nullptr);
  EXPECT_EQ(quaver_file_reader_open(Memory::Read, &memory, nullptr, nullptr, 0), nullptr);
  EXPECT_EQ(quaver_file_reader_header(nullptr, &out), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_file_reader_next(nullptr, &event), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_file_reader_damage_count(nullptr), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_file_reader_damage(nullptr, 0), nullptr);
  quaver_file_writer_close(nullptr);
  quaver_file_reader_close(nullptr);

  Memory sink;
  EXPECT_EQ(quaver_file_writer_write(Writer(header, sink).get(), nullptr, 1), QUAVER_ERROR_ARGUMENT);
  const auto reader = Reader(memory);
  EXPECT_EQ(quaver_file_reader_header(reader.get(), nullptr), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_file_reader_next(reader.get(), nullptr), QUAVER_ERROR_ARGUMENT);
}

// A weights file.
const Bytes& Tiny() {
  static const Bytes bytes = [] {
    Weights weights = VariedWeights(TinyConfig(), 1);
    return SerializeWeights(weights).value();
  }();
  return bytes;
}

// Speech through a stream that lies in memory alone: the tokens that come back are those that went in.
TEST(QuaverFileSpeech, GoesThroughMemoryInC) {
  constexpr int kFrame = 320, kFrames = 25, kTokens = 5, kPackets = 8;
  const Owned<quaver_model> model(quaver_model_from_memory(Tiny().data(), Tiny().size(), nullptr, 0));
  const Owned<quaver_encoder> encoder(quaver_encoder_create(model.get()));
  const auto speech = Speech("en-vctk-p228.flac", size_t{kFrame * kFrames * kPackets});
  ASSERT_EQ(speech.size(), size_t{kFrame * kFrames * kPackets});
  const quaver_format format = {kFrames, kTokens};
  quaver_file_header header;
  ASSERT_EQ(quaver_file_header_init(&header, model.get(), &format), 0);

  Memory memory;
  const auto writer = Writer(header, memory);
  std::vector<uint16_t> tokens(size_t{kFrames * kTokens * kPackets});
  ASSERT_EQ(quaver_encode(encoder.get(), speech.data(), speech.size(), kTokens, tokens.data(), tokens.size()),
            kFrames * kPackets);
  Bytes packet(QUAVER_MAX_PACKET_BYTES);
  for (size_t i = 0; i < kPackets; ++i) {
    const int bytes = quaver_pack(model.get(), &format, &tokens[i * kFrames * kTokens], kFrames, kTokens,
                                  packet.data(), packet.size());
    ASSERT_EQ(quaver_file_writer_write(writer.get(), packet.data(), static_cast<size_t>(bytes)), kFrames);
  }
  ASSERT_EQ(quaver_file_writer_finish(writer.get(), speech.size() - header.pre_skip), 0);

  const auto reader = Reader(memory);
  quaver_file_header found;
  ASSERT_EQ(quaver_file_reader_header(reader.get(), &found), 0);
  uint8_t identity[32];
  quaver_model_identity(model.get(), identity);
  EXPECT_TRUE(std::ranges::equal(found.identity, identity));
  const Owned<quaver_decoder> decoder(quaver_decoder_create(model.get()));
  std::vector<float> expected(speech.size()), heard(kFrame * kFrames);
  ASSERT_EQ(quaver_decode(decoder.get(), tokens.data(), kFrames * kPackets, kTokens, expected.data(),
                          expected.size()),
            static_cast<int>(expected.size()));
  ASSERT_EQ(quaver_decoder_reset(decoder.get()), 0);
  quaver_file_event event;
  size_t at = 0;
  while (quaver_file_reader_next(reader.get(), &event) == QUAVER_FILE_PACKET) {
    ASSERT_EQ(quaver_decode_packet(decoder.get(), &found.format, event.packet, event.size, heard.data(),
                                   heard.size()),
              static_cast<int>(heard.size()));
    ASSERT_LE(at + heard.size(), expected.size());
    ASSERT_TRUE(std::equal(heard.begin(), heard.end(), expected.begin() + static_cast<std::ptrdiff_t>(at)));
    at += heard.size();
  }
  EXPECT_EQ(at, expected.size());
  EXPECT_EQ(event.kind, QUAVER_FILE_END);
  EXPECT_EQ(event.original_samples, static_cast<int64_t>(speech.size() - header.pre_skip));
}

TEST(QuaverFileSpeech, HeadersComeFromTheModel) {
  const Owned<quaver_model> model(quaver_model_from_memory(Tiny().data(), Tiny().size(), nullptr, 0));
  const auto cxx = Model::FromBytes(Tiny(), "test").value();
  const QvrHeader expected = MakeQvrHeader(*cxx, {12, 3});
  EXPECT_EQ(expected.model, cxx->identity());
  EXPECT_EQ(expected.pre_skip, cxx->delay());
  EXPECT_EQ(expected.original_rate, expected.model_rate);
  quaver_file_header header;
  const quaver_format format = {12, 3};
  ASSERT_EQ(quaver_file_header_init(&header, model.get(), &format), 0);
  EXPECT_TRUE(std::ranges::equal(header.identity, expected.model));
  EXPECT_EQ(header.frame_samples, expected.frame_samples);
  EXPECT_EQ(header.model_rate, expected.model_rate);
  EXPECT_EQ(header.original_rate, expected.original_rate);
  EXPECT_EQ(header.original_channels, expected.original_channels);
  EXPECT_EQ(header.pre_skip, expected.pre_skip);
  EXPECT_EQ(header.format.frames, 12);
  EXPECT_EQ(header.format.n_q, 3);
  for (const quaver_format wrong : {quaver_format{0, 3}, {26, 3}, {12, -1}, {12, 19}})
    EXPECT_EQ(quaver_file_header_init(&header, model.get(), &wrong), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_file_header_init(nullptr, model.get(), &format), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_file_header_init(&header, nullptr, &format), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_file_header_init(&header, model.get(), nullptr), QUAVER_ERROR_ARGUMENT);
}

}  // namespace
}  // namespace quaver
