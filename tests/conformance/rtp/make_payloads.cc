// Writes the payloads of this folder anew: make_payloads FOLDER, which holds tiny.safetensors and steady.npy,
// to FOLDER/rtp/payloads.json. Only for a new version of the payload.
#include <algorithm>
#include <cstdio>
#include <fstream>

#include "codec/io/npy.h"
#include "codec/quaver.h"
#include "tests/conformance/rtp/payloads.h"

namespace quaver {
namespace {

// Frames `first` and on of the speech with their first n_q[f] tokens.
PayloadVector Speech(const TokenMatrix& speech, size_t first, const quaver_rtp_payload& header,
                     const std::vector<int>& n_q) {
  PayloadVector vector;
  vector.header = header;
  for (size_t f = 0; f < n_q.size(); ++f) {
    const uint16_t* row = &speech.values[(first + f) * speech.columns];
    vector.tokens.emplace_back(row, row + n_q[f]);
  }
  return vector;
}

// Frames that are as the header says.
std::vector<int> Usual(const quaver_rtp_payload& header) {
  std::vector<int> n_q(static_cast<size_t>(header.redundant_frames), header.redundant_tokens);
  n_q.insert(n_q.end(), static_cast<size_t>(header.frames), header.n_q);
  return n_q;
}

std::vector<PayloadVector> Shapes(const TokenMatrix& speech) {
  std::vector<PayloadVector> shapes;
  int number = 0;
  const auto add = [&](const quaver_rtp_payload& header, const std::vector<int>& n_q) {
    shapes.push_back(Speech(speech, static_cast<size_t>(20 + 9 * number++), header, n_q));
  };
  for (const int frames : {1, 2, 4, 10}) {
    for (const int redundant : {0, 1, 2, 4}) {
      const int k = redundant == 0 ? 0 : 1 + (number + number / 4) % 4;
      const quaver_rtp_payload header = {frames, redundant, k, 1 + (number / 2 + redundant) % 4, 0};
      add(header, Usual(header));
    }
  }
  add({1, 0, 0, 1, 1}, {1});                       // a comfort frame
  add({1, 0, 0, 0, 1}, {0});                       // nothing but the flag
  add({4, 0, 0, 3, 0}, {3, 3, 1, 1});              // own frames of different numbers of tokens
  add({2, 4, 2, 4, 0}, {0, 0, 2, 2, 4, 4});        // the start of a talk spurt
  add({3, 2, 3, 2, 0}, {3, 1, 4, 0, 2});           // all of it
  add({10, 4, 4, 4, 1}, std::vector<int>(14, 4));  // the longest
  return shapes;
}

std::vector<RefusedVector> Refused(const std::vector<PayloadVector>& good) {
  const std::vector<uint8_t>& first = good.front().payload;
  std::vector<RefusedVector> refused;
  const auto add = [&](const char* what, std::vector<uint8_t> payload) {
    refused.push_back({what, (payload.empty() ? 0 : payload[0]) >> 6 != 0, std::move(payload)});
  };
  const auto with = [](std::vector<uint8_t> payload, size_t at, int value) {
    payload[at] = static_cast<uint8_t>(value);
    return payload;
  };
  for (const int version : {1, 2, 3}) {
    add("a newer version", with(first, 0, first[0] | version << 6));
  }
  add("empty", {});
  add("a header alone", {first[0], first[1]});
  add("11 frames", with(first, 0, 10));
  add("16 frames", with(first, 0, 15));
  add("31 tokens a frame", with(first, 1, 31 << 3));
  add("more tokens a frame than the model has", with(first, 1, 5 << 3));
  std::vector<uint8_t> excess = first;
  excess.resize(first.size() + 16);
  excess.back() = 1;
  add("bytes behind the tokens", excess);
  add("the packet has other frames than the header", {0x01, 4 << 3, 0xff, 0xff, 0xff, 0xff, 0xff});
  const auto varied = std::find_if(good.begin(), good.end(), [](const PayloadVector& one) {
    return one.header.frames == 4 && one.tokens.front().size() == 3 && one.tokens.back().size() == 1;
  });
  // Four frames of 3, 3, 1 and 1 tokens in place of two redundant ones of 1 token and two of their own.
  add("a redundant frame has more tokens than the header allows", with(varied->payload, 0, 2 << 4 | 1));
  return refused;
}

bool Write(const std::string& folder) {
  const auto speech = ReadNpy(folder + "/steady.npy");
  quaver_model* model = quaver_model_open((folder + "/tiny.safetensors").c_str(), nullptr, 0);
  if (model == nullptr || !speech.ok()) return false;
  PayloadVectors vectors;
  char parameter[QUAVER_RTP_MODEL_PARAMETER];
  bool ok = quaver_rtp_model_parameter(model, parameter) == 0;
  vectors.model = parameter;
  vectors.payloads = Shapes(speech.value());
  for (PayloadVector& one : vectors.payloads) {
    const PayloadRows rows = RowsOf(one, speech.value().columns);
    one.payload.resize(QUAVER_RTP_MAX_BYTES);
    const int bytes = quaver_rtp_pack(model, &one.header, rows.tokens.data(), rows.n_q.data(),
                                      one.payload.data(), one.payload.size());
    ok = ok && bytes > 0;
    one.payload.resize(static_cast<size_t>(std::max(bytes, 0)));
  }
  quaver_model_close(model);
  if (!ok) return false;
  vectors.refused = Refused(vectors.payloads);
  std::ofstream file(folder + "/rtp/payloads.json");
  file << PayloadsAsText(vectors);
  return static_cast<bool>(file);
}

}  // namespace
}  // namespace quaver

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_payloads FOLDER\n");
    return 2;
  }
  if (quaver::Write(argv[1])) return 0;
  std::fprintf(stderr, "make_payloads: %s: tiny.safetensors, steady.npy or rtp/ is missing\n", argv[1]);
  return 1;
}
