// Packets lost on purpose: by chance, or as a list says.
#ifndef QUAVER_APPS_CLI_PACKET_LOSS_H_
#define QUAVER_APPS_CLI_PACKET_LOSS_H_

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "codec/status.h"

namespace quaver {

// Gilbert-Elliott: a good state that loses nothing and a bad one that loses all (E. N. Gilbert, "Capacity of
// a burst-noise channel", Bell System Technical Journal 39(5), 1960).
class LossModel {
 public:
  // loss: share of packets lost, 0 .. 1. burst: mean number of packets lost in a row, at least 1; 0: losses
  // are independent.
  LossModel(double loss, double burst, uint64_t seed);

  // From the next packet on. With a high loss, bursts of less than loss / (1 - loss) cannot be: then they are
  // as short as can be.
  void Set(double loss, double burst);
  bool NextIsLost();

 private:
  double Uniform();
  std::mt19937_64 random_;
  double loss_ = 0;
  double enter_ = 0;  // probability of good -> bad, packet by packet
  double leave_ = 1;  // of bad -> good
  bool bad_ = false;
};

// What became of each packet: true is lost. The characters 0 (arrived) and 1 (lost) with white space anywhere
// between, as other codecs' loss files have them. Errors name the file, and the place of any other character;
// one is that there is none.
Result<std::vector<bool>> ReadLossTrace(const std::string& path);

// The fate of the packets of one stream.
class PacketLoss {
 public:
  PacketLoss() : PacketLoss(LossModel(0, 0, 0)) {}  // all arrive
  explicit PacketLoss(LossModel chance) : chance_(std::move(chance)) {}
  // Begins again where the trace ends; not empty.
  explicit PacketLoss(std::vector<bool> trace) : chance_(0, 0, 0), trace_(std::move(trace)) {}

  bool NextIsLost();
  uint64_t packets() const { return packets_; }  // so far
  uint64_t lost() const { return lost_; }

 private:
  LossModel chance_;
  std::vector<bool> trace_;  // empty: by chance
  uint64_t packets_ = 0;
  uint64_t lost_ = 0;
};

}  // namespace quaver

#endif  // QUAVER_APPS_CLI_PACKET_LOSS_H_
