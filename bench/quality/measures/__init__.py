"""Measures of decoded speech, the cheap ones first. Each is loaded by itself: one whose package is not installed is left out
with a message, and so is its column."""

import dataclasses
import pathlib

from .base import Column, Measure, Pair, Reference, Unavailable

__all__ = ["ALL", "Column", "Measure", "Options", "Pair", "Reference", "Unavailable", "by_name", "load"]


@dataclasses.dataclass
class Options:
    whisper: pathlib.Path | None = None  # a model in CTranslate2's format
    transcripts: pathlib.Path | None = None  # file for what it heard in the recordings, so that another run need not ask


def _classes():
    from . import fidelity, opinion, speaker, visqol, voice, words
    return (fidelity.Signal, fidelity.Estoi, fidelity.Pesq, voice.Voice, speaker.Speaker, opinion.PlcMos, opinion.DnsMos,
            opinion.DistillMos, visqol.Visqol, words.Words)


ALL = _classes()
by_name = {measure.name: measure for measure in ALL}


def load(name, options):
    """The Measure of that name. Unavailable says which package is missing."""
    try:
        return by_name[name](options)
    except ImportError as error:
        raise Unavailable(f"{error} (bench/quality/requirements.txt)") from error
