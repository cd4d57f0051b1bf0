"""Streams: states, lost frames, packets."""

from __future__ import annotations

import contextlib
import signal
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quaver


@given(cut=st.integers(0, 25000))
def test_a_state_can_move_to_another_stream(model, clip, tokens, cut):
    first = model.encoder()
    head = first.push(clip[:cut])
    second = model.encoder()
    second.push(clip[:777])
    second.restore(first.state())
    first.push(clip[:5000])
    np.testing.assert_array_equal(np.concatenate([head, second.push(clip[cut:]), second.flush()]), tokens)


@given(cut=st.integers(0, 80))
def test_a_decoder_state_too(model, tokens, cut):
    first = model.decoder()
    head = first.push(tokens[:cut])
    second = model.decoder(live=True)
    second.restore(first.state())
    sound = np.concatenate([head, second.push(tokens[cut:])])
    np.testing.assert_array_equal(sound[model.delay :], model.decode(tokens))


def test_a_foreign_state_changes_nothing(model, other_model, clip, tokens):
    encoder, decoder = model.encoder(), model.decoder()
    head = encoder.push(clip[:10000])
    for bad in (b"", b"x", decoder.state(), other_model.encoder().state(), encoder.state()[:-1]):
        with pytest.raises(quaver.StateError):
            encoder.restore(bad)
    np.testing.assert_array_equal(np.concatenate([head, encoder.push(clip[10000:]), encoder.flush()]), tokens)


@pytest.mark.parametrize("kind", ["encoder", "decoder"])
def test_a_damaged_state_changes_nothing(model, clip, tokens, kind):
    stream = getattr(model, kind)()
    stream.push(clip[:10007] if kind == "encoder" else tokens[:31])
    state = stream.state()
    for place in (*range(0, 60), *range(60, len(state), 1999), len(state) - 1):
        for bit in (0, 7):
            damaged = bytearray(state)
            damaged[place] ^= 1 << bit
            with pytest.raises(quaver.StateError):
                stream.restore(damaged)
    swapped = state[:48] + state[52:56] + state[48:52] + state[56:]
    for damaged in (state[:48] + bytes(len(state) - 48), *([swapped] if swapped != state else [])):
        with pytest.raises(quaver.StateError):
            stream.restore(damaged)
    assert stream.state() == state
    stream.restore(memoryview(state))


def test_flush_and_reset_leave_a_fresh_stream(model, clip, tokens):
    with model.encoder() as encoder:
        assert encoder.flush().shape == (0, 18)
        for _ in range(2):
            np.testing.assert_array_equal(np.concatenate([encoder.push(clip), encoder.flush()]), tokens)
        encoder.push(clip[:9999])
        encoder.reset()
        np.testing.assert_array_equal(np.concatenate([encoder.push(clip), encoder.flush()]), tokens)


def test_any_end_has_the_frames_of_the_whole(model, clip):
    for length in (1, 79, 80, 240, 241, 319, 320, 321, 640):
        with model.encoder(n_q=2) as encoder:
            parts = [encoder.push(clip[:length]), encoder.flush()]
        np.testing.assert_array_equal(np.concatenate(parts), model.encode(clip[:length], 16000, n_q=2))


def test_a_closed_stream_says_so(model, clip, tokens):
    with model.encoder() as encoder, model.decoder() as decoder:
        pass
    assert encoder.closed and decoder.closed
    encoder.close()
    state = model.encoder().state()
    for call in (
        lambda: encoder.push(clip), encoder.flush, encoder.state, encoder.reset, lambda: encoder.restore(state),
        encoder.__enter__,
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"the Encoder is closed; model.encoder\(\) makes another"):
            call()
    packet = model.pack(tokens[:1])
    for call in (
        lambda: decoder.push(tokens), decoder.conceal, lambda: decoder.push_packet(packet, (25, 18)), decoder.state,
        decoder.reset, decoder.__enter__,
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"the Decoder is closed; model.decoder\(\) makes another"):
            call()


def test_a_flush_of_a_closed_stream_that_was_not_used(model):
    encoder = model.encoder()
    assert not encoder.closed
    encoder.close()
    with pytest.raises(ValueError, match="closed"):
        encoder.flush()


def test_a_stream_keeps_its_model():
    encoder = quaver.Model().encoder(n_q=1)
    assert len(encoder.push(np.zeros(3200, np.float32))) == 10


def test_concealment_is_that_of_a_lost_row(model, tokens):
    lost = tokens.copy()
    lost[30:33] = quaver.NO_TOKEN
    one, other = model.decoder(), model.decoder()
    sound = [one.push(tokens[:30]), one.conceal(2), one.conceal(), one.push(tokens[33:])]
    np.testing.assert_array_equal(np.concatenate(sound), other.push(lost))


def test_run_in(model, tokens):
    """A decoder that begins in the middle gives the same bits after run_in frames."""
    whole = model.decoder().push(tokens)
    late = model.decoder().push(tokens[20:])
    np.testing.assert_array_equal(late[model.run_in * 320 :], whole[(20 + model.run_in) * 320 :])


def test_int16_streams(model, tokens):
    np.testing.assert_array_equal(
        model.decoder(dtype=np.int16).push(tokens)[model.delay :], model.decode(tokens, dtype=np.int16)
    )


@given(
    start=st.integers(0, 50), frames=st.integers(1, 25), n_q=st.integers(0, 18), common=st.integers(0, 18),
    agreed=st.integers(1, 25), ragged=st.booleans(),
)  # fmt: skip
def test_packets_are_the_identity(model, tokens, start, frames, n_q, common, agreed, ragged):
    part = tokens[start : start + frames, :n_q].copy()
    if ragged and n_q:
        part[1::2, n_q // 2 :] = quaver.NO_TOKEN
    format = quaver.PacketFormat(agreed, common)
    packet = model.pack(part, format)
    again = model.unpack(packet, format)
    width = int((part != quaver.NO_TOKEN).any(axis=0).sum())
    np.testing.assert_array_equal(again, part[:, :width])


def test_packets_of_the_default_format(model, tokens):
    packet = model.pack(tokens[:25])
    assert isinstance(packet, bytes)
    np.testing.assert_array_equal(model.unpack(packet), tokens[:25])
    np.testing.assert_array_equal(model.unpack(memoryview(bytearray(packet))), tokens[:25])


def test_a_packet_channel(model, clip):
    format = quaver.PacketFormat(1, 6)
    with model.encoder(n_q=6, live=True) as encoder, model.decoder(live=True) as decoder, model.decoder() as plain:
        for start in range(0, 9600, 320):
            tokens = encoder.push(clip[start : start + 320])
            sound = decoder.push_packet(model.pack(tokens, format), format)
            np.testing.assert_array_equal(sound, plain.push(tokens))


def test_damaged_packets(model, tokens):
    decoder, twin = model.decoder(), model.decoder()
    format = quaver.PacketFormat(1, 6)
    for bad in (b"", b"\xff" * 9000, model.pack(tokens[:5, :6], format)):
        with pytest.raises(quaver.DamagedPacket):
            decoder.push_packet(bad, format)
    with pytest.raises(quaver.DamagedPacket):
        model.unpack(b"")
    np.testing.assert_array_equal(decoder.push(tokens), twin.push(tokens))
    for frames in (0, 26):
        with pytest.raises(ValueError, match="a packet holds 1 .. 25"):
            model.pack(tokens[:frames])


@given(junk=st.binary(max_size=200))
def test_any_bytes_decode_or_are_refused(model, junk):
    try:
        rows = model.unpack(junk)
    except quaver.DamagedPacket:
        return
    assert 1 <= len(rows) <= 25
    assert ((rows < model.codes) | (rows == quaver.NO_TOKEN)).all()


def test_a_long_push_is_that_of_short_ones(model, speech):
    clip = np.tile(np.concatenate(speech), 2)[: 16 * 16000 - 77]
    with model.encoder(4) as encoder, model.decoder() as decoder:
        tokens = encoder.push(clip)
        sound = decoder.push(tokens)
        encoder.reset(), decoder.reset()
        pieces = [encoder.push(clip[start : start + 7777]) for start in range(0, len(clip), 7777)]
        np.testing.assert_array_equal(np.concatenate(pieces), tokens)
        np.testing.assert_array_equal(np.concatenate([decoder.push(part) for part in pieces]), sound)


@pytest.mark.parametrize("kind", ["encoder", "decoder"])
def test_ctrl_c_in_a_long_push(model, clip, tokens, kind, monkeypatch):
    """The stream is then as it was; before and after it is used."""
    from quaver import _clips, streams

    what = clip if kind == "encoder" else tokens[:, :6]
    long = np.concatenate([what] * (1 + 16 * 16000 // len(clip)))
    dtype = np.dtype(np.float32)
    place = 1 if kind == "encoder" else 3
    calls = []

    def interrupted(*arguments):
        result = _calls[place](*arguments)
        calls.append(result)
        if len(calls) == 2:
            signal.raise_signal(signal.SIGINT)
        return result

    _calls = _clips.SAMPLES[dtype]
    monkeypatch.setitem(streams.SAMPLES, dtype, (*_calls[:place], interrupted, *_calls[place + 1 :]))
    with getattr(model, kind)() as stream, getattr(model, kind)() as twin:
        for before in (what[:0], what[: len(what) // 3]):
            calls[:] = [0, 0, 0]
            stream.push(before), twin.push(before)
            calls.clear()
            with pytest.raises(KeyboardInterrupt):
                stream.push(long)
            assert len(calls) == 2 and stream.state() == twin.state()
            calls[:] = [0, 0, 0]
            np.testing.assert_array_equal(stream.push(what), twin.push(what))
        if kind == "encoder":
            np.testing.assert_array_equal(stream.flush(), twin.flush())


def test_threads_that_share_a_stream_wait_for_each_other(model):
    encoder = model.encoder(8)
    frames = []

    def push():
        for _ in range(40):
            frames.append(len(encoder.push(np.zeros(1500, np.float32))))

    threads = [threading.Thread(target=push) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(frames) == 4 * 40 * 1500 // model.frame_samples


def test_closing_waits_for_another_thread(model):
    encoder = model.encoder(8)
    got = []

    def push():
        with contextlib.suppress(ValueError):  # it was closed before
            got.append(len(encoder.push(np.zeros(160_000, np.float32))))

    thread = threading.Thread(target=push)
    thread.start()
    encoder.close()
    thread.join()
    assert got in ([], [500])  # closed before it began, or after it ended
    with pytest.raises(ValueError, match="closed"):
        encoder.push(np.zeros(10, np.float32))
