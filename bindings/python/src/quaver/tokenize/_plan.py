"""The plan of a job: which units are which part. Written once, so that a job that goes on does what it began.

    OUT/_work/plan/job.json           settings, number of parts
    OUT/_work/plan/000123.json        units of part 123
    OUT/_work/parts/000123.parquet    its rows
    OUT/_work/parts/000123.json       that it is done: counts, errors, remarks

A part has the same contents whoever makes it, so it may be made twice at the same time, and a kill loses only parts that
were being made.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import List, Optional, Sequence, Tuple

from . import _atomic
from ._settings import Settings
from ._units import Unit

WORK = "_work"
_MOST_UNITS = 256


class Plan:
    """The plan in the folder of a job."""

    def __init__(self, out: str) -> None:
        self.work = os.path.join(out, WORK)
        self._folder = os.path.join(self.work, "plan")
        self.parts_folder = os.path.join(self.work, "parts")

    def settings(self) -> Optional[Tuple[Settings, int]]:
        """The settings and the number of parts; None if nothing is planned."""
        try:
            job = _atomic.read_json(os.path.join(self._folder, "job.json"))
        except FileNotFoundError:
            return None
        return Settings(**job["settings"]), job["parts"]

    def write(self, settings: Settings, units: Sequence[Unit]) -> int:
        """Writes the plan, all of it or nothing, and returns the number of parts."""
        fresh = self._folder + ".new"
        shutil.rmtree(fresh, ignore_errors=True)
        os.makedirs(fresh)
        os.makedirs(self.parts_folder, exist_ok=True)
        parts = _parted(units, settings.part_seconds)
        for number, part in enumerate(parts):
            _atomic.write_json(os.path.join(fresh, f"{number:06}.json"), part)
        _atomic.write_json(os.path.join(fresh, "job.json"), {"settings": settings.described(), "parts": len(parts)})
        os.replace(fresh, self._folder)
        return len(parts)

    def units(self, number: int) -> List[Unit]:
        return [Unit(*values) for values in _atomic.read_json(os.path.join(self._folder, f"{number:06}.json"))]

    def rows_of(self, number: int) -> str:
        return os.path.join(self.parts_folder, f"{number:06}.parquet")

    def done_of(self, number: int) -> str:
        return os.path.join(self.parts_folder, f"{number:06}.json")

    def forget_temporaries(self) -> None:
        """Removes what killed workers left."""
        for folder in (self.work, self.parts_folder):
            with contextlib.suppress(FileNotFoundError):
                for name in os.listdir(folder):
                    if name.endswith(_atomic.TEMPORARY):
                        with contextlib.suppress(OSError):
                            os.remove(os.path.join(folder, name))


def _parted(units: Sequence[Unit], seconds: float) -> List[List[Unit]]:
    parts: List[List[Unit]] = []
    weight = 0.0
    for unit in units:
        if not parts or weight + unit.weight > seconds or len(parts[-1]) >= _MOST_UNITS:
            parts.append([])
            weight = 0.0
        parts[-1].append(unit)
        weight += unit.weight
    return parts
