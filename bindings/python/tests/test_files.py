""".qvr and .npy files: the identity, the program's bytes, damage."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import subprocess
import threading

import numpy as np
import pytest
import soundfile
from conftest import SAMPLES
from hypothesis import given
from hypothesis import strategies as st

import quaver


@given(
    frames=st.integers(1, 75), n_q=st.integers(1, 18), lost=st.lists(st.integers(0, 74), max_size=5),
    short=st.integers(0, 18), packet=st.integers(1, 25), rate=st.sampled_from([8000, 16000, 44100]), channels=st.integers(1, 255),
)  # fmt: skip
def test_save_and_load_are_the_identity(model, tokens, frames, n_q, lost, short, packet, rate, channels):
    rows = tokens[:frames, :n_q].copy()
    rows[1::3, short:] = quaver.NO_TOKEN
    for place in lost:
        rows[place % frames] = quaver.NO_TOKEN
    rows[0] = tokens[0, :n_q]
    file = io.BytesIO()
    samples = (frames * 320 - model.delay) * rate // 16000
    quaver.save(file, rows, model, sample_rate=rate, channels=channels, format=(packet, n_q))
    again, info = quaver.load(io.BytesIO(file.getvalue()))
    np.testing.assert_array_equal(again, rows)
    assert (info.sample_rate, info.channels, info.num_samples) == (rate, channels, samples)
    assert info.model == model and info.format == (packet, n_q) and info.skip == model.delay
    twice = io.BytesIO()
    quaver.save(
        twice, again, info.model, num_samples=info.num_samples, sample_rate=info.sample_rate, channels=info.channels,
        format=info.format,
    )  # fmt: skip
    assert twice.getvalue() == file.getvalue()


COMMENTS = ("TITLE=Über den Wolken", "ARTIST=a=b", "EMPTY=", "TITLE=again")


def test_comments(model, tokens):
    file = io.BytesIO()
    quaver.save(file, tokens, model, comments=COMMENTS)
    assert quaver.load(io.BytesIO(file.getvalue()))[1].comments == COMMENTS
    for bad in ("TITLE=one string", ["no name"], ["A=\0"], [b"A=b"], ["Ü=x"], ["A=" + 60000 * "x"]):
        with pytest.raises(ValueError, match="tag|comment|wanted strings"):
            quaver.save(io.BytesIO(), tokens, model, comments=bad)


def test_the_length_is_exact(model, clip, tokens, tmp_path):
    quaver.save(tmp_path / "talk.qvr", tokens, model, num_samples=len(clip))
    rows, info = quaver.load(tmp_path / "talk.qvr", model)
    assert info.num_samples == info.model_samples == len(clip) and info.duration == len(clip) / 16000
    np.testing.assert_array_equal(
        model.decode(rows, num_samples=info.model_samples), model.decode(tokens, num_samples=len(clip))
    )


@pytest.fixture(scope="module")
def coded(program, tmp_path_factory):
    """What the program makes of all samples: .npy of all tokens, .qvr of six a frame."""
    folder = tmp_path_factory.mktemp("coded")
    program("encode", *SAMPLES, "-o", f"{folder}/npy/", "--format", "npy", "--tokens", 18, "--jobs", 2)
    program("encode", *SAMPLES, "-o", f"{folder}/qvr/", "--tokens", 6, "--jobs", 2)
    return folder


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_files_of_the_program(model, coded, tmp_path, path):
    sound, rate = soundfile.read(path, dtype="float32")
    tokens = model.encode(sound, rate)
    np.save(tmp_path / "python.npy", tokens)
    assert (tmp_path / "python.npy").read_bytes() == (coded / "npy" / f"{path.stem}.npy").read_bytes()
    again, info = quaver.load(coded / "qvr" / f"{path.stem}.qvr")
    # The program copies the tags of its input.
    quaver.save(tmp_path / "python.qvr", tokens[:, :6], model, num_samples=len(sound), comments=info.comments)
    assert (tmp_path / "python.qvr").read_bytes() == (coded / "qvr" / f"{path.stem}.qvr").read_bytes()
    np.testing.assert_array_equal(again, tokens[:, :6])
    assert info.model == model and info.num_samples == len(sound)


@pytest.mark.parametrize("bitrate, effort, seconds", [(1500, 0, 4), (3000, 0, 4), (2000, 1, 1)])
def test_the_files_of_the_program_at_a_bit_rate(model, program, tmp_path, bitrate, effort, seconds):
    sound, rate = soundfile.read(SAMPLES[0], frames=seconds * 16000 - 77, dtype="int16")
    soundfile.write(tmp_path / "talk.wav", sound, rate, subtype="PCM_16")
    options = ("--bitrate", bitrate, "--effort", effort)
    program("encode", tmp_path / "talk.wav", "-o", tmp_path / "program.qvr", *options)
    tokens = model.encode(sound, rate, bitrate=bitrate, effort=effort)
    format = model.packet_format(bitrate=bitrate, effort=effort)
    quaver.save(tmp_path / "python.qvr", tokens, model, num_samples=len(sound), format=format)
    assert (tmp_path / "python.qvr").read_bytes() == (tmp_path / "program.qvr").read_bytes()


def test_the_program_decodes_the_same(model, program, tokens, clip, tmp_path):
    quaver.save(tmp_path / "talk.qvr", tokens, model, num_samples=len(clip))
    program("decode", tmp_path / "talk.qvr", "-o", tmp_path / "talk.wav")
    sound, rate = soundfile.read(tmp_path / "talk.wav", dtype="int16")
    assert rate == 16000
    np.testing.assert_array_equal(model.decode(tokens, num_samples=len(clip), dtype=np.int16), sound)


def test_other_rates_as_the_program(model, program, tmp_path):
    soxr = pytest.importorskip("soxr")
    sound, _ = soundfile.read(SAMPLES[1], dtype="float32")
    other = np.round(soxr.resample(sound, 16000, 44100) * 32768).clip(-32768, 32767).astype(np.int16)
    soundfile.write(tmp_path / "talk.wav", other, 44100, subtype="PCM_16")
    program("encode", tmp_path / "talk.wav", "-o", tmp_path / "talk.npy", "--tokens", 8)
    theirs, ours = np.load(tmp_path / "talk.npy"), model.encode(other, 44100, n_q=8)
    assert theirs.shape == ours.shape
    assert (theirs == ours).mean() > 0.98  # two builds of soxr differ in the last bits


def test_a_file_of_another_model(model, other_model, clip, tmp_path):
    rows = other_model.encode(clip[:8000], 16000)
    quaver.save(tmp_path / "tiny.qvr", rows, other_model)
    with pytest.raises(ValueError, match=f"made with the model {other_model.identity}"):
        quaver.load(tmp_path / "tiny.qvr", model)
    with pytest.raises(quaver.ModelError, match=other_model.identity):
        quaver.load(tmp_path / "tiny.qvr")
    np.testing.assert_array_equal(quaver.load(tmp_path / "tiny.qvr", other_model)[0], rows)


@pytest.fixture
def talk(model, tokens, tmp_path):
    """A file of several pages: 20 seconds."""
    rows = np.concatenate([tokens] * 15)[:1000, :6]
    quaver.save(tmp_path / "talk.qvr", rows, model, format=(25, 6))
    return tmp_path / "talk.qvr", rows


def test_a_cut_file_gives_what_was_saved(talk):
    path, rows = talk
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(quaver.DamagedStream, match=r"talk.qvr: .*frames were saved") as caught:
        quaver.load(path)
    saved = caught.value.tokens
    assert 200 <= len(saved) < 1000
    np.testing.assert_array_equal(saved, rows[: len(saved)])
    assert caught.value.info.num_samples is None and caught.value.info.duration is None
    assert caught.value.damage


def test_a_cut_or_damaged_file_gives_what_the_program_saves(model, program, talk, tmp_path):
    """The same frames, and their sound to the sample, wherever the file is cut, or a byte is wrong."""
    path, rows = talk
    whole = path.read_bytes()
    ends = [place for place in range(len(whole)) if whole[place : place + 4] == b"OggS"]
    places = sorted({*ends[2:], *(end - 1 for end in ends[3:]), ends[-1] + 40, len(whole) - 1, len(whole) // 3})
    damaged = [whole[:place] for place in places]
    damaged += [whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :] for place in (len(whole) // 3, ends[-1] + 50)]
    for number, data in enumerate(damaged):
        path.write_bytes(data)
        with pytest.raises(quaver.DamagedStream) as caught:
            quaver.load(path)
        with contextlib.suppress(subprocess.CalledProcessError):  # it exits with 3
            program("decode", path, "-o", tmp_path / f"{number}.wav")
        saved, info = caught.value.tokens, caught.value.info
        if len(saved) == 0:
            assert data in (whole[: ends[2]], whole[: ends[3] - 1])
            continue
        theirs, _ = soundfile.read(tmp_path / f"{number}.wav", dtype="int16")
        np.testing.assert_array_equal(model.decode(saved, num_samples=info.model_samples, dtype=np.int16), theirs)


def test_a_damaged_page_is_lost_alone(model, talk):
    path, rows = talk
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(quaver.DamagedStream) as caught:
        quaver.load(path)
    saved = caught.value.tokens
    assert saved.shape == rows.shape
    lost = (saved == quaver.NO_TOKEN).all(axis=1)
    assert 100 <= lost.sum() <= 300
    np.testing.assert_array_equal(saved[~lost], rows[~lost])
    assert caught.value.info.num_samples == len(rows) * 320 - model.delay
    assert len(model.decode(saved, num_samples=caught.value.info.model_samples)) == caught.value.info.num_samples


@given(place=st.integers(0, 10**6), byte=st.integers(1, 255))
def test_any_damaged_byte_is_told(model, tokens, place, byte):
    file = io.BytesIO()
    quaver.save(file, tokens[:, :4], model)
    data = bytearray(file.getvalue())
    data[place % len(data)] ^= byte
    try:
        rows, _ = quaver.load(io.BytesIO(data), model)
    except (quaver.DamagedStream, ValueError):
        return
    np.testing.assert_array_equal(rows, tokens[:, :4])  # a byte that says nothing


@pytest.mark.parametrize("data", [b"", b"OggS", b"RIFF" + bytes(5000), bytes(2_000_000)], ids=len)
def test_no_qvr_file(tmp_path, data):
    (tmp_path / "talk.qvr").write_bytes(data)
    with pytest.raises(quaver.DamagedStream, match="talk.qvr") as caught:
        quaver.load(tmp_path / "talk.qvr")
    assert caught.value.tokens is None and caught.value.info is None


def test_missing_files_and_folders(model, tokens, tmp_path):
    with pytest.raises(FileNotFoundError):
        quaver.load(tmp_path / "none.qvr")
    with pytest.raises(FileNotFoundError):
        quaver.save(tmp_path / "none" / "talk.qvr", tokens, model)
    with pytest.raises(IsADirectoryError):
        quaver.load(tmp_path)


def test_what_a_file_object_raises_comes_out(model, tokens):
    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(28, "No space left on device")

    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise TimeoutError("the line is dead")

    with pytest.raises(OSError, match="No space left"):
        quaver.save(Full(), tokens, model)
    with pytest.raises(TimeoutError, match="the line is dead"):
        quaver.load(Broken())


def test_a_failed_save_leaves_the_old_file(model, tokens, tmp_path):
    path = tmp_path / "talk.qvr"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match="num_samples: got 1000000"):
        quaver.save(path, tokens, model, num_samples=1000000)
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["talk.qvr"]


def test_saved_files_have_the_usual_mode(model, tokens, tmp_path):
    quaver.save(tmp_path / "new.qvr", tokens, model)
    (tmp_path / "plain").touch()
    assert stat.S_IMODE((tmp_path / "new.qvr").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)
    (tmp_path / "old.qvr").touch(mode=0o600)
    quaver.save(tmp_path / "old.qvr", tokens, model)
    assert stat.S_IMODE((tmp_path / "old.qvr").stat().st_mode) == 0o600
    (tmp_path / "link.qvr").symlink_to("old.qvr")
    quaver.save(tmp_path / "link.qvr", tokens[:5], model)
    assert (tmp_path / "link.qvr").is_symlink() and len(quaver.load(tmp_path / "old.qvr")[0]) == 5


@pytest.mark.parametrize(
    "options, message",
    [
        ({"sample_rate": 10}, "sample_rate: got 10"),
        ({"channels": 0}, "channels: got 0"),
        ({"format": (26, 6)}, "format.frames: got 26"),
        ({"format": (25, 19)}, "format.n_q: got 19"),
        ({"num_samples": -1}, "num_samples: got -1"),
    ],
    ids=str,
)
def test_wrong_options(model, tokens, options, message):
    with pytest.raises(ValueError, match=message):
        quaver.save(io.BytesIO(), tokens, model, **options)
    with pytest.raises(ValueError, match="no frames"):
        quaver.save(io.BytesIO(), tokens[:0], model)


def test_devices_and_pipes_are_written_to_not_replaced(model, tokens, tmp_path):
    quaver.save(tmp_path / "file.qvr", tokens, model)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    quaver.save(pipe, tokens, model)
    reader.join()
    assert got == [(tmp_path / "file.qvr").read_bytes()] and pipe.is_fifo()
