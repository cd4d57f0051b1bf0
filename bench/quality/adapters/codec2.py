"""Codec 2, which works at 8 kHz: down before it and up behind it."""

import subprocess

import numpy
import scipy.signal
import soundfile

from .base import RATE, Codec


class Codec2(Codec):
    def __init__(self, spec, mode, programs):
        super().__init__(spec, f"Codec 2 {mode} (8 kHz)")
        self.mode = mode

    def run(self, wav, out, number):
        raw, bits, decoded = (out.with_suffix(end) for end in (".raw", ".c2", ".8k"))
        samples, _ = soundfile.read(wav)
        narrow = numpy.clip(scipy.signal.resample_poly(samples, 1, 2) * 32768, -32768, 32767)
        raw.write_bytes(narrow.astype("<i2").tobytes())
        self.encoding.run(["c2enc", self.mode, raw, bits], stdout=subprocess.DEVNULL)
        self.decoding.run(["c2dec", self.mode, bits, decoded], stdout=subprocess.DEVNULL)
        wide = scipy.signal.resample_poly(numpy.fromfile(decoded, "<i2") / 32768, 2, 1)
        soundfile.write(out, numpy.clip(wide, -1, 1), RATE, subtype="PCM_16")
        return bits.stat().st_size
