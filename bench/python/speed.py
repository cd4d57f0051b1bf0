#!/usr/bin/env python3
"""Speed of the Python package beside the C library, on one core.

    python bench/python/speed.py [--seconds 10] [--rounds 20] [--clips 10000] [--json FILE]

Runs with the Python that has quaver installed, and compiles bench/python/clips.c against the very libraries inside the
package, so that both sides run the same code. Prints how many times faster than real time both encode and decode a
clip, what a call of 20 ms costs beside that of C, and the memory before and after many clips. The rounds of both sides
alternate, the time is that which the core gave to the thread, and the best of each counts, so that a busy machine disturbs
both little and alike.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import tempfile
import time

import numpy as np
import quaver
import soundfile
from quaver._library import ffi, lib

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOKENS = 8


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10, help="length of a clip (default: 10)")
    parser.add_argument("--rounds", type=int, default=20, help="the best of so many counts (default: 20)")
    parser.add_argument("--clips", type=int, default=10000, help="clips of the test of memory (default: 10000)")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file")
    return parser.parse_args()


def speech(seconds):
    whole = np.concatenate([soundfile.read(path, dtype="float32")[0] for path in sorted((ROOT / "samples").glob("*.flac"))])
    return np.resize(whole, int(seconds * 16000))


def compile_peer(folder):
    """clips.c, linked with the libquaver of the package."""
    headers = folder / "include/quaver"
    headers.mkdir(parents=True)
    for name in ("quaver.h", "export.h"):
        text = (ROOT / "codec" / name).read_text().replace('"codec/', '"quaver/')
        (headers / name).write_text(text)
    libraries = pathlib.Path(quaver.__file__).parent / "lib"
    program = folder / "clips"
    subprocess.run(
        [os.environ.get("CC", "cc"), "-O2", f"-I{folder}/include", str(ROOT / "bench/python/clips.c"), "-o", str(program),
         str(libraries / "libquaver.so.1"), f"-Wl,-rpath,{libraries}", "-Wl,--allow-shlib-undefined"],
        check=True,
    )  # fmt: skip
    return program


def best(call, rounds=1):
    times = []
    for _ in range(rounds):
        start = time.thread_time()
        call()
        times.append(time.thread_time() - start)
    return min(times)


def compare_clips(model, clip, rounds):
    """Seconds of (encode, decode) for C and Python."""
    tokens = model.encode(clip, 16000, n_q=TOKENS)
    theirs, ours = [1e9, 1e9], [1e9, 1e9]
    with tempfile.TemporaryDirectory() as folder:
        program = compile_peer(pathlib.Path(folder))
        for _ in range(rounds):
            peer = subprocess.run([program, str(TOKENS), "3"], input=clip.tobytes(), check=True, capture_output=True)
            theirs = [min(pair) for pair in zip(theirs, map(float, peer.stdout.split()))]
            found = (
                best(lambda: model.encode(clip, 16000, n_q=TOKENS, threads=1), 3),
                best(lambda: model.decode(tokens, threads=1), 3),
            )
            ours = [min(pair) for pair in zip(ours, found)]
    return theirs, ours


def push_overhead(model, clip, rounds):
    """Microseconds of push() of 20 ms, and of the same call in C made directly through cffi without a line of Python
    around it, which costs about a microsecond itself."""
    chunk = np.ascontiguousarray(clip[:320])
    tokens = model.encode(clip, 16000, n_q=TOKENS)[:1]
    pointer, row = ffi.from_buffer("float[]", chunk), ffi.new("uint16_t[]", TOKENS)
    sound, codes = ffi.new("float[]", 320), ffi.from_buffer("uint16_t[]", tokens)
    count = 20

    def repeat(call):
        def run():
            for _ in range(count):
                call()

        return best(run, 20 * rounds) / count * 1e6

    with model.encoder(n_q=TOKENS, live=True) as enc, model.decoder(live=True) as dec:
        encoder, decoder = enc._handle, dec._handle
        return {
            "encoder_push": repeat(lambda: enc.push(chunk)),
            "encoder_c": repeat(lambda: lib.quaver_encode(encoder, pointer, 320, TOKENS, row, TOKENS)),
            "decoder_push": repeat(lambda: dec.push(tokens)),
            "decoder_c": repeat(lambda: lib.quaver_decode(decoder, codes, 1, TOKENS, sound, 320)),
        }


def resident():
    """MiB of this process now."""
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def memory(model, clips):
    """MiB after a hundredth of the clips and after all; each clip is short, of another length, and goes there and back."""
    whole = speech(1)
    random = np.random.default_rng(0)
    first = 0.0
    for number in range(clips):
        clip = whole[: random.integers(320, 6400)]
        model.decode(model.encode(clip, 16000, n_q=TOKENS, threads=1), threads=1)
        if number == clips // 100:
            first = resident()
    return first, resident()


def main():
    options = parse()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    model = quaver.Model()
    clip = speech(options.seconds)
    theirs, ours = compare_clips(model, clip, options.rounds)
    figures = {"seconds": options.seconds, "tokens": TOKENS}
    print(f"clips of {options.seconds:g} s, {TOKENS} tokens a frame, one core   C library    Python    share")
    for what, c, python in zip(("encode", "decode"), theirs, ours):
        rates = options.seconds / c, options.seconds / python
        figures[what] = {"c": rates[0], "python": rates[1], "share": rates[1] / rates[0]}
        print(f"  {what:53s} {rates[0]:8.1f} x {rates[1]:8.1f} x {rates[1] / rates[0]:8.3f}")
    push = figures["push_us"] = push_overhead(model, clip, options.rounds)
    print("push of 20 ms, in microseconds                             C call      push  overhead")
    for what in ("encoder", "decoder"):
        c, python = push[f"{what}_c"], push[f"{what}_push"]
        print(f"  {what:53s} {c:10.1f} {python:9.1f} {python - c:9.1f}")
    if options.clips:
        first, last = memory(model, options.clips)
        figures["memory_mib"] = {"clips": options.clips, "after_a_hundredth": first, "after_all": last}
        print(f"resident memory over {options.clips} clips: {first:.1f} MiB after a hundredth, {last:.1f} MiB after all")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
