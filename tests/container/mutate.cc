#include "tests/container/mutate.h"

#include <algorithm>
#include <utility>

namespace quaver {
namespace {

using Offset = std::ptrdiff_t;

// A range of at most `longest` bytes.
std::pair<Offset, Offset> Range(Random& random, const Bytes& file, int longest) {
  const int size = static_cast<int>(file.size());
  const int begin = Below(random, size);
  return {begin, std::min(size, begin + 1 + Below(random, longest))};
}

}  // namespace

void MutateOnce(Random& random, Bytes& file, const Bytes& other) {
  const auto [begin, end] = Range(random, file, 700);
  const auto [from, to] = Range(random, other, 700);
  switch (Below(random, 7)) {
    case 0:
      file[static_cast<size_t>(begin)] ^= static_cast<uint8_t>(1 << Below(random, 8));
      break;
    case 1:
      file[static_cast<size_t>(begin)] = static_cast<uint8_t>(Below(random, 2) * 255);
      break;
    case 2:
      file.erase(file.begin() + begin, file.begin() + end);
      break;
    case 3: {
      const Bytes junk = RandomBytes(random, 1 + Below(random, 300));
      file.insert(file.begin() + begin, junk.begin(), junk.end());
      break;
    }
    case 4:
      file.insert(file.begin() + begin, other.begin() + from, other.begin() + to);
      break;
    case 5: {
      const Bytes copy(file.begin() + begin, file.begin() + end);
      file.insert(file.begin() + Below(random, static_cast<int>(file.size())), copy.begin(), copy.end());
      break;
    }
    default:
      file.resize(static_cast<size_t>(begin) + 1);
  }
  if (file.empty()) file.push_back(0);
}

void MutatePages(Random& random, Bytes& file) {
  auto pages = SplitPages(file);
  for (int i = 1 + Below(random, 3); i > 0; --i) {
    RawPage& page = pages[static_cast<size_t>(Below(random, static_cast<int>(pages.size())))];
    const RawPage copy = page;
    switch (Below(random, 8)) {
      case 0:
        page.granule = static_cast<int64_t>(uint64_t{random()} << 32 | random()) >> Below(random, 64);
        break;
      case 1:
        page.number = random() >> Below(random, 32);
        break;
      case 2:
        page.continued = !page.continued;
        break;
      case 3:
        page.last = !page.last;
        break;
      case 4:
        page.first = !page.first;
        break;
      case 5:
        std::shuffle(pages.begin(), pages.end(), random);
        break;
      case 6:
        pages.insert(pages.begin() + Below(random, static_cast<int>(pages.size())), copy);
        break;
      default: {  // the bodies shared out anew among packets
        page.lacing.clear();
        for (size_t left = page.body.size(); left > 0 && page.lacing.size() < 255;) {
          const size_t lace = std::min(left, static_cast<size_t>(Below(random, 256)));
          page.lacing.push_back(static_cast<uint8_t>(lace));
          left -= lace;
        }
        size_t size = 0;
        for (const uint8_t lace : page.lacing) size += lace;
        page.body.resize(size);
      }
    }
  }
  file = JoinPages(pages);
}

}  // namespace quaver
