"""Whole clips: the tokens are those of the library whatever the batch, the chunking, the threads and the container."""

from __future__ import annotations

import os
import signal
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quaver


def in_pieces(encoder, clip, cuts):
    ends = sorted({min(cut, len(clip)) for cut in cuts} | {len(clip)})
    parts = [clip[start:end] for start, end in zip([0, *ends], ends)]
    return np.concatenate([*(encoder.push(part) for part in parts), encoder.flush()])


def in_groups(decoder, tokens, cuts):
    ends = sorted({min(cut, len(tokens)) for cut in cuts} | {len(tokens)})
    return np.concatenate([decoder.push(tokens[start:end]) for start, end in zip([0, *ends], ends)])


def test_frames_and_dtype(model, clip):
    tokens = model.encode(clip, 16000, n_q=8)
    assert tokens.dtype == np.uint16
    assert tokens.shape == (-(-(len(clip) + model.delay) // 320), 8)
    assert tokens.max() < model.codes


def test_fewer_tokens_are_the_first_columns(model, clip, tokens):
    assert tokens.shape[1] == model.groups
    for n_q in (1, 5, 18):
        np.testing.assert_array_equal(model.encode(clip, 16000, n_q=n_q), tokens[:, :n_q])


@given(cuts=st.lists(st.integers(0, 26000), max_size=12), live=st.booleans())
def test_any_chunking_gives_the_same_tokens(model, clip, tokens, cuts, live):
    with model.encoder(live=live) as encoder:
        np.testing.assert_array_equal(in_pieces(encoder, clip, cuts), tokens)
        np.testing.assert_array_equal(in_pieces(encoder, clip[:5000], cuts), model.encode(clip[:5000], 16000))


@given(cuts=st.lists(st.integers(0, 85), max_size=12), n_q=st.integers(1, 18), live=st.booleans())
def test_any_chunking_gives_the_same_sound(model, tokens, cuts, n_q, live):
    whole = model.decode(tokens[:, :n_q])
    with model.decoder(live=live) as decoder:
        np.testing.assert_array_equal(in_groups(decoder, tokens[:, :n_q], cuts)[model.delay :], whole)


@given(picked=st.lists(st.integers(0, 5), min_size=1, max_size=5), threads=st.integers(1, 4), n_q=st.integers(1, 18))
def test_any_batch_and_thread_count_give_the_same(model, speech, picked, threads, n_q):
    clips = [speech[i][: 8000 + 3001 * i] for i in picked]
    batch, lengths = model.encode(clips, 16000, n_q=n_q, threads=threads)
    assert batch.shape == (len(clips), lengths.max(), n_q) and lengths.dtype == np.int64
    for rows, length, clip in zip(batch, lengths, clips):
        np.testing.assert_array_equal(rows[:length], model.encode(clip, 16000, n_q=n_q))
        assert (rows[length:] == quaver.NO_TOKEN).all()
    sounds = model.decode(batch, lengths=lengths, num_samples=[len(clip) for clip in clips], threads=threads)
    for sound, rows, length, clip in zip(sounds, batch, lengths, clips):
        np.testing.assert_array_equal(sound, model.decode(rows[:length], num_samples=len(clip)))
        assert len(sound) == len(clip)


def test_padding_needs_no_lengths(model, speech):
    batch, lengths = model.encode(speech, 16000, n_q=4)
    for one, other in zip(model.decode(batch), model.decode(batch, lengths=lengths)):
        np.testing.assert_array_equal(one, other)


def test_equal_lengths_stay_arrays(model, speech):
    batch = np.stack([clip[:16000] for clip in speech])
    tokens, lengths = model.encode(batch, 16000, n_q=3)
    assert tokens.shape == (6, lengths[0], 3)
    sounds = model.decode(tokens)
    assert isinstance(sounds, np.ndarray) and sounds.shape == (6, lengths[0] * 320 - model.delay)


def test_the_sound_comes_back_aligned(model, speech):
    for clip in speech:
        sound = model.decode(model.encode(clip, 16000), num_samples=len(clip))
        correlation = np.fft.irfft(np.fft.rfft(clip, 65536) * np.conj(np.fft.rfft(sound, 65536)))
        assert abs(int(np.argmax(np.roll(correlation, 32768))) - 32768) <= 1
        assert np.corrcoef(clip, sound)[0, 1] > 0.5


@pytest.mark.parametrize("dtype", [np.float64, np.float16, ">f4"])
def test_other_floats_are_converted(model, clip, dtype):
    np.testing.assert_array_equal(
        model.encode(clip.astype(dtype), 16000, n_q=4), model.encode(clip.astype(dtype).astype(np.float32), 16000, n_q=4)
    )


def test_int16_is_that_of_floats(model, clip, tokens):
    pcm = np.round(clip * 32768).astype(np.int16)
    np.testing.assert_array_equal(model.encode(pcm, 16000), tokens)
    sound = model.decode(tokens, dtype=np.int16)
    assert sound.dtype == np.int16
    expected = np.clip(np.rint(model.decode(tokens).astype(np.float64) * 32768), -32768, 32767)
    np.testing.assert_array_equal(sound, expected)


def test_views_are_taken(model, clip, tokens):
    wide = np.repeat(clip, 2)
    np.testing.assert_array_equal(model.encode(wide[::2], 16000), tokens)
    wide.flags.writeable = False
    np.testing.assert_array_equal(model.encode(wide[::2], 16000), tokens)
    np.testing.assert_array_equal(model.decode(np.asfortranarray(tokens)), model.decode(tokens))


def test_a_clip_is_taken_without_a_copy(clip):
    from quaver import _arrays

    assert _arrays.samples(clip) is clip
    pcm = np.zeros(100, np.int16)
    assert np.shares_memory(_arrays.samples(pcm), pcm)


class WithArray:
    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array if dtype is None else self.array.astype(dtype)


class WithDlpack:
    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


@pytest.mark.parametrize("wrapper", [WithArray, WithDlpack])
def test_arrays_of_others_are_taken(model, clip, tokens, wrapper):
    np.testing.assert_array_equal(model.encode(wrapper(clip), 16000), tokens)
    np.testing.assert_array_equal(model.decode(wrapper(tokens.astype(np.int64))), model.decode(tokens))


def test_memory_maps_are_taken(model, clip, tokens, tmp_path):
    np.save(tmp_path / "clip.npy", clip)
    np.testing.assert_array_equal(model.encode(np.load(tmp_path / "clip.npy", mmap_mode="r"), 16000), tokens)


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.int64, np.uint32, np.uint64, ">u2"])
def test_tokens_of_any_integer_type(model, tokens, dtype):
    np.testing.assert_array_equal(model.decode(tokens.astype(dtype)), model.decode(tokens))


def test_minus_one_is_no_token(model, tokens):
    ragged = tokens.astype(np.int64)
    ragged[3:9, 5:] = -1
    ragged[20] = -1
    as_tokens = tokens.copy()
    as_tokens[3:9, 5:] = quaver.NO_TOKEN
    as_tokens[20] = quaver.NO_TOKEN
    np.testing.assert_array_equal(model.decode(ragged), model.decode(as_tokens))
    with model.decoder() as decoder:
        parts = [decoder.push(tokens[:3]), decoder.push(tokens[3:9, :5]), decoder.push(tokens[9:20])]
        parts += [decoder.conceal(), decoder.push(tokens[21:])]
    np.testing.assert_array_equal(np.concatenate(parts)[model.delay :], model.decode(ragged))


@pytest.mark.parametrize("bitrate, effort, seconds", [(1500, 0, 9), (3000, 0, 9), (2000, 1, 2)])
def test_a_bit_rate_is_held(model, speech, bitrate, effort, seconds):
    clip = np.concatenate(speech)[: seconds * 16000]
    tokens = model.encode(clip, 16000, bitrate=bitrate, effort=effort)
    packets = [model.pack(tokens[i : i + 25], (25, 6)) for i in range(0, len(tokens), 25)]
    assert 0.7 * bitrate < 8 * sum(map(len, packets)) / seconds < 1.1 * bitrate


def test_a_batch_at_a_bit_rate(model, speech):
    clips = [clip[:12345] for clip in speech[:3]]
    batch, lengths = model.encode(clips, 16000, bitrate=2500, threads=2)
    for rows, length, clip in zip(batch, lengths, clips):
        alone = model.encode(clip, 16000, bitrate=2500)
        np.testing.assert_array_equal(rows[:length, : alone.shape[1]], alone)
        assert (rows[:length, alone.shape[1] :] == quaver.NO_TOKEN).all()


def test_variable_rate_follows_the_level(model, clip):
    quiet = np.concatenate([clip, np.zeros(16000, np.float32)])
    tokens = model.encode(quiet, 16000, n_q=8, vbr=True)
    counts = (tokens != quaver.NO_TOKEN).sum(axis=1)
    assert counts.max() == 8 and counts[-20:].max() == 1


def test_long_clips_go_in_pieces(model, speech, monkeypatch):
    from quaver import _clips

    clip = np.concatenate(speech)
    whole, again = model.encode(clip, 16000), None
    sound = model.decode(whole)
    monkeypatch.setattr(_clips, "SECONDS", 1)
    again = model.encode(clip, 16000)
    np.testing.assert_array_equal(again, whole)
    np.testing.assert_array_equal(model.decode(again), sound)


def test_streams_of_other_rates_go_through_soxr(model, clip):
    soxr = pytest.importorskip("soxr")
    for rate in (8000, 22050, 44100, 48000):
        other = soxr.resample(clip, 16000, rate).astype(np.float32)
        tokens = model.encode(other, rate, n_q=8)
        assert len(tokens) == -(-(-(-len(other) * 16000 // rate) + model.delay) // 320)
        same = model.encode(clip, 16000, n_q=8)
        count = min(len(same), len(tokens))
        # The lowest rate has lost half of the band; the others differ by the resampler's edge.
        assert (tokens[:count, 0] == same[:count, 0]).mean() > (0.3 if rate == 8000 else 0.7)


def test_soxr_is_asked_for(model, clip, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "soxr", None)
    with pytest.raises(ImportError, match=r"quaver\[audio\]"):
        model.encode(clip, 44100)
    model.encode(clip, 16000, n_q=1)  # needs none


def counted(monkeypatch, place, then):
    """Calls of the library for float32 samples, each of which `then` gets the number of."""
    from quaver import _clips

    dtype = np.dtype(np.float32)
    before = _clips.SAMPLES[dtype]
    lock, calls = threading.Lock(), []

    def call(*arguments):
        result = before[place](*arguments)
        with lock:
            calls.append(arguments)
            number = len(calls)
        then(number)
        return result

    monkeypatch.setitem(_clips.SAMPLES, dtype, (*before[:place], call, *before[place + 1 :]))
    return calls


KINDS = {
    "encode": (1, lambda model, clip: model.encode(clip, 16000, n_q=4)),
    "bitrate": (2, lambda model, clip: model.encode(clip, 16000, bitrate=2000)),
    "decode": (3, lambda model, clip: model.decode(model.encode(clip, 16000, n_q=4))),
}


@pytest.mark.parametrize("kind", KINDS)
def test_ctrl_c_ends_a_long_clip_after_the_piece(model, speech, monkeypatch, kind):
    def interrupt(number):
        if number == 2:
            signal.raise_signal(signal.SIGINT)

    clip = np.tile(np.concatenate(speech), 2)[: 16 * 16000]
    place, call = KINDS[kind]
    wanted = call(model, clip)
    calls = counted(monkeypatch, place, interrupt)
    with pytest.raises(KeyboardInterrupt):
        call(model, clip)
    assert len(calls) == 2
    np.testing.assert_array_equal(call(model, clip), wanted)  # and nothing is spoilt
    assert len(calls) >= 5


def test_ctrl_c_ends_the_threads_of_a_batch(model, speech, monkeypatch):
    """The main thread, which waits, gets the signal; the others stop after the piece that they are at."""
    from quaver import _clips

    clip = np.tile(np.concatenate(speech), 2)[: 16 * 16000]
    wanted = model.encode(clip, 16000, n_q=1)

    def interrupt(number):
        if number == 1:
            os.kill(os.getpid(), signal.SIGINT)
        if number <= 2:
            assert _clips._thread.stop.wait(60)

    calls = counted(monkeypatch, 1, interrupt)
    with pytest.raises(KeyboardInterrupt):
        model.encode([clip] * 6, 16000, n_q=1, threads=2)
    assert len(calls) == 2
    np.testing.assert_array_equal(model.encode([clip, clip], 16000, n_q=1, threads=2)[0][1], wanted)


@pytest.mark.parametrize("clips", [1, 3])
def test_ctrl_c_does_not_wait_for_effort(model, clip, monkeypatch, clips):
    """The library looks at 30 seconds in one call. Here the call ends only after the caller has gone on."""
    gone_on, ended = threading.Event(), threading.Event()

    def interrupt(number):
        if number == 1:
            os.kill(os.getpid(), signal.SIGINT)
        assert gone_on.wait(60)
        ended.set()

    what = clip[:8000] if clips == 1 else [clip[:8000]] * clips
    options = {"bitrate": 2000, "effort": 1, "threads": 2}
    wanted = model.encode(what, 16000, **options)
    calls = counted(monkeypatch, 2, interrupt)
    with pytest.raises(KeyboardInterrupt):
        model.encode(what, 16000, **options)
    gone_on.set()
    assert ended.wait(60) and len(calls) <= 2
    np.testing.assert_array_equal(model.encode(what, 16000, **options)[0], wanted[0])


def test_stereo_counts_as_two_clips(model, clip):
    """As the documentation warns."""
    stereo = np.stack([clip, clip[::-1]])
    tokens, lengths = model.encode(stereo, 16000, n_q=2)
    assert len(tokens) == len(lengths) == 2
    with pytest.raises(ValueError, match=r"clips of 2 samples; mix channels down first, as with x.mean\(axis=1\)"):
        model.encode(stereo.T, 16000)
