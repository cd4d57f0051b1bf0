"""Packets that a network loses, the same ones for every codec: `~10%` behind a codec's name is a share lost by chance,
`~10%x3` the same in bursts of 3 in the mean (Gilbert 1960: a state that loses nothing and one that loses all)."""

import numpy

SEED = 1


class Loss:
    def __init__(self, text):
        share, _, burst = text.partition("x")
        if not share.endswith("%"):
            raise ValueError(f"'{text}' is no loss such as 10% or 10%x3")
        self.share = float(share[:-1]) / 100
        self.burst = float(burst) if burst else None
        if not 0 <= self.share < 1 or (self.burst is not None and self.burst < max(1, self.share / (1 - self.share))):
            raise ValueError(f"'{text}': a share of 0 to 99 %, and bursts of 1 or more packets, no shorter than the share needs")

    def trace(self, packets, clip):
        """bool [packets], True is lost: the same for a clip's number whatever the codec."""
        random = numpy.random.default_rng([SEED, clip])
        leave = 1 / self.burst if self.burst else 1 - self.share
        enter = leave * self.share / (1 - self.share)
        lost, bad = numpy.zeros(packets, bool), random.random() < self.share
        for i, chance in enumerate(random.random(packets)):
            bad = chance >= leave if bad else chance < enter
            lost[i] = bad
        return lost
