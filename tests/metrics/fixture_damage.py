"""What the fixtures do to clean speech: plain arithmetic, which tests/metrics/damage.h repeats."""
import pathlib

import numpy as np
import soundfile

HERE = pathlib.Path(__file__).resolve().parent
SAMPLES = HERE.parent.parent / "samples"


def read_clip(path):
    x, rate = soundfile.read(path)
    assert rate == 16000 and x.ndim == 1, path
    return x


def damaged(x, damage):
    """The clip after one of the functions below, in the precision of a float, as the tests have it."""
    return damage(x).astype(np.float32).astype(np.float64)


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
