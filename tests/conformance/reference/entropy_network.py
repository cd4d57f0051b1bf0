"""The network that refines the tables of the entropy model (docs/reference/bitstream.md, "The network")."""
import math
from operator import mul

from digits import digits_of
from range_decoder import TOTAL

POWERS = [round(2 ** (16 - k / 256)) for k in range(256)]


class EntropyNetwork:
    def __init__(self, weights, groups, radices):
        hidden, (inputs, columns) = weights.tensor("entropy.network.hidden")
        symbols, (_, units, width) = weights.tensor("entropy.network.symbols")
        self.values = _values(weights, groups, radices)
        self._nothing = [0] * ((inputs - 3) // 3)
        self._hidden = [[hidden[c::columns] for c in range(g * units, (g + 1) * units)] for g in range(groups)]
        self._symbols = [[symbols[g * units * width + t:(g + 1) * units * width:width] for t in range(width)]
                         for g in range(groups)]

    def inputs(self, before, before_that):
        """The first inputs of a frame, from the tokens of the two before it; None: not in this packet."""
        return [64] + self._of_frame(before) + self._of_frame(before_that)

    def scores(self, group, inputs):
        """Scores of all symbols of all digits of a group."""
        units = [min(1023, max(0, sum(map(mul, inputs, column)) >> 10)) for column in self._hidden[group]]
        return [sum(map(mul, units, column)) >> 8 for column in self._symbols[group]]

    def _of_frame(self, tokens):
        if tokens is None:
            return self._nothing + [0]
        values = [value for group, token in enumerate(tokens) for value in self.values[group][token]]
        return values + self._nothing[len(values):] + [64]


def refine(frequencies, scores):
    """The frequencies F of "The network" from those of a table and the scores of its symbols."""
    sums = [score + math.floor(256 * math.log2(f)) for f, score in zip(frequencies, scores)]
    top = sums.index(max(sums))
    powers = [POWERS[(sums[top] - value) % 256] >> (sums[top] - value) // 256 for value in sums]
    share = ((TOTAL - len(sums)) << 24) // sum(powers)
    refined = [1 + (power * share >> 24) for power in powers]
    refined[top] += TOTAL - sum(refined)
    return refined


def _values(weights, groups, radices):
    """values[group][token]: what a token stands for."""
    if weights.config["bottleneck"]["type"] == "fsp":
        return [[[int(128 * (2 * d + 1 - r) / r) for d, r in zip(digits_of(token, radices), radices)]
                 for token in range(math.prod(radices))]] * groups
    codebook, (books, codes, dims) = weights.tensor("bottleneck.codebook")
    rounded = [min(511, math.floor(64 * abs(v) + 0.5)) * (1 if v > 0 else -1) for v in codebook]
    values = [[rounded[at:at + dims] for at in range(book, book + codes * dims, dims)]
              for book in range(0, len(rounded), codes * dims)]
    return values * (groups // books)
