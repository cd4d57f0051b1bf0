#!/usr/bin/env python3
"""Writes praat.json: pitch by Praat and frozen noise by SciPy, on two clips of samples/ and what damage makes of them.

usage: python3 tests/metrics/make_praat_fixture.py        (needs numpy, scipy, soundfile, praat-parselmouth)
"""
import json

import numpy as np
import parselmouth
from fixture_damage import HERE, SAMPLES, damaged, echo, lowpass, noisy, read_clip
from scipy.signal import butter, sosfiltfilt

CLIPS = ("en-vctk-p228.flac", "fr-common-voice-3.flac")


def track(x):
    pitch = parselmouth.Sound(x, 16000).to_pitch_ac(time_step=0.01, pitch_floor=60, pitch_ceiling=500)
    return pitch.selected_array["frequency"]


def frozen(x, pitch):
    found = []
    for low, high in ((2000, 4000), (4000, 6000)):
        y = sosfiltfilt(butter(6, [low / 8000, high / 8000], "band", output="sos"), x)
        places = range(0, len(y) - 640, 320)
        energy = np.array([np.mean(y[i : i + 640] ** 2) for i in places])
        for i, e in zip(places, energy):
            t = (i + 320) // 160
            if e < energy.max() * 1e-3 or (pitch[max(0, t - 4) : t + 2] > 0).any():
                continue
            a, b = y[i : i + 320], y[i + 320 : i + 640]
            found.append(np.dot(a, b) / np.sqrt(np.dot(a, a) * np.dot(b, b) + 1e-12))
    return float(np.mean(found))


def compare(x, y, damage):
    p, q = track(x), track(y)
    both = (p > 0) & (q > 0)
    cents = np.abs(1200 * np.log2(q[both] / p[both]))
    n = len(x) // 1600
    a, b = ((z[: n * 1600].reshape(n, -1) ** 2).mean(1) for z in (x, y))
    loud = a > a.max() * 1e-3
    return {
        "damage": damage,
        "cents": float(np.median(cents)),
        "gross": float(np.mean(cents > 1200 * np.log2(1.2))),
        "voicing_error": float(np.mean((p > 0) != (q > 0))),
        "frozen_noise": frozen(y, p),
        "level_db": float(np.mean(10 * np.log10((b[loud] + 1e-9) / (a[loud] + 1e-9)))),
    }


def main():
    clips = []
    for name in CLIPS:
        x = read_clip(SAMPLES / name)
        compared = [compare(x, damaged(x, d), d.__name__) for d in (echo, noisy, lowpass)]
        clips.append({"clip": name, "hertz": [round(float(f), 2) for f in track(x)], "damaged": compared})
    praat = f"{parselmouth.PRAAT_VERSION} ({parselmouth.PRAAT_VERSION_DATE})"
    text = ",\n".join(json.dumps(clip) for clip in clips)
    (HERE / "praat.json").write_text(f'{{"praat": "{praat}", "clips": [\n{text}\n]}}\n')


main()
