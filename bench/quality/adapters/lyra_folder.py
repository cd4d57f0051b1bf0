#!/usr/bin/env python3
"""Sends every WAV file of a folder (16 kHz, mono) through Lyra v2, encoder and decoder, frame by frame.

    lyra_folder.py WEIGHTS QUANTISERS IN_FOLDER OUT_FOLDER

WEIGHTS is the folder of soundstream_encoder.tflite, quantizer.tflite and lyragan.tflite; 16, 30 or 46 quantisers. Needs
PyPI's ai-edge-litert, numpy and soundfile.
"""

import pathlib
import sys

import numpy

MODELS = ("soundstream_encoder", "quantizer", "lyragan")
RATE, FRAME = 16000, 320


class Stream:
    """Encoder and decoder of one clip: their state lies in the interpreters, so each clip has its own."""

    def __init__(self, weights, quantisers):
        from ai_edge_litert.interpreter import Interpreter
        self.quantisers = numpy.int32(quantisers)
        self.encoder, self.quantiser, self.decoder = (Interpreter(str(weights / f"{m}.tflite"), num_threads=1) for m in MODELS)
        self.encoder.allocate_tensors()
        self.decoder.allocate_tensors()
        self.quantise, self.dequantise = (self.quantiser.get_signature_runner(name) for name in ("encode", "decode"))

    @staticmethod
    def apply(network, value):
        network.set_tensor(network.get_input_details()[0]["index"], value)
        network.invoke()
        return network.get_tensor(network.get_output_details()[0]["index"])

    def frame(self, samples):
        """float32 [320] -> float32 [320]."""
        latents = self.apply(self.encoder, samples[None])
        quantised = self.quantise(num_quantizers=self.quantisers, input_frames=latents)
        indices = next(value for value in quantised.values() if value.dtype == numpy.int32)
        return self.apply(self.decoder, self.dequantise(encoding_indices=indices)["output_0"])[0]


def main(weights, quantisers, wavs, folder):
    import soundfile
    for wav in sorted(pathlib.Path(wavs).glob("*.wav")):
        samples, _ = soundfile.read(wav, dtype="float32")
        stream = Stream(pathlib.Path(weights), int(quantisers))
        frames = samples[:len(samples) // FRAME * FRAME].reshape(-1, FRAME)
        decoded = numpy.concatenate([stream.frame(frame) for frame in frames])
        soundfile.write(pathlib.Path(folder) / wav.name, numpy.clip(decoded, -1, 1), RATE, subtype="PCM_16")


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
