"""A unit of the plan to its clips, and a clip to its samples. What fails is told for each clip; the others go on."""

from __future__ import annotations

import io
import json
import posixpath
import shutil
import subprocess
import tarfile
import tempfile
import time
from typing import IO, Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

import numpy as np

from . import _places
from ._text import utf8
from ._units import MISSING, PARQUET, TAR, Unit

_SPEAKERS = ("speaker", "speaker_id", "client_id", "spk_id", "spk")
_TEXTS = ("text", "sentence", "transcript", "transcription", "normalized_text")
_PATHS = ("path", "audio_filepath", "file", "audio_path")
_TRIES = 3  # of a URL
LONGEST = 4 * 3600  # seconds: samples and tokens of a clip are in memory
_ROUNDED = 0.05  # seconds that a clip may end behind its file: lists round durations


class Failed(Exception):
    """A clip that cannot be read; the message says why."""


class Clip(NamedTuple):
    """A clip before it is decoded; read() gives its bytes as an open file, or raises OSError or Failed."""

    id: str
    source: str
    speaker: Optional[str]
    text: Optional[str]
    read: Callable[[], IO[bytes]]
    offset: float = 0.0
    duration: float = 0.0
    channel: int = -1


def clips_of(unit: Unit) -> Iterator[Clip]:
    """The clips of a unit, in the order of the file. Raises OSError, ValueError if the file itself cannot be read."""
    if unit.kind == TAR:
        yield from _of_tar(unit)
    elif unit.kind == PARQUET:
        yield from _of_parquet(unit)
    else:
        read = _refusing(unit.text or "not there") if unit.kind == MISSING else lambda: _tried(unit.path)
        yield Clip(
            unit.id, unit.source, unit.speaker, unit.text, read, unit.offset, unit.duration, unit.channel
        )


def _refusing(why: str) -> Callable[[], IO[bytes]]:
    def read() -> IO[bytes]:
        raise Failed(why)

    return read


def _tried(path: str) -> IO[bytes]:
    """The file; of a URL its bytes, as networks fail now and then."""
    if not _places.is_url(path):
        return _places.opened(path)
    for attempt in range(_TRIES):
        try:
            with _places.opened(path) as file:
                return io.BytesIO(file.read())
        except FileNotFoundError:
            raise
        except OSError:
            if attempt == _TRIES - 1:
                raise
            time.sleep(2**attempt)
    raise AssertionError


def _of_tar(unit: Unit) -> Iterator[Clip]:
    """Files of one sample stand together and have the same name up to the first dot, as webdataset has them."""
    with _tried(unit.path) as file, tarfile.open(fileobj=file, mode="r|*") as archive:
        key, sample = None, {}
        for member in archive:
            if not member.isfile():
                continue
            folder, name = posixpath.split(member.name)
            stem, _, kind = name.partition(".")
            if (folder, stem) != key:
                yield from _sample(unit, sample)
                key, sample = (folder, stem), {}
            content = archive.extractfile(member)
            sample[kind.lower()] = (member.name, content.read() if content else b"")
        yield from _sample(unit, sample)


def _sample(unit: Unit, sample: Dict[str, Tuple[str, bytes]]) -> Iterator[Clip]:
    facts: Dict[str, Any] = {}
    if "json" in sample:
        try:
            facts = json.loads(sample["json"][1])
        except (ValueError, RecursionError):
            facts = {}
        facts = facts if isinstance(facts, dict) else {}
    for kind, key in (("txt", "text"), ("spk", "speaker"), ("speaker", "speaker")):
        if kind in sample:
            facts.setdefault(key, sample[kind][1].decode("utf-8", "replace").strip())
    for kind, (name, content) in sorted(sample.items()):
        if _places.is_sound("x." + kind):
            yield Clip(
                utf8(f"{unit.id}/{name}"), unit.source, _first(facts, _SPEAKERS), _first(facts, _TEXTS),
                lambda content=content: io.BytesIO(content),
            )  # fmt: skip


def _first(facts: Dict[str, Any], keys: Tuple[str, ...]) -> Optional[str]:
    for key in keys:
        value = facts.get(key)
        if value is not None and not isinstance(value, (dict, list, bytes)) and str(value):
            return str(value)
    return None


def _of_parquet(unit: Unit) -> Iterator[Clip]:
    import pyarrow.parquet as pq

    with _tried(unit.path) as file:
        table = pq.ParquetFile(file)
        before = sum(table.metadata.row_group(i).num_rows for i in range(unit.channel))
        rows: List[Dict[str, Any]] = table.read_row_group(unit.channel).to_pylist()
    for number, row in enumerate(rows, before):
        yield Clip(
            f"{unit.id}/{number}", unit.source, _first(row, _SPEAKERS), _first(row, _TEXTS), _sound_of_row(unit, row)
        )


def _sound_of_row(unit: Unit, row: Dict[str, Any]) -> Callable[[], IO[bytes]]:
    """Bytes: a column "audio" as Hugging Face's datasets have it, {bytes, path}, or one of bytes. Else a path."""
    audio = row.get("audio")
    facts = audio if isinstance(audio, dict) else {**row, "bytes": row.get("bytes", audio)}
    content = facts.get("bytes")
    if isinstance(content, bytes):
        return lambda: io.BytesIO(content)
    path = _first(facts, _PATHS) or (audio if isinstance(audio, str) else None)
    if path is None:
        return _refusing('the row has neither bytes ("audio", "bytes") nor a path ("path", "audio_filepath")')
    place = _places.beside(unit.path, path)
    return lambda: _tried(place)


def samples_of(clip: Clip) -> Tuple[np.ndarray, int]:
    """float32 [T] of the clip and its sample rate. Raises Failed, OSError."""
    import soundfile

    with clip.read() as file:
        try:
            with soundfile.SoundFile(file) as sound:
                rate = sound.samplerate
                start = round(clip.offset * rate)
                count = round(clip.duration * rate) if clip.duration else -1
                if sound.seekable() and 0 <= sound.frames < start + max(count - round(_ROUNDED * rate), 1):
                    raise Failed(f"the file has {sound.frames / rate:.3f} s, which ends before the clip does")
                if (sound.frames - start if count < 0 else count) > LONGEST * rate:
                    raise Failed(f"longer than {LONGEST // 3600} hours; cut it by a list of clips with offset and duration")
                if start:
                    sound.seek(start)
                found = sound.read(count, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            file.seek(0)
            found, rate = _through_ffmpeg(file.read(), str(error))
            start = round(clip.offset * rate)
            found = found[start : start + round(clip.duration * rate)] if clip.duration else found[start:]
    return _one_channel(found, clip.channel), rate


def _one_channel(found: np.ndarray, channel: int) -> np.ndarray:
    if found.shape[0] == 0:
        raise Failed("no samples")
    if channel >= 0 and found.shape[1] > 1:
        if channel >= found.shape[1]:
            raise Failed(f"no channel {channel}, the file has {found.shape[1]}")
        return np.ascontiguousarray(found[:, channel])
    if found.shape[1] == 1:
        return found[:, 0]
    return found.mean(axis=1, dtype=np.float32)


def _through_ffmpeg(content: bytes, cause: str) -> Tuple[np.ndarray, int]:
    """What libsndfile cannot read, as one channel at 48 kHz."""
    if not content:
        raise Failed("the file is empty")
    program = shutil.which("ffmpeg")
    if program is None:
        raise Failed(f"{cause} (with ffmpeg installed, more formats are read)")
    with tempfile.NamedTemporaryFile() as file:  # not a pipe: MP4 may have its index at the end
        file.write(content)
        file.flush()
        command = [program, "-v", "error", "-nostdin", "-i", file.name, "-ac", "1", "-ar", "48000", "-f", "f32le", "pipe:1"]
        done = subprocess.run(command, capture_output=True)
    if done.returncode or not done.stdout:
        raise Failed(f"{cause}; ffmpeg: {done.stderr.decode('utf-8', 'replace').strip()[:300] or 'no sound'}")
    return np.frombuffer(done.stdout, np.float32).reshape(-1, 1), 48000
