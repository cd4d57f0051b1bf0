#!/usr/bin/env python3
"""Makes the seed corpora of the fuzz targets out of what the repository has: seeds.py OUT [TARGET...]

OUT/TARGET/ gets small files that reach far: conformance vectors, the small model, arrays of tokens, headers of sound files, and what
fuzzers made of them (corpora/TARGET.tar.xz). Standard library only.
"""

import json
import pathlib
import random
import struct
import sys
import tarfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
VECTORS = ROOT / "tests" / "conformance"
TOKENS = [[(37 * frame + 11 * group) % 1000 for group in range(4)] for frame in range(6)]


def packets():
    for name in ("steady", "varied"):
        for line in (VECTORS / f"{name}.packets").read_text().split()[:40]:
            yield bytes.fromhex(line)


def safetensors(tensors, metadata=None):
    """`tensors`: name -> (dtype, shape, bytes)."""
    header, data = ({"__metadata__": metadata} if metadata else {}), b""
    for name, (dtype, shape, content) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def npy(kind, shape, content):
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header = header.ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + content


def api():
    chance = random.Random(1)
    for length in (40, 200, 600, 1500):
        for _ in range(6):
            yield bytes(chance.randrange(256) for _ in range(length))


def config():
    for path in [VECTORS / "tiny.json", *sorted((ROOT / "models").glob("*.json"))]:
        yield json.dumps(json.loads(path.read_text())["model"]).encode()


def data():
    lines = [{"path": "a/one.flac", "offset": 1.5, "duration": 3.25, "speaker": "anna"}, {"path": "b.mp3"}]
    yield b"\0" + "\n".join(map(json.dumps, lines)).encode()
    about = {"format": "quaver-shard-1", "sample_rate": "16000", "speakers": '["anna"]', "speaker_of": "[0, -1, 0]"}
    shards = []
    for part in "ab":
        shards.append(safetensors({f"{part}{i}.flac": ("I16", [10 * i], bytes(20 * i)) for i in range(3)}, about))
        yield b"\1" + shards[-1]
    for second in shards:  # the other, or the same clips again
        for parts in (0, 1):
            yield struct.pack("<BBH", 3, parts, len(shards[0])) + shards[0] + second


def files(seed):
    for name in ("steady", "varied"):
        for kind in (b"\0", b"\1"):
            yield kind + (VECTORS / f"{name}.qvr").read_bytes()
    chance = random.Random(seed)
    for length in (20, 60, 200, 600):
        yield b"\2" + bytes(chance.randrange(256) for _ in range(length))


def decoder():
    for content in files(4):
        for how in (0, 8 + 16 + 64, 8 + 32 + 64):
            yield bytes([how]) + struct.pack("<HH", 8000 if how & 16 else 0, 4000) + content


def differential():
    chance = random.Random(2)
    for vectors in (0, 1):
        for frames in (0, 2, 5):  # one more than the number
            yield bytes([vectors, 1, 2, 0, frames]) + bytes(chance.randrange(256) for _ in range(16 + 640 * (frames + 1)))


def packet():
    for content in packets():
        for model in (b"\0", b"\1", b"\4"):
            yield model + b"\x18\4" + content


def qvr():
    for content in files(5):
        yield b"\0\2\0\1" + content


def rtp():
    known = json.loads((VECTORS / "rtp" / "payloads.json").read_text())
    for entry in known["payloads"] + known["refused"]:
        yield bytes.fromhex(entry["payload"])


def ogg(packets, serial):
    """Pages of Ogg (RFC 3533), a packet each, without checksums."""
    for number, (content, granule) in enumerate(packets):
        lacing = bytes([255] * (len(content) // 255) + [len(content) % 255])
        flags = (2 if number == 0 else 0) | (4 if number == len(packets) - 1 else 0)
        yield b"OggS\0" + struct.pack("<BqIIIB", flags, granule, serial, number, 0, len(lacing)) + lacing + content


def comments(*tags):
    listed = b"".join(struct.pack("<I", len(tag)) + tag for tag in tags)
    return struct.pack("<I", 5) + b"maker" + struct.pack("<I", len(tags)) + listed


def opus(serial):
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 312, 48000, 0, 0)
    tags = b"OpusTags" + comments(b"TITLE=one", b"language=de")
    silence = [(b"\xf8\xff\xfe", 960 * (i + 1)) for i in range(3)]
    return b"".join(ogg([(head, 0), (tags, 0), *silence], serial))


def flac():
    listed = comments(b"ARTIST=two", b"artist=three")
    block = struct.pack(">I", 4 << 24 | len(listed)) + listed
    whole = (ROOT / "samples" / "en-vctk-p228.flac").read_bytes()
    # fLaC and the block that says what the sound is like, which is then not the last one.
    return whole[:4] + bytes([whole[4] & 0x7F]) + whole[5:42] + block + struct.pack(">I", 0x81 << 24 | 20) + bytes(20)


def mpeg():
    text = b"TIT2" + struct.pack(">IH", 4, 0) + b"\0one" + b"TXXX" + struct.pack(">IH", 9, 0) + b"\0name\0two"
    silence = b"\xff\xfb\x90\xc4" + bytes(413)  # MPEG 1 layer III, 128 kbit/s, 44100 Hz, mono
    info = bytearray(silence)
    info[21:21 + 12] = b"Xing" + struct.pack(">II", 1, 3)
    return b"ID3\3\0\0" + bytes([0, 0, 0, len(text)]) + text + bytes(info) + 3 * silence + b"TAG" + b"three".ljust(125, b"\0")


def sound():
    for content in (opus(1) + opus(2), mpeg()):
        yield b"\2" + content
        yield b"\3" + content
    yield b"\2" + flac()
    samples = struct.pack("<200h", *range(200))
    fmt = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 16000, 32000, 2, 16)
    listed = b"LIST" + struct.pack("<I", 16) + b"INFOINAM" + struct.pack("<I", 4) + b"abc\0"
    for length in (len(samples), 0, 0xFFFFFFFF, 0x7FFFF000):
        wav = b"WAVE" + fmt + listed + b"data" + struct.pack("<I", length) + samples
        for start in (b"\0", b"\1"):
            yield start + b"RIFF" + struct.pack("<I", min(len(wav), length + 100)) + wav
            yield start + b"RF64" + struct.pack("<I", 0xFFFFFFFF) + b"WAVEds64" + struct.pack("<IQQQI", 28, len(wav), length, 200, 0) + wav[4:]
    au = struct.pack(">4sIIIII", b".snd", 24, len(samples), 3, 16000, 1)
    comm = b"COMM" + struct.pack(">IhIh", 18, 1, 200, 16) + b"\x40\x0c\xfa\0\0\0\0\0\0\0"
    ssnd = b"SSND" + struct.pack(">III", 8 + len(samples), 0, 0) + samples
    caf = b"caff\0\1\0\0desc" + struct.pack(">Qd4sIIIII", 32, 16000.0, b"lpcm", 2, 2, 1, 1, 16)
    caf += b"data" + struct.pack(">Q", 4 + len(samples)) + bytes(4) + samples
    voc = b"Creative Voice File\x1a\x1a\0\x0a\x01\x29\x11\x09" + struct.pack("<I", 12 + len(samples))[:3]
    voc += struct.pack("<IBBHI", 16000, 16, 1, 4, 0) + samples + b"\0"
    nist = b"NIST_1A\n   1024\nsample_count -i 200\nsample_rate -i 16000\nchannel_count -i 1\nsample_n_bytes -i 2\n"
    nist += b"sample_byte_format -s2 01\nsample_sig_bits -i 16\nend_head\n"
    w64 = bytes.fromhex("726966662e91cf11a5d628db04c10000") + struct.pack("<Q", 500) + bytes.fromhex("77617665f3acd3118cd100c04f8edb8a")
    w64 += bytes.fromhex("666d7420f3acd3118cd100c04f8edb8a") + struct.pack("<Q", 40) + fmt[8:]
    w64 += bytes.fromhex("64617461f3acd3118cd100c04f8edb8a") + struct.pack("<Q", 24 + len(samples)) + samples
    for content in (au + samples, b"FORM" + struct.pack(">I", 4 + len(comm) + len(ssnd)) + b"AIFF" + comm + ssnd, caf, voc, nist.ljust(1024) + samples, w64):
        yield b"\0" + content
        yield b"\1" + content
    yield b"\0" + (ROOT / "samples" / "en-vctk-p228.flac").read_bytes()[:3000]


def state():
    chance = random.Random(3)
    for head in (b"\0\0", b"\1\0", b"\1\1", b"\0\1"):
        yield head + bytes(chance.randrange(256) for _ in range(2000))
        yield head + bytes(2000)


def tokens():
    flat = [token for row in TOKENS for token in row]
    for kind, form in (("<u2", "H"), ("<i2", "h"), ("<i4", "i"), (">i4", "i"), ("<i8", "q")):
        content = struct.pack(("<" if kind[0] == "<" else ">") + f"{len(flat)}{form}", *flat)
        for shape in ("(6, 4)", "(1, 6, 4)"):
            yield b"\0" + npy(kind, shape, content)
            yield b"\1" + npy(kind, shape, content)
    yield b"\0" + safetensors({"tokens": ("I16", [6, 4], struct.pack("<24h", *flat))})
    yield b"\0" + safetensors({"tokens": ("I64", [1, 6, 4], struct.pack("<24q", *flat))})
    for start in (b"\0", b"\2"):
        yield start + npy("<u2", "(6, 2)", struct.pack("<12H", 1, 2, 3, 65535, 65535, 65535, *[4] * 6))
    array = npy("<u2", "(6, 4)", struct.pack("<24H", *flat))
    yield b"\0" + zipped("tokens.npy", array)


def zipped(name, content):
    import io
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return out.getvalue()


def weights():
    yield b"\0" + safetensors({}, {"format": "quaver"})
    for kind in (b"\1", b"\2", b"\x11", b"\x12"):
        yield kind
        yield kind + b"\2" + struct.pack("<HB", 100, 3) + b"1234"


def training():
    yield b"{}"
    for path in [VECTORS / "tiny.json", *sorted((ROOT / "models").glob("*.json"))]:
        yield json.dumps(json.loads(path.read_text()).get("training", {})).encode()


def unpack(archive, folder):
    if not archive.exists():
        return
    with tarfile.open(archive) as inputs:
        for member in inputs:
            if member.isfile():
                (folder / pathlib.Path(member.name).name).write_bytes(inputs.extractfile(member).read())


TARGETS = (api, config, data, decoder, differential, packet, qvr, rtp, sound, state, tokens, training, weights)


def main(out, *wanted):
    for target in TARGETS:
        if wanted and target.__name__ not in wanted:
            continue
        folder = pathlib.Path(out) / target.__name__
        folder.mkdir(parents=True, exist_ok=True)
        for number, content in enumerate(target()):
            (folder / f"seed-{number:03}").write_bytes(content)
        unpack(ROOT / "fuzz" / "corpora" / f"{target.__name__}.tar.xz", folder)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__.strip())
    main(*sys.argv[1:])
