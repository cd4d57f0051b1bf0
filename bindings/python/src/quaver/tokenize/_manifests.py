"""Lists of clips as JSON lines, plain or compressed: Quaver's own, NeMo's, and Lhotse's cuts.

Quaver  {"path": "a/one.flac", "offset": 1.5, "duration": 3.25, "speaker": "anna", "text": "..."}
NeMo    {"audio_filepath": "a/one.wav", "offset": 1.5, "duration": 3.25, "text": "...", "speaker": "anna"}
Lhotse  {"id": "one", "type": "MonoCut", "start": 1.5, "duration": 3.25, "channel": 0,
         "recording": {"sources": [{"type": "file", "source": "a/one.flac"}], ...}, "supervisions": [...]}

Which one it is shows in each line. Paths are absolute, URLs, or relative to the list. Errors name the line.
"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import math
import os
from typing import IO, Any, Dict, Iterator, List, Optional, Tuple

from . import _places
from ._units import FILE, Unit, part_name

EXTENSIONS = (".jsonl", ".json", ".ndjson", ".manifest", ".jsonl.gz", ".json.gz", ".jsonl.bz2", ".jsonl.xz")
_MOST_SECONDS = 1e6


def is_manifest(path: str) -> bool:
    return path.lower().endswith(EXTENSIONS)


def read(path: str, source: str) -> List[Unit]:
    """The clips, sorted by id."""
    units: Dict[str, Tuple[int, Unit]] = {}
    for number, text in _lines(path):
        place = f"{path}: line {number}: "
        try:
            line = json.loads(text)
        except ValueError as error:
            raise ValueError(f"{place}not valid JSON ({error})") from None
        if not isinstance(line, dict):
            raise ValueError(f"{place}not a JSON object")
        try:
            unit = _unit(line, path, source)
        except ValueError as error:
            raise ValueError(f"{place}{error}") from None
        if unit.id in units:
            raise ValueError(f"{place}the same clip as in line {units[unit.id][0]}: {unit.id!r}")
        units[unit.id] = number, unit
    if not units:
        raise ValueError(f"{path}: names no sound file")
    return [unit for _, (_, unit) in sorted(units.items())]


def _lines(path: str) -> Iterator[Tuple[int, str]]:
    with _places.opened(path) as raw:
        kinds: Dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
        file: IO[bytes] = kinds[_places.extension(path)](raw, "rb") if _places.extension(path) in kinds else raw
        for number, line in enumerate(file, 1):
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError as error:
                raise ValueError(f"{path}: line {number}: not UTF-8 ({error})") from None
            if text.strip():
                yield number, text


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
    whole = key == "audio_filepath" and not offset  # NeMo gives the duration of whole files too
    cut = 0.0 if whole else duration
    return Unit(
        FILE, source, part_name(name, offset, cut), _places.beside(path, name), offset, cut, -1,
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
        FILE, source, name, place, _seconds(line, "start"), duration,
        channel, speakers[0] if len(speakers) == 1 else None, text, duration,
    )  # fmt: skip


def _seconds(line: Dict[str, Any], key: str) -> float:
    value = line.get(key)
    if value is None:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f'"{key}" is not a number')
    if not math.isfinite(value) or not 0 <= value <= _MOST_SECONDS:
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
