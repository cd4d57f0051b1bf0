"""The range decoder (docs/reference/bitstream.md, "Range coder")."""
from bisect import bisect_right

TOTAL = 1 << 15


def uniform(count):
    """Cumulative frequencies of a value that is uniform over `count`."""
    return [s * TOTAL // count for s in range(count + 1)]


class RangeDecoder:
    def __init__(self, data):
        self._data = data
        self._range = 2**32 - 1
        self._code = int.from_bytes(data[:4].ljust(4, b"\0"), "big")
        self._read = 4

    def decode(self, cumulative):
        """The next symbol; cumulative frequencies go from 0 to TOTAL."""
        unit = self._range >> 15
        symbol = bisect_right(cumulative, min(self._code // unit, TOTAL - 1)) - 1
        low, high = cumulative[symbol], cumulative[symbol + 1]
        self._code = (self._code - unit * low) % 2**32
        self._range = self._range - unit * low if high == TOTAL else unit * (high - low)
        while self._range < 2**24:
            byte = self._data[self._read] if self._read < len(self._data) else 0
            self._code = (self._code * 256 + byte) % 2**32
            self._range <<= 8
            self._read += 1
        return symbol

    def only_padding_left(self):
        return not any(self._data[self._read:])
