"""Digits, contexts and tables of the entropy model (docs/reference/bitstream.md, "Tokens, digits, contexts")."""
from itertools import accumulate, chain, islice
from math import prod

from digits import digits_of, radices_of
from entropy_network import EntropyNetwork, refine
from range_decoder import TOTAL


class EntropyModel:
    def __init__(self, weights):
        bottleneck = weights.config["bottleneck"]
        self.groups = bottleneck["groups"]
        self.radices = bottleneck["levels"] if bottleneck["type"] == "fsp" else radices_of(bottleneck["codes"])
        self._knows_frame_before = weights.version < 3
        self._tables = self._read_tables(weights.tensor("entropy.frequencies")[0])
        self._network = EntropyNetwork(weights, self.groups, self.radices) if weights.has_network else None

    def decode_frame(self, decoder, n_q, before, before_that):
        """The n_q tokens of a frame; with those of the two frames before it, None if they are not in this packet."""
        tokens = []
        inputs = self._network.inputs(before, before_that) if self._network else None
        for group in range(n_q):
            digits_before = digits_of(before[group], self.radices) if before and group < len(before) else None
            scores = iter(self._network.scores(group, inputs)) if self._network else None
            tokens.append(self._decode_token(decoder, group, digits_before, scores))
            if self._network:
                inputs += self._network.values[group][tokens[-1]]
        return tokens

    def _decode_token(self, decoder, group, digits_before, scores):
        token, scale = 0, 1
        for i, radix in enumerate(self.radices):
            context = token  # the digits so far
            if self._knows_frame_before and digits_before:
                context += (digits_before[i] + 1) * scale
            frequencies = self._tables[group][i][context]
            if scores:
                frequencies = refine(frequencies, islice(scores, radix))
            token += scale * decoder.decode([0, *accumulate(frequencies)])
            scale *= radix
        return token

    def _read_tables(self, values):
        """tables[group][digit][context]: the frequencies of the symbols."""
        rest = iter(values)
        contexts = [prod(self.radices[:i]) * (radix + 1 if self._knows_frame_before else 1)
                    for i, radix in enumerate(self.radices)]
        tables = [[[list(islice(rest, radix)) for _ in range(count)] for count, radix in zip(contexts, self.radices)]
                  for _ in range(self.groups)]
        if any(sum(table) != TOTAL or 0 in table for table in chain(*chain(*tables))) or list(rest):
            raise ValueError("entropy.frequencies: a wrong size, or a table with a zero or another sum than 32768")
        return tables
