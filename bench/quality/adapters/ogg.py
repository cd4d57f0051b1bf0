"""The packets of an Ogg file (RFC 3533)."""


def payload(path):
    """Bytes of the packets after the two headers."""
    data, at, packets, size = path.read_bytes(), 0, [], 0
    while data[at:at + 4] == b"OggS":
        lacing = data[at + 27:at + 27 + data[at + 26]]
        for value in lacing:
            size += value
            if value < 255:
                packets.append(size)
                size = 0
        at += 27 + len(lacing) + sum(lacing)
    return sum(packets[2:])
