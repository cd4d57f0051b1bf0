"""Decoders leave different delays in what they write: here they are taken out."""

import numpy

EARLIEST, LATEST = -64, 960  # samples by which a decoder may be early or late


def lag_of(reference, decoded):
    """By how many samples `decoded` is late: the lag of the largest normalised correlation."""
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

    return max(range(max(EARLIEST, 1 - count), min(LATEST, count)), key=correlation)


def aligned(reference, decoded):
    """Both cut to where they overlap."""
    lag, count = lag_of(reference, decoded), min(len(reference), len(decoded))
    return (reference[:count - lag], decoded[lag:count]) if lag >= 0 else (reference[-lag:count], decoded[:count + lag])
