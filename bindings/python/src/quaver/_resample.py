"""Sound of any rate at the model's rate, through soxr at the quality that the program uses."""

from __future__ import annotations

import numpy as np


def resampled(samples: np.ndarray, rate: float, model_rate: int) -> np.ndarray:
    """float32 or int16 [T] at `rate` -> float32 [ceil(T * model_rate / rate)] at `model_rate`."""
    try:
        import soxr
    except ImportError as missing:
        raise ImportError(
            f"the sound has {rate:g} Hz and the model {model_rate} Hz; what resamples it is not installed: "
            "pip install 'quaver[audio]'"
        ) from missing
    if samples.dtype == np.int16:
        samples = samples.astype(np.float32) / np.float32(32768)
    out = soxr.resample(samples, rate, model_rate, quality="HQ")
    length = whole_length(len(samples), rate, model_rate)
    if len(out) < length:  # the sound may end a fraction of a sample after the last one
        out = np.concatenate([out, np.zeros(length - len(out), np.float32)])
    return np.ascontiguousarray(out, np.float32)


def whole_length(count: int, rate: float, model_rate: int) -> int:
    """Samples at model_rate that hold `count` samples at `rate`: rounded up."""
    if float(rate).is_integer():
        return -(-count * model_rate // int(rate))
    return int(np.ceil(count * model_rate / rate))
