"""Sets of clips: folders of FLAC or WAV files, 16 kHz, mono. A set is called as its folder."""

import soundfile
from adapters import RATE, Failed
from measures import Reference


def read(folder):
    """{name: Reference} in the order of the names"""
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".flac", ".wav"))
    if not paths:
        raise Failed(f"{folder}: no .flac or .wav in it")
    clips = {}
    for path in paths:
        samples, rate = soundfile.read(path)
        if rate != RATE or samples.ndim != 1:
            raise Failed(f"{path}: {rate} Hz, {1 if samples.ndim == 1 else samples.shape[1]} channels, not 16000 Hz mono")
        if path.stem in clips:
            raise Failed(f"{path}: there is another clip of that name")
        clips[path.stem] = Reference(path.stem, samples)
    return clips


def read_decoded(path):
    """float64 [samples] within -1..1"""
    samples, rate = soundfile.read(path)
    if rate != RATE:
        raise Failed(f"{path}: decoded to {rate} Hz")
    return (samples if samples.ndim == 1 else samples[:, 0]).clip(-1, 1)
