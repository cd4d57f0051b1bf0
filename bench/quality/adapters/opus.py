"""Opus: opusenc and opusdec; with packets lost through libopus; and the same packets through Opus 1.5's decoder, whose
network NoLACE mends what SILK wrote."""

import pathlib
import subprocess

import soundfile

from . import libopus, ogg
from .base import RATE, Codec, Failed


def encode(usage, bitrate, wav, out):
    usage.run(["opusenc", "--quiet", "--speech", "--bitrate", bitrate, "--framesize", 20, wav, out])


class Opus(Codec):
    def __init__(self, spec, kbps, programs):
        super().__init__(spec, f"Opus --bitrate {kbps}")
        self.bitrate = kbps

    def run(self, wav, out, number):
        if self.loss:
            return self.run_lossy(wav, out, number)
        bits = out.with_suffix(".opus")
        encode(self.encoding, self.bitrate, wav, bits)
        self.decoding.run(["opusdec", "--quiet", "--rate", RATE, bits, out])
        return ogg.payload(bits)

    def run_lossy(self, wav, out, number):
        samples, _ = soundfile.read(wav, dtype="int16")
        try:
            packets, ahead = libopus.encode(samples, round(1000 * float(self.bitrate)))
            decoded = libopus.decode(packets, self.loss.trace(len(packets), number))
        except libopus.OpusError as error:
            raise Failed(f"{self.spec}: {error}") from error
        soundfile.write(out, decoded[ahead:ahead + len(samples)], RATE, subtype="PCM_16")
        return sum(map(len, packets))


class OpusNolace(Codec):
    whole_folder = True

    def __init__(self, spec, kbps, programs):
        super().__init__(spec, f"Opus 1.5 NoLACE --bitrate {kbps}")
        self.bitrate = kbps
        if not programs.npm or not (programs.npm / "node_modules/@wasm-audio-decoders/opus-ml").is_dir():
            raise Failed(f"{spec}: no @wasm-audio-decoders/opus-ml: `npm install @wasm-audio-decoders/opus-ml` in a folder, "
                         "and name that folder by --npm")
        self.npm = programs.npm.resolve()

    def run(self, wavs, folder, number):
        payload = 0
        for wav in sorted(wavs.glob("*.wav")):
            bits = folder / f"{wav.stem}.opus"
            encode(self.encoding, self.bitrate, wav, bits)
            payload += ogg.payload(bits)
        script = pathlib.Path(__file__).with_name("nolace.mjs")
        self.decoding.run(["node", script, self.npm, folder.resolve(), folder.resolve()], stdout=subprocess.DEVNULL)
        return payload
