"""Tokens and their digits (docs/reference/bitstream.md, "Tokens, digits, contexts")."""
from itertools import combinations_with_replacement
from math import prod


def digits_of(token, radices):
    digits = []
    for radix in radices:
        digits.append(token % radix)
        token //= radix
    return digits


def radices_of(codes):
    """Of a codebook. At most 4: any two of the fewest have a product above 64, and codes are at most 16384."""
    for count in range(1, 5):
        fitting = [r for r in combinations_with_replacement(range(64, 1, -1), count) if prod(r) == codes]
        if fitting:
            return list(min(fitting))
    raise ValueError("%d codes have no radices" % codes)
