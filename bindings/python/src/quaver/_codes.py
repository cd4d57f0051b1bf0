"""Tokens as other codecs lay them out: int64 [B, n_q, T], and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _arrays
from ._library import NO_TOKEN


def codes(tokens: Any, *, no_token: int = -1) -> np.ndarray:
    """Tokens in the layout of transformers' codecs (EnCodec, Mimi, DAC).

    Args:
        tokens: integers [frames, n_q], or [B, frames, n_q] as Model.encode() gives for a batch.
        no_token: what stands for NO_TOKEN: a value that your model masks.

    Returns:
        int64 [B, n_q, T], T the frames; B is 1 for one clip. torch.from_numpy() takes it without a copy.

    Raises:
        ValueError: another shape or dtype.
    """
    array = _arrays.as_array(tokens, "tokens")
    filler = _arrays.integer(no_token, -(2**63), 2**63 - 1, "no_token")
    if array.ndim not in (2, 3):
        raise ValueError(f"tokens: got {array.ndim} dimensions, wanted [frames, n_q] or [B, frames, n_q]")
    array = _arrays.unsigned(array, "tokens")
    array = array[np.newaxis] if array.ndim == 2 else array
    found = np.ascontiguousarray(array.transpose(0, 2, 1)).astype(np.int64)
    found[found == NO_TOKEN] = filler
    return found


def tokens(codes: Any, *, no_token: int = -1) -> np.ndarray:
    """The other way: codes [B, n_q, T], or [n_q, T] of one clip, to tokens.

    Args:
        codes: integers [B, n_q, T] or [n_q, T].
        no_token: what stands for NO_TOKEN in them.

    Returns:
        uint16 [B, frames, n_q], or [frames, n_q]; Model.decode() takes both.

    Raises:
        ValueError: another shape or dtype, or a value outside 0 .. 65534 that is not no_token.
    """
    array = _arrays.as_array(codes, "codes")
    filler = _arrays.integer(no_token, -(2**63), 2**63 - 1, "no_token")
    if array.ndim not in (2, 3):
        raise ValueError(f"codes: got {array.ndim} dimensions, wanted [n_q, T] or [B, n_q, T]")
    if array.dtype.kind == "i" and filler != -1:
        array = np.where(array == filler, -1, array)
    return np.ascontiguousarray(_arrays.unsigned(array, "codes").swapaxes(-1, -2))
