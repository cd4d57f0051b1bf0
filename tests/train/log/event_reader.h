// Reads event files back: the frames with their checksums, and protobuf messages as lists of fields.
#ifndef QUAVER_TESTS_TRAIN_LOG_EVENT_READER_H_
#define QUAVER_TESTS_TRAIN_LOG_EVENT_READER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace quaver {

// A message: for each field number what was stored, varints and fixed ones as their bits, the rest as bytes.
struct Message {
  struct Field {
    uint64_t number = 0;
    std::string bytes;
  };
  std::map<uint32_t, std::vector<Field>> fields;

  bool Has(uint32_t field) const { return fields.contains(field); }
  uint64_t Number(uint32_t field) const { return Has(field) ? fields.at(field).front().number : 0; }
  float Float(uint32_t field) const;
  double Double(uint32_t field) const;
  std::string Bytes(uint32_t field) const { return Has(field) ? fields.at(field).front().bytes : ""; }
};

// Failures of the test where bytes are not a message.
Message ParseMessage(const std::string& bytes);

struct ReadEvent {
  double wall_time = 0;
  int64_t step = 0;
  std::string file_version;
  bool session_start = false;
  std::map<std::string, Message> values;  // Summary.Value by tag
};

// Failures of the test where a length or a checksum is wrong.
std::vector<ReadEvent> ReadEvents(const std::string& path);
// The only event file in the folder after sorting: that number `index`.
std::string EventPath(const std::string& folder, size_t index = 0);

}  // namespace quaver

#endif  // QUAVER_TESTS_TRAIN_LOG_EVENT_READER_H_
