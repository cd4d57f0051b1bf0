#!/usr/bin/env python3
"""Delay of a pipeline `quaver encode - -o - | quaver decode - -o -` that is fed in real time.

    bench/pipe_latency.py build/release/bin/quaver [--seconds 20] [--chunk 20] [--rate 16000] [ENCODE OPTIONS ...]

Sound goes in by chunks, each at the time at which its last sample would have been recorded. A sample's delay is the time from
its own recording until it comes out of the pipeline; it contains the chunk, the codec's frame of 20 ms, packets and pages. The
start (programs, model) is told apart: figures are of the sound after the first two seconds."""
import argparse
import bisect
import math
import os
import statistics
import struct
import subprocess
import sys
import threading
import time

SETTLED = 2.0  # seconds


def wav_header(rate):
    endless = 0xFFFFFFFF
    return (b"RIFF" + struct.pack("<I", endless) + b"WAVEfmt " +
            struct.pack("<IHHIIHH", 16, 1, 1, rate, 2 * rate, 2, 16) + b"data" + struct.pack("<I", endless))


def tone(rate, seconds):
    """A voice is not needed for a delay: a tone that wobbles."""
    return b"".join(struct.pack("<h", int(8000 * math.sin(i * (0.05 + 0.02 * math.sin(i / rate)))))
                    for i in range(int(rate * seconds)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("quaver")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--chunk", type=float, default=20, help="ms")
    parser.add_argument("--rate", type=int, default=16000, help="Hz")
    options, encode = parser.parse_known_args()
    sound = tone(options.rate, options.seconds)

    encoder = subprocess.Popen([options.quaver, "encode", "-", "-o", "-", *encode], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    decoder = subprocess.Popen([options.quaver, "decode", "-", "-o", "-"], stdin=encoder.stdout,
                               stdout=subprocess.PIPE)
    encoder.stdout.close()
    start = time.monotonic()
    arrivals = []  # (samples out so far, time)

    def take():
        total = -len(wav_header(options.rate))
        while block := os.read(decoder.stdout.fileno(), 1 << 16):
            total += len(block)
            arrivals.append((total // 2, time.monotonic() - start))

    taker = threading.Thread(target=take)
    taker.start()
    feed = encoder.stdin.fileno()
    os.write(feed, wav_header(options.rate))
    step = int(options.rate * options.chunk / 1000)
    for begin in range(0, len(sound) // 2, step):
        due = start + (begin + step) / options.rate
        time.sleep(max(0.0, due - time.monotonic()))
        os.write(feed, sound[2 * begin:2 * (begin + step)])
    encoder.stdin.close()
    taker.join()
    if encoder.wait() != 0 or decoder.wait() != 0:
        sys.exit("the pipeline failed")

    counts = [count for count, _ in arrivals]
    first = next(when for count, when in arrivals if count > 0)
    delays = []  # ms, of a sample in each millisecond
    for ms in range(int(1000 * SETTLED), int(1000 * options.seconds) - 1000):
        sample = ms * options.rate // 1000
        delays.append(1000 * arrivals[bisect.bisect_right(counts, sample)][1] - ms)
    delays.sort()
    print(f"{' '.join(encode) or 'defaults'}: first sound after {first:.2f} s; delay of a sample: "
          f"p50 {statistics.median(delays):.0f} ms, p95 {delays[len(delays) * 95 // 100]:.0f} ms, "
          f"worst {delays[-1]:.0f} ms")


if __name__ == "__main__":
    main()
