// States of streams as bytes, which Encoder and Decoder write with Save() and take back with Restore().
//
// A state begins with what it is of (an encoder or a decoder), the version of its layout, the identity of its
// model and a checksum: 48 bytes. Restore() takes only a state that agrees with the stream in all of these;
// CheckState() puts into words why it does not. What follows is in the order of the machine's bytes, and not
// for other versions of the library. The checksum finds damage; it is no protection against forgery, which
// does no more harm than a wrong sound.
#ifndef QUAVER_CODEC_STATE_H_
#define QUAVER_CODEC_STATE_H_

#include <cstddef>
#include <span>

#include "codec/codec.h"
#include "codec/export.h"
#include "codec/status.h"

namespace quaver {

// Whether Restore(state) takes it. Errors: it is no state of an encoder (a decoder), of another version, of
// another model (both identities are named), damaged, or there is no model.
QUAVER_API Status CheckState(const Encoder& encoder, std::span<const std::byte> state);
QUAVER_API Status CheckState(const Decoder& decoder, std::span<const std::byte> state);

}  // namespace quaver

#endif  // QUAVER_CODEC_STATE_H_
