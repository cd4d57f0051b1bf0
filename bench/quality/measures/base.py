"""What a measure is, and what it is given: a Pair of a recording and of what a codec made of it, 16 kHz."""

import dataclasses
import functools

import numpy

from .alignment import aligned

RATE = 16000


class Unavailable(Exception):
    """A package or a path that a measure needs is not there: the column is left out."""


@dataclasses.dataclass(frozen=True)
class Column:
    key: str  # in the results
    title: str  # in tables and pictures
    digits: int
    better: int = 1  # 1: more is better; -1: less; 0: nearer to 0
    scale: float = 1  # what the tables multiply by
    note: str = ""  # one line below the tables


class Reference:
    """A recording; measures keep in `known` what they once found out about it."""

    def __init__(self, name, samples):
        self.name, self.samples = name, samples
        self.known = {}

    def once(self, key, find):
        if key not in self.known:
            self.known[key] = find()
        return self.known[key]


class Pair:
    def __init__(self, reference, decoded):
        """decoded: float64 [samples] within -1..1"""
        self.reference, self.decoded = reference, decoded

    @functools.cached_property
    def aligned(self):
        """(reference, decoded), cut to where they overlap in time"""
        return aligned(self.reference.samples, self.decoded)


class Measure:
    name = ""
    columns = ()

    def __init__(self, options):
        """Loads packages and weights; raises ImportError or Unavailable where they are not there."""

    def score(self, pair):
        """{key of a column: number, or None where the clip cannot be scored}"""
        raise NotImplementedError

    @classmethod
    def summary(cls, rows):
        """{key: (mean over the clips that have a score, their number)}, from [{key: number or None}]"""
        out = {}
        for column in cls.columns:
            values = [row[column.key] for row in rows if row.get(column.key) is not None]
            if values:
                out[column.key] = (sum(values) / len(values), len(values))
        return out


def number(value):
    """A float of JSON: None for what is not finite."""
    return float(value) if numpy.isfinite(value) else None
