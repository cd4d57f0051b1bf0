"""Arguments of the wrong kind, in every place: always a ValueError that names the place, never a TypeError, and no crash."""

from __future__ import annotations

import io

import numpy as np
import pytest

import quaver


class Thing:
    pass


class Refuses:
    """Raises whatever it is asked."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("no")

    __index__ = __float__ = __len__ = __bool__ = __array__


class NoArray:
    def __array__(self, dtype=None, copy=None):
        return 5


ODD = {
    "text": "abc",
    "number as text": "3",
    "float": 2.5,
    "whole float": 3.0,
    "NaN": float("nan"),
    "huge": 10**400,
    "complex": 1j,
    "object": Thing(),
    "type": int,
    "function": len,
    "generator": iter([1]),
    "dict": {"a": 1},
    "list of texts": ["a", "b"],
    "list of None": [None],
    "nested": [[1, 2], [3, 4]],
    "ragged": [[1], [2, 3]],
    "list of an empty list": [[]],
    "tuple of three": (1, 2, 3),
    "sound and text": [np.zeros(500, np.float32), "a"],
    "sound and None": [np.zeros(500, np.float32), None],
    "array of objects": np.array([Thing()]),
    "array of texts": np.array(["a", "b"]),
    "array of dates": np.array(["2020-01-01"], "M8[D]"),
    "record": np.zeros(3, [("a", "f4")]),
    "array of one float": np.array([3000.5]),
    "float of no dimension": np.array(1.5),
    "empty of two dimensions": np.zeros((0, 0), np.float32),
    "refuses": Refuses(),
    "no array": NoArray(),
    "ellipsis": ...,
}


def calls(model, clip, tokens):
    file = io.BytesIO()
    quaver.save(file, tokens, model)
    talk = file.getvalue()
    packet = model.pack(tokens[:1], (1, 6))
    encoder, decoder = model.encoder(), model.decoder()
    return {
        "samples": lambda v: model.encode(v, 16000),
        "sample_rate": lambda v: model.encode(clip, v),
        "n_q": lambda v: model.encode(clip, 16000, n_q=v),
        "bitrate": lambda v: model.encode(clip, 16000, bitrate=v),
        "effort": lambda v: model.encode(clip, 16000, bitrate=3000, effort=v),
        "vbr": lambda v: model.encode(clip, 16000, vbr=v),
        "threads": lambda v: model.encode(clip, 16000, threads=v),
        "tokens": model.decode,
        "lengths": lambda v: model.decode(tokens[None], lengths=v),
        "lengths of one clip": lambda v: model.decode(tokens, lengths=v),
        "num_samples": lambda v: model.decode(tokens, num_samples=v),
        "num_samples of a batch": lambda v: model.decode(tokens[None], num_samples=v),
        "skip": lambda v: model.decode(tokens, skip=v),
        "dtype": lambda v: model.decode(tokens, dtype=v),
        "threads of decode": lambda v: model.decode(tokens, threads=v),
        "name": quaver.Model,
        "identity": quaver.Model.with_identity,
        "tokens_for_bitrate": model.tokens_for_bitrate,
        "frames of tokens_for_bitrate": lambda v: model.tokens_for_bitrate(3000, v),
        "expected_bitrate": model.expected_bitrate,
        "encoder.n_q": model.encoder,
        "encoder.live": lambda v: model.encoder(live=v),
        "decoder.dtype": lambda v: model.decoder(dtype=v),
        "packet_format.n_q": lambda v: model.packet_format(n_q=v),
        "packet_format.bitrate": lambda v: model.packet_format(bitrate=v),
        "packet_format.effort": lambda v: model.packet_format(bitrate=3000, effort=v),
        "packet_format.frames_per_packet": lambda v: model.packet_format(n_q=3, frames_per_packet=v),
        "pack": model.pack,
        "pack.format": lambda v: model.pack(tokens[:3], v),
        "unpack": model.unpack,
        "unpack.format": lambda v: model.unpack(packet, v),
        "encoder.push": encoder.push,
        "encoder.restore": encoder.restore,
        "decoder.push": decoder.push,
        "decoder.restore": decoder.restore,
        "conceal": decoder.conceal,
        "push_packet": lambda v: decoder.push_packet(v, (1, 6)),
        "push_packet.format": lambda v: decoder.push_packet(packet, v),
        "codes": quaver.codes,
        "codes.no_token": lambda v: quaver.codes(tokens, no_token=v),
        "quaver.tokens": quaver.tokens,
        "tokens.no_token": lambda v: quaver.tokens(quaver.codes(tokens), no_token=v),
        "save.target": lambda v: quaver.save(v, tokens, model),
        "save.tokens": lambda v: quaver.save(io.BytesIO(), v, model),
        "save.model": lambda v: quaver.save(io.BytesIO(), tokens, v),
        "save.num_samples": lambda v: quaver.save(io.BytesIO(), tokens, model, num_samples=v),
        "save.sample_rate": lambda v: quaver.save(io.BytesIO(), tokens, model, sample_rate=v),
        "save.channels": lambda v: quaver.save(io.BytesIO(), tokens, model, channels=v),
        "save.format": lambda v: quaver.save(io.BytesIO(), tokens, model, format=v),
        "save.comments": lambda v: quaver.save(io.BytesIO(), tokens, model, comments=v),
        "load.source": quaver.load,
        "load.model": lambda v: quaver.load(io.BytesIO(talk), v),
    }


# What some place takes.
FINE = {
    ("sample_rate", "float"), ("save.target", "text"), ("save.target", "number as text"), ("load.source", "text"),
    ("load.source", "number as text"),
}  # fmt: skip


def test_odd_arguments(model, clip, tokens, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.iterdir())
    for place, call in calls(model, clip[:3200], tokens[:5, :6]).items():
        for kind, value in ODD.items():
            if (place, kind) in FINE:
                continue
            try:
                call(value)
            except (ValueError, FileNotFoundError) as failure:
                assert str(failure), (place, kind)
            except Exception as failure:
                pytest.fail(f"{place}, {kind}: {type(failure).__name__}: {failure}")
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize("value", [None, True, np.True_, 0, 19, 2.0, "3", [3], np.array([3])], ids=repr)
def test_counts_are_integers(model, clip, value):
    """n_q of a stream, where None is the default."""
    if value is None:
        assert model.encoder(value).n_q == model.groups
        return
    with pytest.raises(ValueError, match="n_q: got"):
        model.encoder(value)
    with pytest.raises(ValueError, match="n_q: got"):
        model.encode(clip, 16000, n_q=value)


def test_a_number_is_no_path(model, tokens):
    """open() would take it for a file that is open already, and close it."""
    for number in (0, 1, 2, True):
        with pytest.raises(ValueError, match="source: got"):
            quaver.load(number)
        with pytest.raises(ValueError, match="target: got"):
            quaver.save(number, tokens, model)


def test_a_file_opened_as_text(model, tokens, tmp_path):
    quaver.save(tmp_path / "talk.qvr", tokens, model)
    with open(tmp_path / "talk.qvr", encoding="latin-1") as file, pytest.raises(ValueError, match="binary mode"):
        quaver.load(file)
