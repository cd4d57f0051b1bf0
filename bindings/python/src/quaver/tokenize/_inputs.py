"""The inputs of a job to the units of its plan, always in the same order.

An input is a folder, a list of clips (JSON lines), a webdataset shard (.tar), a Parquet file, or one sound file; a path or
a URL, and NAME=INPUT gives its rows another `source` than the last part of the path. In a folder count the sound files,
and if there are none, the tar and Parquet files.
"""

from __future__ import annotations

import os
import re
from typing import Dict, List, Sequence, Tuple

from . import _manifests, _places
from ._corpora import Corpora
from ._text import utf8
from ._units import FILE, MISSING, PARQUET, TAR, Unit, missing

_NAMED = re.compile(r"^([A-Za-z0-9_.-]+)=(.+)$")
_BYTES_A_SECOND = 20000  # of sound files, roughly
_TARS = (".tar", ".tar.gz", ".tgz")


def named(text: str) -> Tuple[str, str]:
    """An input as it is written to the name of its source and its path."""
    match = _NAMED.match(text)
    if match and not _places.exists(text):
        return match[1], match[2]
    return utf8(text.rstrip("/").rsplit("/", 1)[-1]) or "/", text


def absolute(text: str) -> str:
    """An input as machines and folders of work have in common: without relative paths."""
    source, path = named(text)
    if _places.is_url(path):
        return text
    whole = os.path.abspath(path)
    return whole if path == text else f"{source}={whole}"


def find(inputs: Sequence[str]) -> List[Unit]:
    """All units, sorted by source and id. Raises ValueError or OSError for inputs that cannot be read or hold nothing."""
    sources: Dict[str, str] = {}
    for text in inputs:
        source, path = named(text)
        if source in sources:
            raise ValueError(f"{path}: {sources[source]} is called {source!r} too; name one of them: NAME={path}")
        sources[source] = path
    units = [unit for source in sorted(sources) for unit in _units(source, sources[source])]
    return units


def _units(source: str, path: str) -> List[Unit]:
    if not _places.exists(path):
        raise FileNotFoundError(f"{path}: not there")
    if _places.is_folder(path):
        return _folder(source, path)
    if _manifests.is_manifest(path):
        return _manifests.read(path, source)
    size = _places.size_of(path)
    name = utf8(path.rsplit("/", 1)[-1])
    if path.endswith(_TARS):
        return [_tar(source, name, path, size)]
    if path.endswith(".parquet"):
        return _parquet(source, name, path)
    if _places.is_sound(path):
        return [Unit(FILE, source, name, path, weight=size / _BYTES_A_SECOND)]
    raise ValueError(f"{path}: wanted a folder, JSON lines (.jsonl), .tar, .parquet or a sound file")


def _folder(source: str, path: str) -> List[Unit]:
    files = _places.files_of(path)
    corpora = Corpora(path, files)
    units = []
    for found in files:
        if not _places.is_sound(found.name):
            continue
        known = corpora.recognise(found.name)
        if known.use:
            weight = found.size / _BYTES_A_SECOND
            units.append(
                Unit(FILE, source, found.name, found.path, speaker=known.speaker, text=known.text, weight=weight)
            )
    units += [missing(source, name, why) for name, why in corpora.missing()]
    if not units:
        units = [_tar(source, f.name, f.path, f.size) for f in files if f.name.endswith(_TARS)]
    if not units:
        units = [unit for f in files if f.name.endswith(".parquet") for unit in _parquet_of_folder(source, f)]
    if not units:
        raise ValueError(f"{path}: no sound files, .tar or .parquet below it; lists of clips are given by themselves")
    return _distinct(sorted((unit._replace(id=utf8(unit.id)) for unit in units), key=lambda unit: (unit.id, unit.channel)))


def _distinct(units: List[Unit]) -> List[Unit]:
    """Two names may be one id when they are written as UTF-8: a\\xff.wav and a%FF.wav. The second is then refused."""
    found: List[Unit] = []
    for unit in units:
        if found and (unit.id, unit.channel) == (found[-1].id, found[-1].channel) and unit.kind != MISSING:
            unit = missing(unit.source, unit.id, "another file has this id; rename one of them")
        found.append(unit)
    return found


def _parquet_of_folder(source: str, found: _places.Found) -> List[Unit]:
    """A file that cannot be read is an error among others."""
    try:
        return _parquet(source, found.name, found.path)
    except (OSError, ValueError) as failure:
        return [missing(source, found.name, str(failure))]


def _tar(source: str, name: str, path: str, size: int) -> Unit:
    return Unit(TAR, source, name, path, weight=size / _BYTES_A_SECOND)


def _parquet(source: str, name: str, path: str) -> List[Unit]:
    import pyarrow.parquet as pq

    with _places.opened(path) as file:
        facts = pq.ParquetFile(file).metadata
        groups = [(i, facts.row_group(i).total_byte_size) for i in range(facts.num_row_groups)]
    return [Unit(PARQUET, source, name, path, channel=i, weight=size / _BYTES_A_SECOND) for i, size in groups]
