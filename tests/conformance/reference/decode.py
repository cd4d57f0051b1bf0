"""Decodes .qvr files and packets to tokens: an implementation of docs/reference/bitstream.md without Quaver."""
import argparse
import json
import struct
import sys

from entropy_model import EntropyModel
from packet import decode_packet, packet_frames
from qvr import QvrFile
from weights import Weights


def read_events(model, defaults, events):
    """Packets become tokens [frames][n_q], or {"refused": frames}; a number of lost frames stays."""
    for event in events:
        tokens = event if isinstance(event, int) else decode_packet(model, defaults, event)
        yield {"refused": packet_frames(defaults, event)} if tokens is None else tokens


def write_npy(path, frames, width):
    header = "{'descr': '<u2', 'fortran_order': False, 'shape': (%d, %d), }" % (len(frames), width)
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        for frame in frames:
            file.write(struct.pack("<%dH" % width, *frame, *[65535] * (width - len(frame))))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="weights file")
    parser.add_argument("input", help=".qvr file, or a file of packets in hexadecimal, one a line")
    parser.add_argument("--packets", metavar="FRAMES,N_Q", help="the input is packets, for these defaults")
    parser.add_argument("-o", "--out", metavar="FILE.npy", help="also writes the tokens as an array")
    args = parser.parse_args()
    with open(args.model, "rb") as file:
        weights = Weights(file.read())
    model = EntropyModel(weights)
    with open(args.input, "rb") as file:
        data = file.read()
    qvr = None if args.packets else QvrFile(data)
    if qvr and qvr.header.identity != weights.identity:
        raise ValueError("the file belongs to another model: " + qvr.header.identity.hex())
    defaults = qvr.header.defaults if qvr else tuple(map(int, args.packets.split(",")))
    frames = []
    for event in read_events(model, defaults, qvr.events() if qvr else map(bytes.fromhex, data.decode().splitlines())):
        print(json.dumps(event))
        frames += event if isinstance(event, list) else [[]] * (event if isinstance(event, int) else event["refused"])
    if qvr:
        print(json.dumps({"damaged": qvr.damaged, "frames": len(frames), "samples": qvr.samples,
                          "defaults": defaults, "pre_skip": qvr.header.pre_skip}))
    if args.out:
        write_npy(args.out, frames, model.groups)


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, struct.error) as error:
        sys.exit("decode.py: %s" % error)
