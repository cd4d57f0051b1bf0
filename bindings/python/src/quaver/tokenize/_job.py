"""A job from its beginning, or from where it was killed, to its end."""

from __future__ import annotations

import contextlib
import glob
import os
import platform
import shutil
import sys
import time
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

from .. import __version__
from . import _atomic, _inputs, _parts, _runners, _shards
from ._plan import WORK, Plan
from ._progress import Progress
from ._settings import Settings

MANIFEST, SUCCESS, ERRORS, REPORT = "manifest.json", "_SUCCESS", "errors.parquet", "report.html"


class TooManyErrors(RuntimeError):
    """More clips failed than were allowed."""


class How(NamedTuple):
    """How a job is done, which has no influence on what comes out.

    Attributes:
        workers: processes; None: one a core, or what the cluster has.
        runner: "ray", "processes" or "here" (in this process); None: Ray if it is installed or an address is given.
        address: of a Ray cluster.
        max_errors: clips that may fail before the job stops; None: any number.
        samples: clips that are decoded for the page.
        quiet: no progress.
    """

    workers: Optional[int] = None
    runner: Optional[str] = None
    address: Optional[str] = None
    max_errors: Optional[int] = None
    samples: int = 12
    quiet: bool = False

    def chosen_runner(self) -> str:
        if self.runner:
            return self.runner
        if self.address:
            return "ray"
        import importlib.util

        return "ray" if importlib.util.find_spec("ray") else "processes"


def run(out: str, settings: Settings, how: How) -> Dict[str, Any]:
    """Does the job and returns its manifest. Raises ValueError, OSError, TooManyErrors, WorkersDied."""
    out = os.path.abspath(out)
    done = _finished(out, settings)
    if done:
        return done
    os.makedirs(out, exist_ok=True)
    with _only_one(out):
        return _run(out, settings, how)


def _finished(out: str, settings: Settings) -> Optional[Dict[str, Any]]:
    """The manifest of a job that is done. Refuses a folder that is something else."""
    if os.path.exists(os.path.join(out, SUCCESS)):
        manifest = _atomic.read_json(os.path.join(out, MANIFEST))
        _refuse_others(out, Settings(**manifest["settings"]), settings)
        shutil.rmtree(os.path.join(out, WORK), ignore_errors=True)  # a kill between the two
        return manifest
    if os.path.isdir(out) and not os.path.isdir(os.path.join(out, WORK)) and os.listdir(out):
        raise ValueError(f"{out}: holds other files; give a new or empty folder")
    return None


def _refuse_others(out: str, before: Settings, now: Settings) -> None:
    differences = before.differences(now)
    if differences:
        raise ValueError("\n  ".join([f"{out}: was begun with other settings; give another folder", *differences]))


@contextlib.contextmanager
def _only_one(out: str) -> Iterator[None]:
    import fcntl

    os.makedirs(os.path.join(out, WORK), exist_ok=True)
    with open(os.path.join(out, WORK, "lock"), "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"{out}: another quaver-tokenize writes there") from None
        except OSError:
            pass  # a file system without locks
        yield


def _run(out: str, settings: Settings, how: How) -> Dict[str, Any]:
    began = time.monotonic()
    runner = how.chosen_runner()
    progress = Progress(how.quiet)
    plan = Plan(out)
    planned = plan.settings()
    if planned is None:
        progress.note("looking for clips")
        count = plan.write(settings, _inputs.find(settings.inputs))
    else:
        _refuse_others(out, planned[0], settings)
        count = planned[1]
        plan.forget_temporaries()
    parts = _make_parts(out, plan, count, runner, how, progress)
    groups = _shards.groups_of([part["tokens"] for part in parts], settings.format, settings.shard_bytes)
    made = _make_shards(out, groups, runner, how, progress)
    statistics = _shards.Statistics()
    for shard in made:
        statistics.merge(shard["statistics"])
    _write_errors(out, parts)
    manifest = _manifest(settings, how, runner, parts, made, statistics, time.monotonic() - began)
    from . import _report

    progress.note("writing the page")
    _report.write(os.path.join(out, REPORT), out, manifest, parts, statistics, how.samples)
    _atomic.write_json(os.path.join(out, MANIFEST), manifest)
    with _atomic.written(os.path.join(out, SUCCESS)):
        pass
    shutil.rmtree(os.path.join(out, WORK), ignore_errors=True)
    return manifest


def _make_parts(out: str, plan: Plan, count: int, runner: str, how: How, progress: Progress) -> List[Dict[str, Any]]:
    """What is said of each part, in order."""
    parts: List[Optional[Dict[str, Any]]] = [None] * count
    for number in range(count):
        with contextlib.suppress(FileNotFoundError):
            parts[number] = _atomic.read_json(plan.done_of(number))
    left = [number for number in range(count) if parts[number] is None]
    progress.note(f"{count} part{'s' * (count != 1)}" + (f", {count - len(left)} of them done before" if len(left) < count else ""))
    progress.start(count, count - len(left), sum(part["seconds"] for part in parts if part))
    errors = sum(len(part["errors"]) for part in parts if part)
    _stop_at(errors, how, out)
    results = _runners.run(make_part, [(out, number) for number in left], how.workers, runner, how.address)
    with contextlib.closing(results) if hasattr(results, "close") else contextlib.nullcontext():
        for number, part in results:
            parts[number] = part
            errors += len(part["errors"])
            progress.done(part["seconds"], errors)
            _stop_at(errors, how, out)
    progress.end()
    assert all(part is not None for part in parts)
    return [part for part in parts if part is not None]


def _make_shards(
    out: str, groups: List[List[int]], runner: str, how: How, progress: Progress
) -> List[Dict[str, Any]]:
    """What _shards.make() says of each, in order."""
    progress.note(f"writing {len(groups)} shard{'s' * (len(groups) != 1)}")
    progress.start(sum(map(len, groups)), what="parts in shards")
    if len(groups) == 1:
        made = [_shards.make(out, 0, 1, groups[0], progress.done)]
    else:
        made = []
        tasks = [(out, i, len(groups), group) for i, group in enumerate(groups)]
        for shard in _runners.run(_shards.make, tasks, how.workers, runner, how.address):
            made.append(shard)
            progress.done(parts=shard["parts"])
    progress.end()
    return sorted(made, key=lambda shard: shard["files"][0]["name"])


def make_part(out: str, number: int) -> List[Any]:
    return [number, _parts.make(out, number)]


def _stop_at(errors: int, how: How, out: str) -> None:
    if how.max_errors is not None and errors > how.max_errors:
        raise TooManyErrors(
            f"{errors} clips failed, more than --max-errors {how.max_errors}; what is done stays in {out}, and the same "
            "command with a larger number goes on"
        )


def errors_so_far(out: str) -> List[List[str]]:
    """[id, source, why] of the parts that are done in an unfinished job."""
    found: List[List[str]] = []
    for path in sorted(glob.glob(os.path.join(glob.escape(out), WORK, "parts", "*.json"))):
        found += _atomic.read_json(path)["errors"]
    return found


def _write_errors(out: str, parts: List[Dict[str, Any]]) -> None:
    import pyarrow as pa

    rows = [error for part in parts for error in part["errors"]]
    names = ("id", "source", "error")
    table = pa.table({name: pa.array([row[i] for row in rows], pa.string()) for i, name in enumerate(names)})
    with _atomic.written(os.path.join(out, ERRORS)) as file:
        _parts.write_table(file, table)


def _manifest(
    settings: Settings, how: How, runner: str, parts: List[Dict[str, Any]], shards: List[Dict[str, Any]],
    statistics: _shards.Statistics, took: float,
) -> Dict[str, Any]:  # fmt: skip
    model = _parts.model_of(settings.model, settings.identity)
    return {
        "format": "quaver-tokens-1",
        "model": {"identity": model.identity, "sample_rate": model.sample_rate, "frame_rate": model.frame_rate,
                  "groups": model.groups, "codes": model.codes},
        "settings": settings.described(),
        "versions": _versions(),
        "counts": {"clips": statistics.rows, "errors": sum(len(part["errors"]) for part in parts),
                   "frames": statistics.frames, "parts": len(parts)},
        "hours": statistics.seconds / 3600,
        "work": {"runner": runner, "workers": _workers(how, runner), "seconds": took,
                 "part_seconds": sum(part["took"] for part in parts),
                 "cpu_seconds": sum(part["cpu"] for part in parts),
                 "codec_cpu_seconds": sum(part["codec"] for part in parts),
                 "peak_mib_a_worker": max((part["peak"] for part in parts), default=0.0)},
        "shards": [{**file, "rows": shard["rows"]} for shard in shards for file in shard["files"]],
    }  # fmt: skip


def _workers(how: How, runner: str) -> Optional[int]:
    """None: as many as the cluster has."""
    if runner == "here":
        return 1
    return how.workers or (None if how.address and runner == "ray" else _runners.cores())


def _versions() -> Dict[str, str]:
    from importlib import metadata

    found = {"quaver": __version__, "python": platform.python_version(), "system": sys.platform}
    for name in ("numpy", "pyarrow", "soundfile", "soxr", "fsspec", "ray"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found
