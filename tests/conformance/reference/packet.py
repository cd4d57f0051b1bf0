"""Packets (docs/reference/bitstream.md, "Packet")."""
from range_decoder import RangeDecoder, uniform

MAX_BYTES = 8192
PLAIN = [0, 32640, 32768]
OTHER = [0, 28672, 32768]  # of `other_frames` and `change`
FRAMES = uniform(25)


def _decode_frames(decoder, default):
    """Whether the packet is plain, and its number of frames."""
    if decoder.decode(PLAIN) == 0:
        return True, default
    return False, decoder.decode(FRAMES) + 1 if decoder.decode(OTHER) else default


def packet_frames(defaults, data):
    """How many frames a packet claims to hold; `defaults` are (frames, n_q)."""
    if not 1 <= len(data) <= MAX_BYTES:
        return 0
    return _decode_frames(RangeDecoder(data), defaults[0])[1]


def decode_packet(model, defaults, data):
    """The tokens of each frame; None: the packet is refused."""
    if not 1 <= len(data) <= MAX_BYTES or defaults[1] > model.groups:
        return None
    decoder = RangeDecoder(data)
    plain, count = _decode_frames(decoder, defaults[0])
    counts, n_q = [], defaults[1]
    for _ in range(count):
        if not plain and decoder.decode(OTHER):
            n_q = decoder.decode(uniform(model.groups + 1))
        counts.append(n_q)
    frames = [None, None]  # before the first are none
    for n_q in counts:
        frames.append(model.decode_frame(decoder, n_q, frames[-1], frames[-2]))
    return frames[2:] if decoder.only_padding_left() else None
