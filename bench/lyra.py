#!/usr/bin/env python3
"""How long Lyra v2 takes for a frame of 20 ms, on one thread.

    bench/lyra.py WEIGHTS [--speech DIR] [--quantizers 46] [--json FILE]

WEIGHTS is a folder with the published models of google/lyra (version 1.3): soundstream_encoder.tflite,
quantizer.tflite, lyragan.tflite. They are run by LiteRT's interpreter with XNNPACK and one thread (PyPI:
ai-edge-litert, numpy, soundfile), each frame on its own, as a call would. "encode" is encoder and quantizer, "decode"
quantizer and decoder. Only the runs of the models count, with the copies of tensors in and out; Python's own part of
them is shown as "overhead" and is a few microseconds.
"""

import argparse
import json
import pathlib
import sys
import time

import numpy as np
import soundfile
from ai_edge_litert.interpreter import Interpreter

FRAME = 320
MODELS = ("soundstream_encoder", "quantizer", "lyragan")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=pathlib.Path, help="folder of the three .tflite files")
    parser.add_argument("--speech", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent / "samples",
                        help="folder of 16 kHz mono files (default: the samples)")
    parser.add_argument("--quantizers", type=int, default=46, choices=(16, 30, 46),
                        help="3.2, 6.0 or 9.2 kbit/s (default: 46)")
    parser.add_argument("--repetitions", type=int, default=5, help="passes over the speech (default: 5)")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file")
    return parser.parse_args()


def load_speech(folder):
    clips = []
    for path in sorted(folder.glob("*.flac")) + sorted(folder.glob("*.wav")):
        samples, rate = soundfile.read(path, dtype="float32")
        if rate != 16000 or samples.ndim != 1:
            sys.exit(f"{path}: not 16 kHz mono")
        clips.append(samples)
    if not clips:
        sys.exit(f"{folder}: no .flac or .wav files")
    speech = np.concatenate(clips)
    return speech[: len(speech) // FRAME * FRAME].reshape(-1, 1, FRAME)


class Plain:
    """A model with one input and one output."""

    def __init__(self, path):
        self.interpreter = Interpreter(str(path), num_threads=1)
        self.interpreter.allocate_tensors()
        self.input = self.interpreter.get_input_details()[0]["index"]
        self.output = self.interpreter.get_output_details()[0]["index"]

    def __call__(self, value):
        self.interpreter.set_tensor(self.input, value)
        self.interpreter.invoke()
        return self.interpreter.get_tensor(self.output)

    def overhead(self, value):
        """Seconds of the copies alone."""
        start = time.perf_counter()
        self.interpreter.set_tensor(self.input, value)
        self.interpreter.get_tensor(self.output)
        return time.perf_counter() - start


class Lyra:
    """One stream in both directions."""

    def __init__(self, folder, quantizers):
        self.encoder = Plain(folder / "soundstream_encoder.tflite")
        self.decoder = Plain(folder / "lyragan.tflite")
        self.quantizer = Interpreter(str(folder / "quantizer.tflite"), num_threads=1)
        self.quantise = self.quantizer.get_signature_runner("encode")
        self.dequantise = self.quantizer.get_signature_runner("decode")
        self.quantizers = np.int32(quantizers)

    def encode(self, samples):
        """-> indices, and the seconds of the network and of the quantizer."""
        start = time.perf_counter()
        latents = self.encoder(samples)
        middle = time.perf_counter()
        # Lyra's graph returns the indices and the quantised features; the indices are the int32 tensor.
        out = self.quantise(num_quantizers=self.quantizers, input_frames=latents)
        end = time.perf_counter()
        indices = next(value for value in out.values() if value.dtype == np.int32)
        return indices, middle - start, end - middle

    def decode(self, indices):
        start = time.perf_counter()
        latents = self.dequantise(encoding_indices=indices)["output_0"]
        middle = time.perf_counter()
        self.decoder(latents)
        return time.perf_counter() - middle, middle - start


def measure(lyra, speech, repetitions):
    times = {key: [] for key in ("encoder", "quantise", "dequantise", "decoder", "encode", "decode", "both", "overhead")}
    for repetition in range(repetitions + 1):  # the first is not counted
        if repetition == 1:
            times = {key: [] for key in times}
        for frame in speech:
            indices, encoder, quantise = lyra.encode(frame)
            decoder, dequantise = lyra.decode(indices)
            parts = {"encoder": encoder, "quantise": quantise, "dequantise": dequantise, "decoder": decoder,
                     "encode": encoder + quantise, "decode": dequantise + decoder,
                     "both": encoder + quantise + dequantise + decoder, "overhead": lyra.encoder.overhead(frame)}
            for key, seconds in parts.items():
                times[key].append(seconds)
    return times


def summary(seconds):
    seconds = np.sort(seconds)
    return {"p50": float(np.quantile(seconds, 0.5)), "p99": float(np.quantile(seconds, 0.99)),
            "worst": float(seconds[-1])}


def main():
    args = parse()
    for model in MODELS:
        if not (args.weights / f"{model}.tflite").is_file():
            sys.exit(f"{args.weights}: no {model}.tflite in it")
    speech = load_speech(args.speech)
    times = measure(Lyra(args.weights, args.quantizers), speech, args.repetitions)
    results = {key: summary(value) for key, value in times.items()}
    results["frames"] = len(times["both"])
    print(f"Lyra v2, one thread, {args.quantizers} quantizers, {results['frames']} frames of 20 ms; ms: p50, p99, worst")
    for key in times:
        row = results[key]
        print(f"  {key:<12} {row['p50'] * 1e3:8.3f} {row['p99'] * 1e3:8.3f} {row['worst'] * 1e3:8.3f}")
    print(f"  {0.02 / results['both']['p50']:.1f} x real time, encode and decode")
    if args.json:
        args.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
