"""Lyra v2 from the published weights of google/lyra 1.3: lyra_folder.py as a program."""

import pathlib
import subprocess
import sys

import soundfile

from .base import Codec, Failed
from .lyra_folder import FRAME, MODELS

QUANTISERS = {"3.2": 16, "6": 30, "6.0": 30, "9.2": 46}
BITS = 4  # of a quantiser's index


class Lyra(Codec):
    whole_folder = True

    def __init__(self, spec, kbps, programs):
        if kbps not in QUANTISERS:
            raise Failed(f"{spec}: Lyra v2 knows 3.2, 6.0 and 9.2 kbit/s")
        super().__init__(spec, f"Lyra v2 {float(kbps)}", float(kbps))
        missing = [m for m in MODELS if not programs.lyra or not (programs.lyra / f"{m}.tflite").is_file()]
        if missing:
            raise Failed(f"{spec}: no {missing[0]}.tflite: name the folder of Lyra's three .tflite files by --lyra")
        self.weights, self.quantisers = programs.lyra, QUANTISERS[kbps]

    def run(self, wavs, folder, number):
        script = pathlib.Path(__file__).with_name("lyra_folder.py")
        self.encoding.run([sys.executable, script, self.weights, self.quantisers, wavs, folder], stdout=subprocess.DEVNULL)
        frames = sum(soundfile.info(folder / wav.name).frames // FRAME for wav in wavs.glob("*.wav"))
        return frames * self.quantisers * BITS // 8
