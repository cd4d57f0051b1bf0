"""Units: what the plan of a job lists. Most are one clip; a tar file, or a row group of a Parquet file, is many."""

from __future__ import annotations

from typing import NamedTuple, Optional

FILE, TAR, PARQUET, MISSING = "file", "tar", "parquet", "missing"


class Unit(NamedTuple):
    """Attributes:
    kind: FILE (a clip in a sound file), TAR (all clips of a webdataset shard), PARQUET (all rows of a row group), or
        MISSING (a clip that cannot be had: a list names what is not there, or a line of it is wrong; `text` says why).
    source: name of the input that it comes from.
    id: of the clip, unique in its source; of TAR and PARQUET the start of the ids of their clips.
    path: path or URL of the file.
    offset, duration: seconds of the file that are the clip; duration 0: to the end.
    channel: of the file, -1: all of them mixed down. Of PARQUET: the row group.
    speaker, text: None: not known.
    weight: expected seconds of sound, which decides how many units are a part.
    """

    kind: str
    source: str
    id: str
    path: str
    offset: float = 0.0
    duration: float = 0.0
    channel: int = -1
    speaker: Optional[str] = None
    text: Optional[str] = None
    weight: float = 0.0


def missing(source: str, name: str, why: str) -> Unit:
    return Unit(MISSING, source, name, "", text=why)


def part_name(name: str, offset: float, duration: float) -> str:
    """The id of a part of a file, as `quaver data` names it."""
    if not offset and not duration:
        return name
    return f"{name}#t={offset:.9g},{offset + duration:.9g}" if duration else f"{name}#t={offset:.9g}"
