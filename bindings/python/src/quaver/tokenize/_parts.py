"""One part of a job: its clips to rows. Runs in the workers, on any machine that sees the folder of the job."""

from __future__ import annotations

import functools
import hashlib
import resource
import time
from typing import Any, Dict, List, Optional, Tuple, Union

import numpy as np

from .. import Model, PacketFormat
from ..model import restored
from . import _atomic
from ._clips import Clip, clips_of, samples_of
from ._plan import Plan
from ._settings import Settings
from ._text import utf8
from ._units import Unit

SILENT_DB, CLIPPED_RUN, SHORT, LONG = -60.0, 3, 0.08, 300.0  # what looks broken; seconds
_PACKED_FRAMES = 500  # of a clip in eight, for the rate after range coding


def schema() -> Any:
    """Columns of the rows."""
    import pyarrow as pa

    return pa.schema(
        [
            pa.field("id", pa.string(), nullable=False),
            pa.field("source", pa.string(), nullable=False),
            pa.field("speaker", pa.string()),
            pa.field("text", pa.string()),
            pa.field("num_samples", pa.int64(), nullable=False),
            pa.field("sample_rate", pa.int32(), nullable=False),
            pa.field("n_q", pa.int32(), nullable=False),
            pa.field("frames", pa.int32(), nullable=False),
            pa.field("codes", pa.list_(pa.uint16()), nullable=False),
            pa.field("sha256", pa.string(), nullable=False),
            pa.field("model", pa.string(), nullable=False),
        ]
    )


def write_table(file: Any, table: Any, **options: Any) -> None:
    import pyarrow.parquet as pq

    pq.write_table(table, file, compression="zstd", **options)


def hash_of(codes: np.ndarray) -> str:
    """SHA-256 of the codes: uint16, little-endian, frame after frame."""
    return hashlib.sha256(np.ascontiguousarray(codes, "<u2").tobytes()).hexdigest()


@functools.lru_cache(maxsize=1)
def model_of(name: Optional[str], identity: str) -> Model:
    """The model of a job, on this machine."""
    return restored(name, identity)


def encoded(settings: Settings, samples: np.ndarray, rate: int) -> np.ndarray:
    model = model_of(settings.model, settings.identity)
    if settings.bitrate is None:
        return model.encode(samples, rate, n_q=settings.n_q, threads=1)
    return model.encode(samples, rate, bitrate=settings.bitrate, effort=settings.effort, threads=1)


def make(out: str, number: int) -> Dict[str, Any]:
    """Makes part `number` of the job in the folder `out`, unless it is there, and returns what done_of() holds:

    rows, tokens, seconds (of sound), took (seconds), cpu (seconds of the processor), codec (of them,
    in the codec), peak (MiB of this process),
    packed (bits, seconds), errors ([id, source, why]), remarks ([id, source, seconds, what]).
    """
    plan = Plan(out)
    try:
        return _atomic.read_json(plan.done_of(number))
    except FileNotFoundError:
        pass
    planned = plan.settings()
    if planned is None:
        raise FileNotFoundError(f"{out}: no job is planned there; workers must see the same folder as the driver")
    done = _Part(planned[0]).make(plan, number)
    _atomic.write_json(plan.done_of(number), done)  # after the rows: this file says that they are whole
    return done


class _Part:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._rows: Dict[str, List[Any]] = {name: [] for name in schema().names}
        self._errors: List[Tuple[str, str, str]] = []
        self._remarks: List[Tuple[str, str, float, str]] = []
        self._codec = self._seconds = 0.0
        self._tokens = 0
        self._packed = [0, 0.0]

    def make(self, plan: Plan, number: int) -> Dict[str, Any]:
        import pyarrow as pa

        began, worked = time.monotonic(), time.process_time()
        for unit in plan.units(number):
            try:
                for clip in clips_of(unit):
                    self._try(clip)
            except (MemoryError, ImportError):
                raise
            except Exception as failure:  # a tar file that is cut off: what was before stays
                self._fail(unit, failure)
        with _atomic.written(plan.rows_of(number)) as file:
            write_table(file, pa.table(self._rows, schema=schema()))
        return {
            "rows": len(self._rows["id"]),
            "tokens": self._tokens,
            "seconds": self._seconds,
            "took": time.monotonic() - began,
            "cpu": time.process_time() - worked,
            "codec": self._codec,
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "packed": self._packed,
            "errors": self._errors,
            "remarks": self._remarks,
        }

    def _try(self, clip: Clip) -> None:
        try:
            samples, rate = samples_of(clip)
            began = time.process_time()
            codes = encoded(self._settings, samples, rate)
            self._codec += time.process_time() - began
        except (MemoryError, ImportError):
            raise
        except Exception as failure:  # whatever is wrong with a file: the job goes on
            self._fail(clip, failure)
            return
        seconds = len(samples) / rate
        self._seconds += seconds
        self._tokens += codes.size
        digest = hash_of(codes)
        remark = remark_on(samples, seconds)
        if remark:
            self._remarks.append((clip.id, clip.source, round(seconds, 3), remark))
        if int(digest[:2], 16) < 32:
            self._pack(codes[:_PACKED_FRAMES])
        values = (
            clip.id, clip.source, utf8(clip.speaker), utf8(clip.text), len(samples), rate, codes.shape[1], len(codes),
            codes.ravel(), digest, self._settings.identity,
        )  # fmt: skip
        for column, value in zip(self._rows.values(), values):
            column.append(value)

    def _fail(self, what: Union[Unit, Clip], failure: Exception) -> None:
        self._errors.append((what.id, what.source, utf8(_told(failure))))

    def _pack(self, codes: np.ndarray) -> None:
        model = model_of(self._settings.model, self._settings.identity)
        format = PacketFormat(25, codes.shape[1])
        self._packed[0] += sum(8 * len(model.pack(codes[i : i + 25], format)) for i in range(0, len(codes), 25))
        self._packed[1] += len(codes) / model.frame_rate


def remark_on(samples: np.ndarray, seconds: float) -> str:
    """What looks broken, as `quaver data` judges it, or ""."""
    found = []
    rms = float(np.sqrt(np.mean(np.square(samples), dtype=np.float64)))
    if rms < 10 ** (SILENT_DB / 20):
        found.append("silent")
    full = np.abs(samples) >= 32767 / 32768
    if full.any():
        same = full[2:] & (samples[2:] == samples[1:-1]) & (samples[1:-1] == samples[:-2])
        if same.any():
            found.append("clipped")
    if seconds < SHORT:
        found.append("very short")
    if seconds > LONG:
        found.append("very long")
    return ", ".join(found)


def _told(failure: Exception) -> str:
    if isinstance(failure, OSError) and failure.strerror:
        return f"{failure.strerror}: {failure.filename}" if failure.filename else failure.strerror
    return str(failure) or type(failure).__name__
