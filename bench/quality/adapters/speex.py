"""Speex, wideband."""

import subprocess

from . import ogg
from .base import Codec


class Speex(Codec):
    def __init__(self, spec, quality, programs):
        super().__init__(spec, f"Speex wideband, quality {quality}")
        self.quality = quality

    def run(self, wav, out, number):
        bits = out.with_suffix(".spx")
        self.encoding.run(["speexenc", "--quality", self.quality, "-w", wav, bits], stdout=subprocess.DEVNULL)
        self.decoding.run(["speexdec", bits, out], stdout=subprocess.DEVNULL)
        return ogg.payload(bits)
