"""Pages of an Ogg file (RFC 3533)."""
import struct
import zlib
from collections import namedtuple

# `granule` is None if it is unknown; `pieces` are the packets, and parts of some: (bytes, whether it ends here).
Page = namedtuple("Page", "begin end continued first last granule serial number pieces")
MIRRORED = bytes(int("{:08b}".format(byte)[::-1], 2) for byte in range(256))


def checksum(data):
    """The CRC of zlib has the same polynomial, but its bits in the other order, and is inverted."""
    crc = zlib.crc32(data.translate(MIRRORED), 0xffffffff) ^ 0xffffffff
    return int("{:032b}".format(crc)[::-1], 2)


def _pieces(lacing, body):
    pieces, begin, end = [], 0, 0
    for i, value in enumerate(lacing):
        end += value
        if value < 255 or i + 1 == len(lacing):
            pieces.append((body[begin:end], value < 255))
            begin = end
    return pieces


def _page_at(data, begin):
    fields = struct.unpack("<BBqIIIB", data[begin + 4:begin + 27].ljust(23))
    version, flags, granule, serial, number, crc, segments = fields
    body = begin + 27 + segments
    lacing = data[begin + 27:body]
    end = body + sum(lacing)
    if version or len(data) < end or crc != checksum(data[begin:begin + 22] + bytes(4) + data[begin + 26:end]):
        return None
    granule = granule if 0 <= granule <= 2**48 else None
    return Page(begin, end, bool(flags & 1), bool(flags & 2), bool(flags & 4), granule, serial, number,
                _pieces(lacing, data[body:end]))


def pages(data):
    """All pages with a good checksum."""
    begin = data.find(b"OggS")
    while begin >= 0:
        page = _page_at(data, begin)
        if page:
            yield page
        begin = data.find(b"OggS", page.end if page else begin + 1)
