"""Scores of a decoded clip against its reference, both 16 kHz: PESQ-WB (ITU-T P.862.2, PyPI's pesq), ESTOI (Jensen and
Taal 2016, PyPI's pystoi), log-mel distance in dB and SI-SDR in dB."""

import numpy
import pystoi
from pesq import PesqError, pesq

RATE = 16000
EARLIEST, LATEST = -64, 960  # samples by which a decoder may be early or late


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


def aligned(reference, decoded):
    """Both cut to where they overlap, at the lag of the largest normalised correlation."""
    count = min(len(reference), len(decoded))
    reference, decoded = reference[:count], decoded[:count]
    size = 1 << (2 * count - 1).bit_length()
    spectrum = numpy.fft.rfft(decoded, size) * numpy.conj(numpy.fft.rfft(reference, size))
    product = numpy.fft.irfft(spectrum, size)
    energy = lambda x: numpy.concatenate([[0], numpy.cumsum(x ** 2)])  # noqa: E731
    of_reference, of_decoded = energy(reference), energy(decoded)

    def correlation(lag):
        late, early = max(lag, 0), max(-lag, 0)
        power = (of_reference[count - late] - of_reference[early]) * (of_decoded[count - early] - of_decoded[late])
        return product[lag] / (numpy.sqrt(max(power, 0)) + 1e-9)

    lag = max(range(max(EARLIEST, 1 - count), min(LATEST, count)), key=correlation)
    return (reference[:count - lag], decoded[lag:]) if lag >= 0 else (reference[-lag:], decoded[:count + lag])


def score(reference, decoded):
    """A clip that PESQ cannot score counts as 1, the least."""
    late_by = len(decoded) - len(reference)
    reference, decoded = aligned(reference, decoded)
    try:
        heard = pesq(RATE, reference, decoded, "wb")
    except PesqError:
        heard = 1.0
    gain = numpy.dot(decoded, reference) / (numpy.dot(reference, reference) + 1e-9)
    error = numpy.sum((gain * reference - decoded) ** 2) + 1e-9
    return {"pesq_wb": float(heard),
            "estoi": float(pystoi.stoi(reference, decoded, RATE, extended=True)),
            "log_mel_db": float(numpy.mean(numpy.abs(log_mel(reference) - log_mel(decoded)))),
            "si_sdr_db": float(10 * numpy.log10(numpy.sum((gain * reference) ** 2) / error)),
            "longer_by": late_by}
