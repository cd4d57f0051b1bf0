// Copies a .qvr stream packet by packet, from standard input to standard output.
#include <quaver/container/qvr.h>

#include <cstdio>

int main() {
  const auto source = [](std::span<uint8_t> bytes) -> int64_t {
    const size_t count = std::fread(bytes.data(), 1, bytes.size(), stdin);
    return std::ferror(stdin) != 0 ? -1 : static_cast<int64_t>(count);
  };
  const auto sink = [](std::span<const uint8_t> bytes) {
    return std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size();
  };
  auto reader = quaver::QvrReader::Open(source, "standard input");
  if (!reader.ok()) return std::fprintf(stderr, "%s\n", reader.message().c_str()), 1;
  auto writer = quaver::QvrWriter::Create(reader.value().header(), sink);
  if (!writer.ok()) return std::fprintf(stderr, "%s\n", writer.message().c_str()), 1;
  while (true) {
    const auto event = reader.value().Next();
    quaver::Status status = event.ok() ? quaver::Status() : event.error();
    if (status.ok() && event.value().kind == quaver::QvrEvent::kLost)
      status = quaver::Error{"frames are missing"};
    if (status.ok() && event.value().kind == quaver::QvrEvent::kPacket)
      status = writer.value().Write(event.value().packet, event.value().frames);
    const bool end = status.ok() && event.value().kind == quaver::QvrEvent::kEnd;
    if (end) status = writer.value().Finish(static_cast<uint64_t>(event.value().original_samples));
    if (!status.ok()) return std::fprintf(stderr, "%s\n", status.message().c_str()), 1;
    if (end) return std::fflush(stdout) != 0;
  }
}
