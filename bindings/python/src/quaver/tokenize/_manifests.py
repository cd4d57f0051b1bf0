"""Lists of clips as JSON lines, plain or compressed: Quaver's own, NeMo's, and Lhotse's cuts.

Quaver  {"path": "a/one.flac", "offset": 1.5, "duration": 3.25, "speaker": "anna", "text": "..."}
NeMo    {"audio_filepath": "a/one.wav", "offset": 1.5, "duration": 3.25, "text": "...", "speaker": "anna"}
Lhotse  {"id": "one", "type": "MonoCut", "start": 1.5, "duration": 3.25, "channel": 0,
         "recording": {"sources": [{"type": "file", "source": "a/one.flac"}], ...}, "supervisions": [...]}

Which one it is shows in each line. Paths are absolute, URLs, or relative to the list. A line that is wrong is a clip that
failed, with the line and the reason, and the others go on; a list without any good line is refused.
"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import zlib
from typing import IO, Any, Dict, Iterator, List, Optional, Tuple

from . import _places
from ._text import utf8
from ._units import FILE, Unit, missing, part_name

EXTENSIONS = (".jsonl", ".json", ".ndjson", ".manifest", ".jsonl.gz", ".json.gz", ".jsonl.bz2", ".jsonl.xz")
_MOST_SECONDS = 1e6


def is_manifest(path: str) -> bool:
    return path.lower().endswith(EXTENSIONS)


def read(path: str, source: str) -> List[Unit]:
    """The clips, sorted by id; lines that are wrong are MISSING, called "line 12"."""
    units: Dict[str, Tuple[int, Unit]] = {}
    wrong: List[Unit] = []
    for number, line in _lines(path):
        try:
            unit = _unit(_parsed(line), path, source)
            if unit.id in units:
                raise ValueError(f"the same clip as in line {units[unit.id][0]}: {unit.id!r}")
            units[unit.id] = number, unit
        except ValueError as error:
            wrong.append(missing(source, f"line {number}", f"{path}: line {number}: {error}"))
    if not units:
        raise ValueError(wrong[0].text if wrong else f"{path}: names no sound file")
    return sorted([unit for _, unit in units.values()] + wrong, key=lambda unit: unit.id)


def _lines(path: str) -> Iterator[Tuple[int, bytes]]:
    """All that are not empty."""
    with _places.opened(path) as raw:
        kinds: Dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
        file: IO[bytes] = kinds[_places.extension(path)](raw, "rb") if _places.extension(path) in kinds else raw
        number = 0
        try:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line
        except (EOFError, OSError, zlib.error, lzma.LZMAError) as error:
            raise ValueError(f"{path}: line {number + 1}: cannot be read, and nothing behind it ({error})") from None


def _parsed(line: bytes) -> Dict[str, Any]:
    try:
        value = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 ({error})") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not valid JSON ({error})") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _unit(line: Dict[str, Any], path: str, source: str) -> Unit:
    if "recording" in line or str(line.get("type", "")).endswith("Cut"):
        return _cut(line, path, source)
    key = "audio_filepath" if "audio_filepath" in line else "path"
    name = _text(line, key)
    if not name:
        raise ValueError('"path" (or "audio_filepath") is missing')
    offset, duration = _seconds(line, "offset"), _seconds(line, "duration")
    if line.get("duration") is not None and not duration:
        raise ValueError('"duration" is 0')
    return Unit(
        FILE, source, utf8(part_name(name, offset, duration)), _places.beside(path, name), offset, duration, -1,
        _text(line, "speaker"), _text(line, "text"), duration or 10.0,
    )  # fmt: skip


def _cut(line: Dict[str, Any], path: str, source: str) -> Unit:
    name = _text(line, "id")
    if not name:
        raise ValueError('a cut without "id"')
    if "tracks" in line:
        raise ValueError(f"cut {name!r} is a mix of tracks; only single recordings can be read: save the mix as sound files")
    recording = line.get("recording")
    sources = recording.get("sources") if isinstance(recording, dict) else None
    if not isinstance(sources, list) or not sources or not isinstance(sources[0], dict):
        raise ValueError(f"cut {name!r} has no recording with sources")
    if sources[0].get("type") not in ("file", "url"):
        raise ValueError(f"cut {name!r}: sources of type {sources[0].get('type')!r} are not read, only \"file\" and \"url\"")
    channel = line.get("channel", -1)
    channel = channel if isinstance(channel, int) and len(sources) == 1 else -1
    spoken = [s for s in line.get("supervisions") or [] if isinstance(s, dict)]
    speakers = sorted({s["speaker"] for s in spoken if isinstance(s.get("speaker"), str)})
    text = " ".join(s["text"] for s in spoken if isinstance(s.get("text"), str)) or None
    duration = _seconds(line, "duration")
    file = _text(sources[0], "source") or ""
    place = _places.beside(path, file)
    if not _places.is_url(place) and not os.path.exists(place) and os.path.exists(file):
        place = os.path.abspath(file)  # Lhotse means the folder where it was run
    return Unit(
        FILE, source, utf8(name), place, _seconds(line, "start"), duration,
        channel, speakers[0] if len(speakers) == 1 else None, text, duration,
    )  # fmt: skip


def _seconds(line: Dict[str, Any], key: str) -> float:
    value = line.get(key)
    if value is None:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f'"{key}" is not a number')
    if not 0 <= value <= _MOST_SECONDS:  # NaN is not
        raise ValueError(f'"{key}" must be 0 .. {_MOST_SECONDS:.0f} seconds')
    return float(value)


def _text(line: Dict[str, Any], key: str) -> Optional[str]:
    value = line.get(key)
    if value is None:
        return None
    if key == "speaker" and isinstance(value, int):
        return str(value)
    if not isinstance(value, str):
        raise ValueError(f'"{key}" is not a string')
    return value or None
