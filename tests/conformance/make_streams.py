"""Writes streams/ and index.json anew, from the packets of `varied`: make_streams.py

Each stream is made by one operation on good pages, so what must come out follows from the operation, not from a
decoder. Only a new version of the bitstream, or a new case, is a reason to run it.
"""
import hashlib
import json
import os
import struct
import sys
from collections import namedtuple

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "reference"))
sys.dont_write_bytecode = True
from ogg import checksum, pages as read_pages  # noqa: E402
from packet import packet_frames  # noqa: E402

DEFAULTS = (5, 2)  # of `varied`
SAMPLES = 96000
FRAME = 320
Page = namedtuple("Page", "number granule lacing body flags serial")
CONTINUED, FIRST, LAST = 1, 2, 4
BEHIND = "byte behind the tokens"
MODELS = (("fsp-network", "an entropy network; matrices in 8 bits (version 2)"),
          ("fsp-one-digit", "tokens of one digit of 64; no entropy network"),
          ("vp-network", "a codebook for each group, an entropy network, tables that do not know the frame before (version 3)"),
          ("vp-shared", "a codebook that all groups share, an entropy network, tables that know the frame before (version 1)"))


def read(name):
    with open(os.path.join(HERE, name), "rb") as file:
        return file.read()


PACKETS = [bytes.fromhex(line) for line in read("varied.packets").decode().split()]
COUNTS = [packet_frames(DEFAULTS, packet) for packet in PACKETS]
STARTS = [sum(COUNTS[:i]) for i in range(len(COUNTS) + 1)]
HEADER, COMMENTS = [page.pieces[0][0] for page in read_pages(read("varied.qvr"))][:2]
PRE_SKIP, = struct.unpack_from("<H", HEADER, 54)
SERIAL = 0x5155


def granule(frames, pre_skip=PRE_SKIP):
    return max(0, frames * FRAME - pre_skip)


def laced(packets):
    return [value for packet in packets for value in [255] * (len(packet) // 255) + [len(packet) % 255]]


def page(number, position, packets, flags=0, serial=SERIAL):
    return Page(number, position, laced(packets), b"".join(packets), flags, serial)


def as_bytes(one, version=0):
    head = struct.pack("<4sBBqIII", b"OggS", version, one.flags, one.granule, one.serial, one.number % 2**32, 0)
    data = head + bytes([len(one.lacing)]) + bytes(one.lacing) + one.body
    return data[:22] + struct.pack("<I", checksum(data)) + data[26:]


def joined(pages):
    return b"".join(map(as_bytes, pages))


def stream(packets=None, header=HEADER, pre_skip=PRE_SKIP, samples=SAMPLES):
    """Good pages of two packets each."""
    packets = packets or PACKETS
    pages = [page(0, 0, [header], FIRST), page(1, 0, [COMMENTS])]
    for i in range(0, len(packets), 2):
        pages.append(page(len(pages), granule(STARTS[min(i + 2, len(PACKETS))], pre_skip), packets[i:i + 2]))
    pages[-1] = pages[-1]._replace(flags=LAST, granule=samples)
    return pages


GOOD = stream()
ALL = [[0, STARTS[-1]]]


def rows(*parts):
    """Ranges of packets [first, end) as ranges of frames; a number of lost frames stays."""
    return [part if isinstance(part, int) else [STARTS[part[0]], STARTS[part[1]]] for part in parts]


def without(first, count=1):
    """What is left when so many pages from page `first` on are missing."""
    begin, end = 2 * (first - 2), 2 * (first - 2 + count)
    return rows((0, begin), STARTS[end] - STARTS[begin], (end, len(PACKETS)))


def changed(index, pages=None, **fields):
    pages = list(pages or GOOD)
    pages[index] = pages[index]._replace(**fields)
    return pages


def split_pages(segments):
    """The packets, padded with zeros to 260 bytes, on pages of so many segments: packets run over from page to page."""
    packets = [packet.ljust(260, b"\0") for packet in PACKETS]
    lacing, body = laced(packets), b"".join(packets)
    pages, at, complete = GOOD[:2], 0, 0
    for i in range(0, len(lacing), segments):
        part = lacing[i:i + segments]
        ended = sum(value < 255 for value in part)
        complete += ended
        flags = CONTINUED if i and lacing[i - 1] == 255 else 0
        position = granule(STARTS[complete]) if ended else -1
        pages = pages + [Page(len(pages), position, part, body[at:at + sum(part)], flags, SERIAL)]
        at += sum(part)
    return changed(-1, pages, flags=pages[-1].flags | LAST, granule=SAMPLES)


def header_with(offset, data):
    return HEADER[:offset] + data + HEADER[offset + len(data):]


def good_streams():
    """Name, what it is, the file, frames of `varied` and numbers of frames concealed between them, length."""
    yield "whole", "pages of two packets", joined(GOOD), ALL, SAMPLES
    padded = stream([packet + bytes(i % 4) for i, packet in enumerate(PACKETS)])
    yield "padded", "zero bytes behind packets, which are padding", joined(padded), ALL, SAMPLES
    yield "split", "packets that run over from page to page", joined(split_pages(5)), ALL, SAMPLES
    empty = stream()
    empty[4] = page(4, empty[4].granule, [b""] + PACKETS[4:6] + [b""])
    yield "empty-packets", "packets of zero bytes, which are skipped", joined(empty), ALL, SAMPLES
    numbered = [one._replace(number=one.number + 2**32 - 4) for one in GOOD]
    yield "numbers", "page numbers that begin with 2^32 - 4", joined(numbered), ALL, SAMPLES
    foreign = [page(i, i * 100, [b"foreign" * i], FIRST if i == 0 else 0, 99) for i in range(4)]
    mixed = [GOOD[0], foreign[0], GOOD[1], foreign[1], foreign[2], *GOOD[2:6], foreign[3], *GOOD[6:]]
    yield "multiplexed", "pages of another stream between those of this one", joined(mixed), ALL, SAMPLES
    shared = stream(header=header_with(54, struct.pack("<H", 400)), pre_skip=400, samples=SAMPLES - 200)
    shared = [*shared[:2], page(2, 0, PACKETS[:1]), page(3, shared[2].granule, PACKETS[1:2]),
              *(one._replace(number=one.number + 1) for one in shared[3:])]
    yield ("shared-position", "a pre_skip of more than a frame: granule position 0 stands for no frame and for one", joined(shared),
           ALL, SAMPLES - 200)
    none = [*GOOD[:2], page(2, 0, [b""], LAST)]
    yield "no-samples", "a stream without samples", joined(none), [], 0
    yield "one-frame-more", "a length that needs one frame more than there are", joined(
        changed(-1, granule=granule(STARTS[-1] + 1))), ALL, granule(STARTS[-1] + 1)
    refused = page(6, GOOD[6].granule, [PACKETS[8], PACKETS[9] + b"\0\0\0\0\1"])
    yield ("packet-refused", "packet 9, which only its decoder can refuse, has another byte than zero behind its tokens",
           joined(GOOD[:6] + [refused] + GOOD[7:]), rows((0, 9), COUNTS[9], (10, len(PACKETS))), SAMPLES)
    yield "short-length", "a length that ends inside the last packet", joined(changed(-1, granule=SAMPLES - 4000)), ALL, SAMPLES - 4000


def damaged_streams():
    last = len(GOOD) - 1
    count = len(PACKETS)
    yield "page-lost", "page 5 is missing", joined(GOOD[:5] + GOOD[6:]), without(5), SAMPLES
    yield "pages-lost", "pages 4 to 7 are missing", joined(GOOD[:4] + GOOD[8:]), without(4, 4), SAMPLES
    yield "first-page-lost", "page 2, the first with packets, is missing", joined(GOOD[:2] + GOOD[3:]), without(2), SAMPLES
    whole = joined(GOOD)
    at = len(joined(GOOD[:6])) + 40
    yield ("bit-error", "one bit of page 6 is wrong", whole[:at] + bytes([whole[at] ^ 16]) + whole[at + 1:], without(6), SAMPLES)
    at = len(joined(GOOD[:6]))
    yield ("false-length", "page 6 claims 255 segments of 255 bytes", whole[:at + 26] + b"\xff" * 20 + whole[at + 46:], without(6),
           SAMPLES)
    version = joined(GOOD[:6]) + as_bytes(GOOD[6], version=1) + joined(GOOD[7:])
    yield "page-version", "page 6 has a stream structure version of 1", version, without(6), SAMPLES
    yield "page-repeated", "pages 4 and 5 come twice", joined(GOOD[:6] + GOOD[4:]), ALL, SAMPLES
    yield "pages-swapped", "page 6 comes before page 5", joined(GOOD[:5] + [GOOD[6], GOOD[5]] + GOOD[7:]), without(5), SAMPLES
    yield "junk-before", "100 bytes before the first page", b"junk!" * 20 + whole, ALL, SAMPLES
    at = len(joined(GOOD[:7]))
    yield "junk-between", "100 bytes, some like a page, between pages", whole[:at] + b"OggS\0" * 20 + whole[at:], ALL, SAMPLES
    yield "junk-behind", "100 bytes behind the last page", whole + b"junk!" * 20, ALL, SAMPLES
    yield "comments-lost", "the comment header is missing", joined(GOOD[:1] + GOOD[2:]), ALL, SAMPLES
    yield ("comments-invalid", "the length of a comment reaches beyond the comment header",
           joined(changed(1, body=COMMENTS[:8] + b"\xff\xff" + COMMENTS[10:])), ALL, SAMPLES)
    yield "header-repeated", "the first page comes twice", joined(GOOD[:1] + GOOD), ALL, SAMPLES
    yield ("cut", "the file ends inside page 9", joined(GOOD[:9]) + as_bytes(GOOD[9])[:30], rows((0, 2 * 7)), None)
    yield "no-last-page", "the last page is missing", joined(GOOD[:-1]), rows((0, 2 * (last - 2))), None
    yield "headers-only", "the file ends behind the comment header", joined(GOOD[:2]), [], None
    yield "chained", "another stream follows", whole + joined([one._replace(serial=7) for one in GOOD]), ALL, SAMPLES
    yield ("chained-early", "another stream follows before the last page", joined(GOOD[:6]) + whole, rows((0, 8)), None)
    more = [GOOD[4]._replace(number=last + 1)]
    yield "pages-behind", "a page of the stream follows the last page", joined(GOOD + more), ALL, SAMPLES
    beyond = GOOD[6].granule + 5 * SAMPLES
    yield "false-position", "one page has a forged granule position", joined(changed(6, granule=beyond)), ALL, SAMPLES
    yield "unknown-position", "one page has granule position -1", joined(changed(6, granule=-1)), ALL, SAMPLES
    yield ("unknown-position-after-gap", "page 5 is missing, and page 6 has granule position -1",
           joined(GOOD[:5] + changed(6, granule=-1)[6:]), rows((0, 6), (8, 10), STARTS[8] - STARTS[6], (10, count)), SAMPLES)
    jump = 100 * FRAME
    yield ("shifted-positions", "granule positions from page 6 on are 100 frames too large, and page 8 is missing",
           joined([*GOOD[:6], *(one._replace(granule=one.granule + jump) for one in (*GOOD[6:8], *GOOD[9:]))]),
           without(8), granule(STARTS[-1] + 1))
    forged = [one._replace(number=one.number + 1, granule=one.granule + 10**9) for one in GOOD[6:]]
    yield ("forged-gap", "a page seems to be missing, and granule positions claim hours: 3000 frames are made up for",
           joined(GOOD[:6] + forged), rows((0, 8), 3000, (8, count)), granule(STARTS[-1] + 3000 + 1))
    yield ("forged-length", "the last page claims hours", joined(changed(-1, granule=10**10)), ALL, granule(STARTS[-1] + 1))
    yield "forged-number", "page 6 and all after it are numbered as if 1000 pages were missing", joined(
        GOOD[:6] + [one._replace(number=one.number + 1000) for one in GOOD[6:]]), ALL, SAMPLES
    yield from damaged_packets(count)


def damaged_packets(count):
    overlong = page(6, GOOD[6].granule, [b"x" * 8193, PACKETS[9]])
    yield ("packet-too-long", "a packet of 8193 bytes, in place of packet 8", joined(GOOD[:6] + [overlong] + GOOD[7:]),
           rows((0, 8), COUNTS[8], (9, count)), SAMPLES)
    split = split_pages(5)
    cut = split[4]
    begun = cut.lacing[-1]
    yield ("beginning-lost", "the beginning of a packet that runs over to the next page is missing, though no page is",
           joined(changed(4, split, lacing=cut.lacing[:-1], body=cut.body[:-begun])), rows((0, 7), COUNTS[7], (8, count)), SAMPLES)
    rest = split[5]
    yield ("end-lost", "the end of a packet that ran over from the page before is missing, though no page is",
           joined(changed(5, split, flags=0, lacing=rest.lacing[1:], body=rest.body[rest.lacing[0]:])),
           rows((0, 7), COUNTS[7], (8, count)), SAMPLES)
    yield ("split-page-lost", "a page is missing whose first and last packets run over", joined(split[:5] + split[6:]),
           rows((0, 7), STARTS[10] - STARTS[7], (10, count)), SAMPLES)


def refused_streams():
    rest = joined([GOOD[1], page(2, 0, [b""], LAST)])

    def with_header(header):
        return as_bytes(page(0, 0, [header], FIRST)) + rest

    yield "empty", "an empty file", b"", "no header"
    yield "not-ogg", "a file of another format", b"RIFF" + bytes(200), "no header"
    yield "not-quaver", "an Ogg stream of something else", with_header(b"OpusHead" + HEADER[8:]), "no header"
    yield "no-first-flag", "the first page lacks its b-o-s flag", joined([GOOD[0]._replace(flags=0)]) + rest, "no header"
    bad = as_bytes(GOOD[0])
    yield "header-bit-error", "one bit of the first page is wrong", bad[:50] + bytes([bad[50] ^ 1]) + bad[51:] + rest, "no header"
    yield "header-cut", "the file ends inside the first page", bad[:60], "no header"
    yield "header-shares-page", "another packet on the first page", as_bytes(page(0, 0, [HEADER, COMMENTS], FIRST)), "header page"
    yield "version-0", "version 0", with_header(header_with(8, b"\0")), "header version"
    yield "version-2", "version 2, and longer", with_header(header_with(8, b"\2") + b"new"), "header version"
    yield "header-short", "57 bytes", with_header(HEADER[:-1]), "header size"
    yield "header-long", "59 bytes", with_header(HEADER + b"\0"), "header size"
    for field, offset, size, values in (("frame-samples", 41, 4, (31, 1921)), ("model-rate", 45, 4, (7999, 48001)),
                                        ("original-rate", 49, 4, (999, 768001)), ("channels", 53, 1, (0,)),
                                        ("frames", 56, 1, (0, 26)), ("n-q", 57, 1, (19,))):
        for value in values:
            header = header_with(offset, value.to_bytes(size, "little"))
            yield "%s-%d" % (field, value), "%s is %d" % (field.replace("-", " "), value), with_header(header), "header value"


def packets():
    """Packets of `varied` that are changed, and what becomes of them: tokens as before, or an error."""
    packet, first, end, length = PACKETS[3], STARTS[3], STARTS[4], len(PACKETS[3])
    yield "padded", "zero bytes behind the tokens", packet, length + 5, [[first, end]], None
    yield "padded-to-the-limit", "padded to 8192 bytes", packet, 8192, [[first, end]], None
    yield "empty", "no bytes", b"", 0, [], "empty"
    yield "too-long", "8193 bytes", packet, 8193, [], "too long"
    yield "byte-behind", "another byte than zero behind the tokens", packet + bytes(4) + b"\1", length + 5, [COUNTS[3]], BEHIND
    yield "bytes-behind", "junk behind padding", packet + bytes(50) + b"\xff", 8192, [COUNTS[3]], BEHIND


def identity_of(raw):
    start = 8 + struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:start])
    fields = [b"quaver identity 1", header.pop("__metadata__")["config"].encode()]
    for name, tensor in sorted(header.items()):
        begin, end = tensor["data_offsets"]
        fields += [name.encode(), tensor["dtype"].encode(), struct.pack("<%dQ" % len(tensor["shape"]), *tensor["shape"]),
                   raw[start + begin:start + end]]
    return hashlib.sha256(b"".join(struct.pack("<Q", len(field)) + field for field in fields)).hexdigest().encode()


def refused_weights():
    """Changes to tiny.safetensors: (name, what, [(offset, bytes)], length, error)."""
    raw = read("tiny.safetensors")
    length = len(raw)
    start = 8 + struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:start])

    def place(text):
        return raw.index(text) + len(text)

    def tensor(name):
        return start + header[name]["data_offsets"][0]

    def with_identity(offset, data):
        new = identity_of(raw[:offset] + data + raw[offset + len(data):])
        return [(offset, data), (place(b'"identity":"'), new)]

    yield "cut-in-length", "7 bytes", [], 7, "cut"
    yield "cut-in-header", "ends inside the header", [], 100, "cut"
    yield "cut", "the last byte is missing", [], length - 1, "cut"
    yield "header-length", "the header claims 2^20 + 1 bytes", [(0, struct.pack("<Q", 2**20 + 1))], length, "header"
    yield "header-begin", "the header does not begin with {", [(8, b"[")], length, "header"
    yield "format", "another format", [(place(b'"format":"'), b"quaves")], length, "format"
    yield "version", "version 9", [(place(b'"format_version":"'), b"9")], length, "version"
    yield "weight", "one bit of a weight is wrong", [(tensor("decoder.in.weight"), bytes([raw[tensor("decoder.in.weight")] ^ 1]))], \
        length, "identity"
    yield "identity", "another identity", [(place(b'"identity":"'), b"0000")], length, "identity"
    first = struct.unpack_from("<HH", raw, tensor("entropy.frequencies"))
    larger = struct.pack("<H", first[0] + 1)
    yield "table-sum", "a table sums to 32769", with_identity(tensor("entropy.frequencies"), larger), length, "tables"
    zero = struct.pack("<HH", 0, first[0] + first[1])
    yield "table-zero", "a table has a frequency of zero", with_identity(tensor("entropy.frequencies"), zero), length, "tables"
    nan = struct.pack("<f", float("nan"))
    yield "not-finite", "a bias is not a number", with_identity(tensor("decoder.in.bias"), nan), length, "not finite"


def write_stream(name, data):
    path = "streams/%s.qvr" % name
    os.makedirs(os.path.join(HERE, "streams"), exist_ok=True)
    with open(os.path.join(HERE, path), "wb") as file:
        file.write(data)
    return path


def entries():
    for name, defaults in (("steady", (25, 4)), ("varied", DEFAULTS)):
        yield {"kind": "clip", "name": name, "input": "input.flac", "packets": name + ".packets", "tokens": name + ".npy",
               "qvr": name + ".qvr", "sound": name + ".flac", "defaults": defaults, "pre_skip": PRE_SKIP, "samples": SAMPLES,
               "max_sample_error": 0.001, "min_equal_tokens": 0.999}
    yield {"kind": "payloads", "name": "rtp", "file": "rtp/payloads.json"}
    for name, what in MODELS:
        base = "models/" + name
        weights = base + ".safetensors"
        yield {"kind": "tokens", "name": name, "what": what, "weights": weights, "identity": identity_of(read(weights)).decode(),
               "packets": base + ".packets", "tokens": base + ".npy", "defaults": (4, 2)}
    for name, what, packet, length, frames, error in packets():
        yield {"kind": "packet", "name": name, "what": what, "packet": packet.hex(), "length": length, "defaults": DEFAULTS,
               "of": "varied", "rows": frames, "error": error, "goes_on": True}
    for damaged, streams in ((False, good_streams()), (True, damaged_streams())):
        for name, what, data, of_varied, samples in streams:
            yield {"kind": "stream", "name": name, "what": what, "file": write_stream(name, data), "of": "varied",
                   "rows": [part for part in of_varied if part and (isinstance(part, int) or part[0] < part[1])],
                   "samples": samples, "damaged": damaged}
    for name, what, data, error in refused_streams():
        yield {"kind": "refused stream", "name": name, "what": what, "file": write_stream("refused-" + name, data), "error": error,
               "goes_on": False}
    for name, what, changes, length, error in refused_weights():
        yield {"kind": "refused weights", "name": name, "what": what, "of": "tiny.safetensors",
               "replace": [[offset, data.hex()] for offset, data in changes], "length": length, "error": error,
               "goes_on": False}


def main():
    model = {"file": "tiny.safetensors", "config": "tiny.json", "identity": identity_of(read("tiny.safetensors")).decode()}
    lines = ",\n".join("  " + json.dumps(entry) for entry in entries())
    with open(os.path.join(HERE, "index.json"), "w", encoding="ascii") as file:
        file.write('{"index": 1,\n "model": %s,\n "vectors": [\n%s\n]}\n' % (json.dumps(model), lines))


if __name__ == "__main__":
    main()
