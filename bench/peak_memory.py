#!/usr/bin/env python3
"""Peak memory of `quaver encode` and `quaver decode` on hours of speech.

    bench/peak_memory.py build/release/bin/quaver [--hours 3] [--json FILE]

The speech (the samples, over and over) goes to `quaver encode -` through a pipe, so no file of that length is needed;
the sound of `quaver decode` goes to a pipe that is read and dropped. Needs Linux and PyPI's soundfile.
"""

import argparse
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import threading
import time

import soundfile

RATE = 16000


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path, help="a quaver built without LibTorch")
    parser.add_argument("--hours", type=float, default=3, help="length of the speech (default: 3)")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file")
    return parser.parse_args()


def load_samples():
    """16-bit PCM of the samples."""
    folder = pathlib.Path(__file__).resolve().parent.parent / "samples"
    return b"".join(soundfile.read(path, dtype="int16")[0].tobytes() for path in sorted(folder.glob("*.flac")))


def feed(pipe, pcm, seconds):
    """Writes a WAV of unknown length, as a recorder does."""
    unknown = 0xFFFFFFFF
    pipe.write(struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", unknown, b"WAVE", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16,
                           b"data", unknown))
    left = int(seconds * RATE) * 2
    while left > 0:
        left -= pipe.write(pcm[:left])
    pipe.close()


def drain(pipe):
    while pipe.read(1 << 20):
        pass


def peak_of(child):
    """Bytes that the program has had at most until now; 0 when it is over. The kernel's count for a child that has
    ended will not do: it begins with this program's own size."""
    try:
        status = pathlib.Path(f"/proc/{child.pid}/status").read_text()
    except ProcessLookupError:
        return 0
    peaks = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(peaks[0]) * 1024 if peaks else 0


def run(words, work):
    """Runs a program while `work` serves its pipes -> seconds and peak bytes."""
    start = time.monotonic()
    child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    thread = threading.Thread(target=work, args=(child,))
    thread.start()
    peak = 0
    while child.poll() is None:
        peak = max(peak, peak_of(child))
        time.sleep(0.02)
    seconds = time.monotonic() - start
    thread.join()
    if child.returncode != 0:
        sys.exit(f"{' '.join(words)}: failed")
    return {"seconds": seconds, "peak_rss": peak}


def main():
    args = parse()
    seconds = args.hours * 3600
    pcm = load_samples()
    program = str(args.program.resolve())
    with tempfile.TemporaryDirectory() as folder:
        coded = str(pathlib.Path(folder) / "long.qvr")
        results = {
            "hours": args.hours,
            "encode": run([program, "encode", "-", "-o", coded, "--quiet"], lambda c: feed(c.stdin, pcm, seconds)),
            "decode": run([program, "decode", coded, "-o", "-", "--quiet"], lambda c: drain(c.stdout)),
        }
    for name in ("encode", "decode"):
        row = results[name]
        print(f"{name} of {args.hours:g} h: peak {row['peak_rss'] / 2**20:.1f} MiB, {row['seconds']:.0f} s, "
              f"{seconds / row['seconds']:.0f} x real time")
    if args.json:
        args.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
