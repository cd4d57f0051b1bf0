#!/usr/bin/env python3
"""Takes packets out of token files, as a channel would: their rows become 65535, which `quaver decode` conceals.

usage: lose_packets.py OUT_DIR IN.npy... [--rate 0.1] [--frames 1] [--seed 1]

  --rate    share of packets lost, each by itself
  --frames  frames of 20 ms a packet

    quaver encode clips/*.flac -o tokens/ --format npy --bitrate 3k
    scripts/lose_packets.py lossy tokens/*.npy --rate 0.1
    quaver decode lossy/*.npy -o heard/
    quaver evaluate clips heard
"""
import argparse
import os

import numpy as np


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("tokens", nargs="+")
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--frames", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    random = np.random.default_rng(options.seed)
    lost = total = 0
    for path in options.tokens:
        tokens = np.load(path)
        for first in range(0, len(tokens), options.frames):
            total += 1
            if random.random() < options.rate:
                lost += 1
                tokens[first : first + options.frames] = 65535
        np.save(os.path.join(options.out, os.path.basename(path)), tokens)
    print(f"{lost} of {total} packets lost")


main()
