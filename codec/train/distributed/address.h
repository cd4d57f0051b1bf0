// Addresses of this machine.
#ifndef QUAVER_CODEC_TRAIN_DISTRIBUTED_ADDRESS_H_
#define QUAVER_CODEC_TRAIN_DISTRIBUTED_ADDRESS_H_

#include <string>

namespace quaver {

// The address, as digits, that packets of this machine to `host` come from; "" if the name is not known.
// Sends nothing.
std::string AddressTowards(const std::string& host, int port);
bool IsLoopback(const std::string& address);
std::string HostName();

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DISTRIBUTED_ADDRESS_H_
