"""Whether it is still the same person: the cosine of two embeddings of Resemblyzer (GE2E, Wan et al. 2018; its weights are in
the wheel)."""

import numpy

from . import stand_ins
from .base import RATE, Column, Measure


class Speaker(Measure):
    name = "speaker"
    columns = (Column("speaker", "speaker", 3),)

    def __init__(self, options):
        stand_ins.provide_morphology()
        stand_ins.provide_pkg_resources()
        import torch
        from resemblyzer import VoiceEncoder, preprocess_wav
        torch.set_num_threads(1)
        self.encoder, self.prepare = VoiceEncoder("cpu", verbose=False), preprocess_wav

    def embedding(self, samples):
        return self.encoder.embed_utterance(self.prepare(samples.astype(numpy.float32), RATE))

    def score(self, pair):
        original = pair.reference.once("speaker", lambda: self.embedding(pair.reference.samples))
        return {"speaker": float(numpy.dot(original, self.embedding(pair.decoded)))}
