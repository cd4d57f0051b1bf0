#!/usr/bin/env python3
"""Writes pystoi.json: reference figures for the metrics, from pystoi and NumPy, on the clips of samples/.

usage: python3 tests/metrics/make_fixture.py        (needs numpy, soundfile, pystoi)
"""
import json

import numpy as np
import pystoi
from fixture_damage import HERE, SAMPLES, damaged, echo, lowpass, noisy, quantised, read_clip


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
        x = read_clip(path)
        for damage in (quantised, echo, noisy, lowpass):
            y = damaged(x, damage)
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
