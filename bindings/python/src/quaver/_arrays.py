"""Arrays as they come in: what is accepted, and what the message says about everything else.

Samples are float32 or int16 as the library takes them, without a copy where they are contiguous; float16 and float64
are converted. Tokens are uint16; other integers are checked and converted. torch, jax and others hand their memory over
through __array__ or DLPack and are never imported here.
"""

from __future__ import annotations

import math
import operator
from typing import Any, List, Optional, Sequence, Tuple

import numpy as np

from ._library import NO_TOKEN, ffi

_all = np.logical_and.reduce  # as array.all() and array.max(), without their keywords, which matter in calls of 20 ms
_max = np.maximum.reduce
_FEWEST = 32  # samples of a clip in [B, T]; fewer in more rows are channels in the wrong place


def as_array(value: Any, what: str) -> np.ndarray:
    """`value` as a NumPy array, of the same memory where possible."""
    if isinstance(value, np.ndarray):
        return value
    try:
        if hasattr(value, "__array__") and not isinstance(value, type):
            return np.asarray(value)
        if hasattr(value, "__dlpack__") and not isinstance(value, type):
            return np.from_dlpack(value)
    except Exception as failure:
        raise ValueError(
            f"{what}: {_kind(value)} cannot be read as a NumPy array ({failure}); wanted one in the memory of the CPU, "
            "without a gradient (torch: x.detach().cpu())"
        ) from failure
    raise ValueError(f"{what}: got {_kind(value)}, wanted a NumPy array, or anything with __array__ or __dlpack__")


def _kind(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}".replace("builtins.", "")


def is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def samples(value: Any, what: str = "samples") -> np.ndarray:
    """One clip: float32 or int16 [T], contiguous, finite; T may be 0."""
    array = value if type(value) is np.ndarray else as_array(value, what)
    if array.ndim != 1:
        raise ValueError(f"{what}: got an array of shape {_shape(array)}, wanted one channel, [T]{_channels(array)}")
    return _plain_samples(array, what)


def _plain_samples(array: np.ndarray, what: str) -> np.ndarray:
    dtype = array.dtype
    if dtype.kind == "i" and dtype.itemsize == 2:
        return np.ascontiguousarray(array, np.int16)
    if dtype != np.float32:
        if dtype.kind != "f" or dtype.itemsize > 8:
            raise ValueError(f"{what}: got {dtype}, wanted float32 (-1 .. 1) or int16{_advice(dtype)}")
        with np.errstate(over="ignore"):
            array = array.astype(np.float32)
    if not array.flags.c_contiguous or type(array) is not np.ndarray:
        array = np.ascontiguousarray(array)
    if not _all(np.isfinite(array)):
        place = int(np.flatnonzero(~np.isfinite(array))[0])
        raise ValueError(f"{what}: sample {place} is {array[place]}, wanted finite numbers")
    return array


def _advice(dtype: np.dtype) -> str:
    if dtype.kind in "iu" and dtype.itemsize > 1:
        return f"; divide by {2 ** (8 * dtype.itemsize - 1)}" if dtype.kind == "i" else ""
    return ""


def _shape(array: np.ndarray) -> str:
    return "[" + ", ".join(map(str, array.shape)) + "]"


def _channels(array: np.ndarray) -> str:
    if array.ndim == 2 and min(array.shape) <= 8:
        axis = int(np.argmin(array.shape))
        return f"; mix channels down first, as with x.mean(axis={axis})"
    return ""


def clips(value: Any) -> Tuple[List[np.ndarray], bool]:
    """The clips of [T], [B, T] or a sequence of [T], and whether it was a batch. No clip is empty."""
    if is_list(value):
        if not value:
            raise ValueError("samples: got an empty list, wanted at least one clip")
        if isinstance(value[0], (int, float, np.number)):
            raise ValueError("samples: got a list of numbers, wanted a NumPy array of float32 or int16")
        found = [samples(clip, f"samples[{i}]") for i, clip in enumerate(value)]
        batch = True
    else:
        array = as_array(value, "samples")
        batch = array.ndim == 2
        if array.ndim not in (1, 2):
            raise ValueError(f"samples: got an array of shape {_shape(array)}, wanted [T] or [B, T]")
        if batch and 0 < array.shape[1] < _FEWEST and array.shape[0] > array.shape[1]:
            count, length = array.shape
            raise ValueError(f"samples: got {_shape(array)}, {count} clips of {length} samples{_channels(array)}")
        if batch and array.shape[0] == 0:
            raise ValueError("samples: got a batch of no clips, wanted at least one")
        found = [_plain_samples(clip, f"samples[{i}]") for i, clip in enumerate(array)] if batch else [samples(array)]
    for i, clip in enumerate(found):
        if clip.size == 0:
            raise ValueError(f"samples{f'[{i}]' if batch else ''}: got an empty clip, wanted at least one sample")
    return found, batch


def tokens(value: Any, groups: int, codes: int, what: str = "tokens") -> Tuple[np.ndarray, Optional[np.ndarray]]:
    """Tokens of one clip: uint16 [frames, n_q], contiguous, and the tokens of each frame, or None if all have n_q.

    Other integers are converted; -1 is NO_TOKEN too.
    """
    array = value if type(value) is np.ndarray else as_array(value, what)
    if array.ndim != 2:
        hint = "; a batch is decoded by decode() alone" if array.ndim == 3 else ""
        raise ValueError(f"{what}: got an array of shape {_shape(array)}, wanted [frames, n_q]{hint}")
    if array.shape[1] > groups:
        hint = "; for [n_q, T] see quaver.tokens()" if array.shape[0] <= groups else ""
        raise ValueError(f"{what}: got {_shape(array)}, {array.shape[1]} tokens a frame; the model has {groups}{hint}")
    array = unsigned(array, what)
    if array.size == 0:
        return array, np.zeros(len(array), np.int64) if len(array) else None
    if _max(array, None) < codes:
        return array, None
    missing = array == NO_TOKEN
    bad = (array >= codes) & ~missing
    if bad.any():
        frame, column = (int(i) for i in np.argwhere(bad)[0])
        raise ValueError(f"{what}: [{frame}, {column}] is {array[frame, column]}, wanted 0 .. {codes - 1} or NO_TOKEN")
    lengths = array.shape[1] - missing.sum(axis=1)
    behind = np.arange(array.shape[1]) >= lengths[:, None]
    if (behind != missing).any():
        frame = int(np.flatnonzero((behind != missing).any(axis=1))[0])
        raise ValueError(f"{what}: in frame {frame} a token follows NO_TOKEN, which may only fill the end of a row")
    return array, lengths


def unsigned(array: np.ndarray, what: str) -> np.ndarray:
    """Integers 0 .. 65535, or -1 for NO_TOKEN, as contiguous uint16 of the same shape."""
    if array.dtype == np.uint16:
        return array if array.flags.c_contiguous and type(array) is np.ndarray else np.ascontiguousarray(array)
    if array.dtype.kind not in "iu":
        raise ValueError(f"{what}: got {array.dtype}, wanted integers, best uint16")
    if array.size and (array.min() < -1 or array.max() > NO_TOKEN):
        extreme = array.min() if array.min() < -1 else array.max()
        raise ValueError(f"{what}: got {extreme}, wanted 0 .. {NO_TOKEN}, or -1 for NO_TOKEN")
    return np.ascontiguousarray(array.astype(np.uint16))  # -1 becomes 65535


def padded(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Arrays [frames, n_q] as one uint16 [B, frames, n_q], filled with NO_TOKEN."""
    frames = max(len(row) for row in rows)
    width = max(row.shape[1] for row in rows)
    batch = np.full((len(rows), frames, width), NO_TOKEN, np.uint16)
    for i, row in enumerate(rows):
        batch[i, : len(row), : row.shape[1]] = row
    return batch


def integer(value: Any, least: int, most: int, what: str) -> int:
    """`value` as an int within least .. most; no float and no bool."""
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError
        number = operator.index(value)
    except Exception:
        raise ValueError(f"{what}: got {shown(value)}, wanted an integer within {least} .. {most}") from None
    if not least <= number <= most:
        raise ValueError(f"{what}: got {shown(number)}, wanted {least} .. {most}")
    return number


def number(value: Any, least: float, most: float, what: str, wanted: str) -> float:
    """`value` as a float within least .. most; no text and no bool."""
    try:
        if isinstance(value, (str, bytes, bytearray, bool, np.bool_)) or getattr(value, "ndim", 0):
            raise TypeError
        found = float(value)
    except Exception:
        found = math.nan
    if not least <= found <= most:
        raise ValueError(f"{what}: got {shown(value)}, wanted {wanted}")
    return found


def flag(value: Any, what: str) -> bool:
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    raise ValueError(f"{what}: got {shown(value)}, wanted True or False")


def integers(value: Any, what: str, wanted: str) -> List[Any]:
    """The elements of a list, a tuple or an array [B], each of which integer() is to check."""
    array = value
    if not isinstance(value, (list, tuple, range)):
        array = as_array(value, what)
        if array.ndim != 1:
            raise ValueError(f"{what}: got {shown(value)}, wanted {wanted}")
    return list(array)


def octets(value: Any, what: str, error: type[Exception] = ValueError) -> Any:
    """`value`, which must be bytes or a buffer of them, for the library to read."""
    try:
        if memoryview(value).itemsize == 1:
            return ffi.from_buffer(value)
    except (TypeError, ValueError, BufferError):
        pass
    raise error(f"{what}: got {_kind(value)}, wanted bytes")


def sample_type(value: Any) -> np.dtype:
    """float32 or int16."""
    try:
        found = np.dtype(value)
    except Exception:
        found = np.dtype(bool)
    if value is None or found not in (np.float32, np.int16):
        raise ValueError(f"dtype: got {shown(value)}, wanted float32 or int16")
    return found


def shown(value: Any) -> str:
    """`value` in a message: short, and whatever it is."""
    if isinstance(value, np.ndarray) and value.ndim:
        return f"an array of {value.dtype} {_shape(value)}"
    try:
        text = str(value) if isinstance(value, (np.generic, np.ndarray)) else repr(value)
    except Exception:  # such as an int of more digits than Python prints
        return _kind(value)
    return text if len(text) <= 60 else text[:57] + "..."
