"""How near to the recording: PESQ-WB (ITU-T P.862.2, PyPI's pesq), ESTOI (Jensen and Taal 2016, PyPI's pystoi), log-mel
distance, SI-SDR, and how much louder."""

import numpy

from .base import RATE, Column, Measure

ACTIVE = 1e-3  # of the loudest 100 ms: a piece with less power is a pause


class Estoi(Measure):
    name = "estoi"
    columns = (Column("estoi", "ESTOI", 3),)

    def __init__(self, options):
        import pystoi
        self.stoi = pystoi.stoi

    def score(self, pair):
        return {"estoi": float(self.stoi(*pair.aligned, RATE, extended=True))}


class Pesq(Measure):
    name = "pesq"
    columns = (Column("pesq_wb", "PESQ-WB", 2),)

    def __init__(self, options):
        import pesq
        self.pesq, self.failures = pesq.pesq, pesq.PesqError

    def score(self, pair):
        """A clip that PESQ cannot score counts as 1, the least."""
        try:
            return {"pesq_wb": float(self.pesq(RATE, *pair.aligned, "wb"))}
        except self.failures:
            return {"pesq_wb": 1.0}


def mel_filters(size=1024, bands=80):
    mel = lambda hz: 2595 * numpy.log10(1 + hz / 700)  # noqa: E731
    hz = lambda m: 700 * (10 ** (m / 2595) - 1)  # noqa: E731
    edges = hz(numpy.linspace(0, mel(RATE / 2), bands + 2))
    bins = numpy.linspace(0, RATE / 2, size // 2 + 1)
    rise = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return numpy.maximum(0, numpy.minimum(rise, fall))


FILTERS = mel_filters()


def log_mel(samples, size=1024, hop=256):
    frames = numpy.lib.stride_tricks.sliding_window_view(samples, size)[:-1:hop] * numpy.hanning(size)
    return 10 * numpy.log10(numpy.maximum((numpy.abs(numpy.fft.rfft(frames)) ** 2) @ FILTERS.T, 1e-6))


def louder_by(reference, decoded, piece=RATE // 10):
    """dB, mean over the pieces of 100 ms that are no pause"""
    power = lambda x: (x[:len(x) // piece * piece].reshape(-1, piece) ** 2).mean(axis=1)  # noqa: E731
    of_reference, of_decoded = power(reference), power(decoded)
    spoken = of_reference > ACTIVE * of_reference.max(initial=0)
    if not spoken.any():
        return None
    return float(numpy.mean(10 * numpy.log10((of_decoded[spoken] + 1e-9) / (of_reference[spoken] + 1e-9))))


class Signal(Measure):
    name = "signal"
    columns = (Column("log_mel_db", "log-mel dB", 2, -1), Column("si_sdr_db", "SI-SDR dB", 1),
               Column("level_db", "level dB", 1, 0, note="level: louder (+) than the recording, mean over pieces of 100 ms "
                      "within 30 dB of the loudest"), Column("longer_by", "longer by", 0, 0))

    def score(self, pair):
        reference, decoded = pair.aligned
        gain = numpy.dot(decoded, reference) / (numpy.dot(reference, reference) + 1e-9)
        error = numpy.sum((gain * reference - decoded) ** 2) + 1e-9
        return {"log_mel_db": float(numpy.mean(numpy.abs(log_mel(reference) - log_mel(decoded)))),
                "si_sdr_db": float(10 * numpy.log10(numpy.sum((gain * reference) ** 2) / error + 1e-9)),
                "level_db": louder_by(reference, decoded),
                "longer_by": len(pair.decoded) - len(pair.reference.samples)}
