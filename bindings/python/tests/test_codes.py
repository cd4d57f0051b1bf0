"""The layout of other codecs."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import quaver

SHAPES = st.one_of(
    st.tuples(st.integers(0, 20), st.integers(1, 18)), st.tuples(st.integers(1, 4), st.integers(0, 20), st.integers(1, 18))
)


@given(arrays.arrays(np.uint16, SHAPES), st.sampled_from([-1, -100, 70000]))
def test_there_and_back(tokens, no_token):
    codes = quaver.codes(tokens, no_token=no_token)
    batch = tokens if tokens.ndim == 3 else tokens[None]
    assert codes.dtype == np.int64 and codes.shape == (len(batch), batch.shape[2], batch.shape[1])
    assert codes.flags.c_contiguous
    np.testing.assert_array_equal(quaver.tokens(codes, no_token=no_token), batch)
    if tokens.ndim == 2:
        np.testing.assert_array_equal(quaver.tokens(codes[0], no_token=no_token), tokens)


def test_no_token_is_masked(tokens):
    ragged = tokens.copy()
    ragged[4, 2:] = quaver.NO_TOKEN
    codes = quaver.codes(ragged, no_token=-100)
    assert (codes[0, 2:, 4] == -100).all() and codes.max() < 1000


def test_codes_decode(model, tokens):
    np.testing.assert_array_equal(model.decode(quaver.tokens(quaver.codes(tokens))[0]), model.decode(tokens))
