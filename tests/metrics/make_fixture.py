#!/usr/bin/env python3
"""Writes pystoi.json: reference figures for the metrics, from pystoi and NumPy, on the clips of samples/.

usage: python3 tests/metrics/make_fixture.py        (needs numpy, soundfile, pystoi)

The damage done to the clips is plain arithmetic, which tests/metrics/damage.h repeats.
"""
import json
import pathlib

import numpy as np
import pystoi
import soundfile

HERE = pathlib.Path(__file__).resolve().parent
SAMPLES = HERE.parent.parent / "samples"


def quantised(x):
    return np.floor(x * 16 + 0.5) / 16


def echo(x):
    y = x.copy()
    for i in range(800, len(y)):
        y[i] += 0.5 * y[i - 800]
    return y


def noisy(x):
    state, noise = 1, np.empty(len(x))
    for i in range(len(x)):
        state = (1664525 * state + 1013904223) % 2**32
        noise[i] = (state >> 8) / 2**23 - 1
    return x + noise * np.sqrt(np.sum(x**2) / np.sum(noise**2) / 10)


def lowpass(x):
    padded = np.pad(x, 2)
    return sum(padded[i : i + len(x)] for i in range(5)) / 5


def mel_bank(rate=16000, n_fft=1024, bands=80):
    def mel(f):
        return 2595 * np.log10(1 + f / 700)

    p = 700 * (10 ** (np.linspace(mel(0), mel(rate / 2), bands + 2) / 2595) - 1)
    f = np.linspace(0, rate / 2, n_fft // 2 + 1)
    return np.stack(
        [np.maximum(0, np.minimum((f - a) / (b - a), (c - f) / (c - b))) for a, b, c in zip(p, p[1:], p[2:])]
    )


BANK = mel_bank()


def log_mel(x):
    frames = np.stack([x[i : i + 1024] * np.hanning(1024) for i in range(0, len(x) - 1024, 256)])
    return 10 * np.log10(np.maximum((np.abs(np.fft.rfft(frames)) ** 2) @ BANK.T, 1e-6))


def si_sdr(r, d):
    target = np.dot(d, r) / (np.dot(r, r) + 1e-9) * r
    return 10 * np.log10(np.sum(target**2) / (np.sum((d - target) ** 2) + 1e-9))


def estoi(x, y):
    # pystoi adds random noise at the level of rounding, which decides where a band is digital silence.
    return np.mean([pystoi.stoi(x, y, 16000, extended=True) for _ in range(8)])


def main():
    np.random.seed(1)
    rows = []
    for path in sorted(SAMPLES.glob("*.flac")):
        x, rate = soundfile.read(path)
        assert rate == 16000 and x.ndim == 1, path
        for damage in (quantised, echo, noisy, lowpass):
            y = damage(x).astype(np.float32).astype(np.float64)
            rows.append(
                {
                    "clip": path.name,
                    "damage": damage.__name__,
                    "estoi": float(estoi(x, y)),
                    "log_mel_db": float(np.mean(np.abs(log_mel(x) - log_mel(y)))),
                    "si_sdr_db": float(si_sdr(x, y)),
                }
            )
            print(rows[-1])
    (HERE / "pystoi.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


main()
