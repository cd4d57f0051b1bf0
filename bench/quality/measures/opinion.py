"""What networks that learnt listeners' opinions say of the decoded sound alone: DistillMOS (Stahl and Gamper 2025), DNSMOS
P.835 and P.808 (Reddy et al. 2022), PLCMOS (Diener et al. 2023). The weights are in the wheels of distillmos and speechmos."""

import contextlib
import pathlib
import sys

import numpy

from . import stand_ins
from .base import RATE, Column, Measure


SEGMENT = 122880  # samples that DistillMOS looks at: 7.68 s


class DistillMos(Measure):
    """Mean over segments that overlap by half or more; the package's own has one begin every second, which takes two to
    three times as long and differs by .1 on a clip, by nothing in the mean."""

    name = "distillmos"
    columns = (Column("distillmos", "DistillMOS", 2, note="DistillMOS: mean over segments of 7.68 s that overlap by half"),)

    def __init__(self, options):
        import torch
        stand_ins.provide("torchaudio", "torchaudio.transforms", "transformers")
        with contextlib.redirect_stdout(sys.stderr):
            import distillmos
            self.network = distillmos.ConvTransformerSQAModel(segmenting_in_forward=False).eval()
        torch.set_num_threads(1)
        self.torch = torch

    def score(self, pair):
        with self.torch.inference_mode():
            return {"distillmos": float(self.network(self.torch.from_numpy(segments(pair.decoded))).mean())}


def segments(samples):
    """float32 [count, SEGMENT], evenly over the clip; a shorter clip is followed by silence"""
    beyond = max(0, len(samples) - SEGMENT)
    samples = numpy.pad(samples.astype(numpy.float32), (0, max(0, SEGMENT - len(samples))))
    starts = numpy.linspace(0, beyond, 1 + -(-beyond // (SEGMENT // 2)))
    return numpy.stack([samples[int(at):int(at) + SEGMENT] for at in starts])


def single_thread_sessions():
    """Lets sessions of ONNX Runtime that others open take one thread."""
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return lambda path: onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


class DnsMos(Measure):
    """Of the first 9.01 s, the length that the networks take; a shorter clip is repeated."""

    name = "dnsmos"
    columns = (Column("dnsmos_ovrl", "DNSMOS OVRL", 2), Column("dnsmos_p808", "P.808", 2))

    def __init__(self, options):
        from speechmos import dnsmos
        folder = pathlib.Path(dnsmos.__file__).parent / "dnsmos_models"
        self.length = int(dnsmos.INPUT_LENGTH * RATE)
        self.rate = dnsmos.DNSMOS(str(folder / "sig_bak_ovr.onnx"), str(folder / "model_v8.onnx"))
        session = single_thread_sessions()
        self.rate.onnx_sess = session(str(folder / "sig_bak_ovr.onnx"))
        self.rate.p808_onnx_sess = session(str(folder / "model_v8.onnx"))

    def score(self, pair):
        samples = pair.decoded.astype(numpy.float32)
        while len(samples) < self.length:
            samples = numpy.append(samples, samples)
        scores = self.rate(samples[:self.length], RATE, False)
        return {"dnsmos_ovrl": float(scores["ovrl_mos"]), "dnsmos_p808": float(scores["p808_mos"])}


class PlcMos(Measure):
    """Version 2, mean of five of its random raters, the same five for every clip."""

    name = "plcmos"
    columns = (Column("plcmos", "PLCMOS", 2),)
    raters = numpy.random.RandomState(0).normal(size=(5, 1, 64)).astype(numpy.float32)

    def __init__(self, options):
        from speechmos import plcmos
        self.features = plcmos.PLCMOS(embed_rounds=1)
        self.session = single_thread_sessions()(self.features.model_path)

    def score(self, pair):
        features = numpy.float32(self.features.stft_transform(pair.decoded))[None, None]
        scores = [self.session.run(None, {"degraded_audio": features, "rater_embed": rater})[0] for rater in self.raters]
        return {"plcmos": float(numpy.mean(scores))}
