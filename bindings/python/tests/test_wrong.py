"""Wrong input: a ValueError that says what was got and what is wanted, and nothing is done."""

from __future__ import annotations

import numpy as np
import pytest

import quaver

WRONG_SAMPLES = [
    (np.zeros((2, 3, 4), np.float32), r"shape \[2, 3, 4\], wanted \[T\] or \[B, T\]"),
    (np.zeros(0, np.float32), "empty clip"),
    (np.zeros((3, 0), np.float32), "empty clip"),
    (np.zeros((0, 100), np.float32), "no clips"),
    ([], "empty list"),
    ([0.1, 0.2], "list of numbers"),
    ([np.zeros(100, np.float32), np.zeros(0, np.float32)], r"samples\[1\]: got an empty clip"),
    (np.zeros(100, np.int32), r"got int32, wanted float32 \(-1 .. 1\) or int16; divide by 2147483648"),
    (np.zeros(100, np.uint8), "got uint8"),
    (np.zeros(100, np.complex64), "got complex64"),
    (np.zeros(100, bool), "got bool"),
    (np.zeros((16000, 2), np.float32), r"16000 clips of 2 samples; mix channels down first, as with x.mean\(axis=1\)"),
    ([np.zeros((2, 100), np.float32)], r"samples\[0\].*x.mean\(axis=0\)"),
    ("talk.wav", "got str"),
    (b"\0\0", "got bytes"),
    (None, "got NoneType"),
]


@pytest.mark.parametrize("samples, message", WRONG_SAMPLES, ids=range(len(WRONG_SAMPLES)))
def test_samples(model, samples, message):
    with pytest.raises(ValueError, match=message):
        model.encode(samples, 16000)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_samples_that_are_not_finite(model, clip, value, dtype):
    bad = clip.astype(dtype)
    bad[1234] = value
    with pytest.raises(ValueError, match=f"sample 1234 is {value}, wanted finite"):
        model.encode(bad, 16000)
    with pytest.raises(ValueError, match=r"samples\[1\]: sample 1234"):
        model.encode([clip, bad], 16000)
    with model.encoder() as encoder, pytest.raises(ValueError, match="sample 1234"):
        encoder.push(bad)


def test_loud_samples_are_finite(model):
    model.encode(np.full(1000, 3e38, np.float32), 16000, n_q=1)


@pytest.mark.parametrize("rate", [0, -16000, 999, 1e6, float("nan"), "fast", None])
def test_rates(model, clip, rate):
    with pytest.raises(ValueError, match="sample_rate: got"):
        model.encode(clip, rate)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"n_q": 0}, "n_q: got 0, wanted 1 .. 18"),
        ({"n_q": 19}, "n_q: got 19, wanted 1 .. 18"),
        ({"n_q": 2.5}, "n_q: got 2.5, wanted an integer"),
        ({"n_q": True}, "n_q: got True, wanted an integer"),
        ({"n_q": 3, "bitrate": 3000}, "both n_q and bitrate"),
        ({"bitrate": 0}, "bitrate: got 0"),
        ({"bitrate": "3k"}, "bitrate: got '3k', wanted bits per second"),
        ({"bitrate": 20}, "20"),
        ({"bitrate": 3000, "effort": 3}, "effort: got 3, wanted 0 .. 2"),
        ({"effort": 1}, "effort=1 needs a bitrate"),
        ({"bitrate": 3000, "effort": 1, "vbr": True}, "no vbr"),
        ({"threads": 0}, "threads: got 0"),
    ],
    ids=str,
)
def test_options(model, clip, options, message):
    with pytest.raises(ValueError, match=message):
        model.encode(clip, 16000, **options)


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda t: t[0], r"shape \[18\], wanted \[frames, n_q\]"),
        (lambda t: t[None, None], r"wanted \[frames, n_q\]"),
        (lambda t: t[:0], "no frames"),
        (lambda t: np.concatenate([t, t], axis=1), r"36 tokens a frame; the model has 18"),
        (lambda t: t.astype(np.float32), "got float32, wanted integers"),
        (lambda t: np.where(np.arange(18) == 4, 1000, t), r"\[0, 4\] is 1000, wanted 0 .. 999 or NO_TOKEN"),
        (lambda t: t.astype(np.int64) - 2000, "wanted 0 .. 65535, or -1"),
        (lambda t: t.astype(np.int64) + 70000, "wanted 0 .. 65535"),
        (lambda t: np.where(np.arange(18) == 4, quaver.NO_TOKEN, t), "in frame 0 a token follows NO_TOKEN"),
        (lambda t: [t, t[:0]], r"tokens\[1\]: got no frames"),
        (lambda t: [], "batch of no clips"),
        (lambda t: None, "got NoneType"),
    ],
    ids=range(12),
)
def test_tokens(model, tokens, change, message):
    with pytest.raises(ValueError, match=message):
        model.decode(change(tokens))


def test_codes_in_the_wrong_layout_are_told(model, tokens):
    with pytest.raises(ValueError, match=r"quaver.tokens\(\)"):
        model.decode(tokens.T)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"num_samples": 10**9}, "num_samples: got 1000000000, but .* frames hold"),
        ({"num_samples": -1}, "num_samples: got -1"),
        ({"lengths": [3]}, "not a batch"),
        ({"dtype": np.float64}, "dtype: got"),
        ({"skip": -1}, "skip: got -1"),
    ],
    ids=str,
)
def test_decode_options(model, tokens, options, message):
    with pytest.raises(ValueError, match=message):
        model.decode(tokens, **options)


def test_lengths_of_a_batch(model, tokens):
    with pytest.raises(ValueError, match=r"lengths\[1\]: got 1000"):
        model.decode([tokens, tokens], lengths=[5, 1000])
    with pytest.raises(ValueError, match="got 1 of them for 2"):
        model.decode([tokens, tokens], lengths=[5])


def test_codes(tokens):
    with pytest.raises(ValueError, match="1 dimensions"):
        quaver.codes(tokens[0])
    with pytest.raises(ValueError, match="float64"):
        quaver.tokens(np.zeros((1, 3, 4)))


def test_a_failed_clip_of_a_batch_spoils_nothing(model, clip, tokens):
    bad = clip.copy()
    bad[0] = np.nan
    for _ in range(3):
        with pytest.raises(ValueError):
            model.encode([clip, bad, clip], 16000, threads=3)
        np.testing.assert_array_equal(model.encode(clip, 16000), tokens)
