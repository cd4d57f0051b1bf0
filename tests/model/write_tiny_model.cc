// Writes the random tiny model of `seed` to a file: write_tiny_model FILE SEED NAME.
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "tests/model/random_weights.h"

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  quaver::Config config = quaver::TinyConfig();
  config.name = argv[3];
  quaver::Weights weights = quaver::RandomWeights(config, std::strtoull(argv[2], nullptr, 10));
  const auto bytes = quaver::SerializeWeights(weights);
  if (!bytes.ok()) {
    std::cerr << bytes.message() << "\n";
    return 1;
  }
  std::ofstream file(argv[1], std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.value().data()),
             static_cast<std::streamsize>(bytes.value().size()));
  return file.flush() ? 0 : 1;
}
