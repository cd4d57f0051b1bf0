"""Parts to shards: Parquet, webdataset's tar files with .npy, or Megatron's .bin and .idx.

Which parts are which shard follows from their tokens, so it is the same however the parts came about.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import struct
import tarfile
from typing import IO, Any, Callable, Dict, Iterator, List, Sequence

import numpy as np

from . import _atomic
from ._parts import schema
from ._plan import Plan

_TOKEN_BYTES = {"parquet": 1.25, "webdataset": 2.0, "megatron": 2.0}  # in the file: Parquet packs 10 bits
_EXTENSIONS = {"parquet": ".parquet", "webdataset": ".tar"}
MEGATRON_INDEX = b"MMIDIDX\x00\x00"
MEGATRON_UINT16 = 8


def groups_of(tokens: Sequence[int], format: str, shard_bytes: int) -> List[List[int]]:
    """The numbers of the parts of each shard. Megatron's pair of files holds everything."""
    if format == "megatron":
        return [list(range(len(tokens)))]
    groups: List[List[int]] = []
    size = 0.0
    for number, count in enumerate(tokens):
        if not groups or size >= shard_bytes:
            groups.append([])
            size = 0.0
        groups[-1].append(number)
        size += count * _TOKEN_BYTES[format]
    return groups


def names_of(number: int, total: int, format: str) -> List[str]:
    if format == "megatron":
        return ["tokens.bin", "tokens.idx", "rows.parquet"]
    return [f"tokens-{number:05}-of-{total:05}{_EXTENSIONS[format]}"]


def make(
    out: str, number: int, total: int, parts: List[int], told: Callable[[], None] = lambda: None
) -> Dict[str, Any]:
    """Writes one shard, unless it is there, and returns what it holds: files ({name, bytes, sha256}), parts, rows,
    statistics. told() is called after each part."""
    plan = Plan(out)
    done = os.path.join(plan.work, f"shard-{number:05}.json")
    try:
        return _atomic.read_json(done)
    except FileNotFoundError:
        pass
    planned = plan.settings()
    if planned is None:
        raise FileNotFoundError(f"{out}: no job is planned there; workers must see the same folder as the driver")
    settings = planned[0]
    statistics = Statistics()
    tables = _watched((plan.rows_of(part) for part in parts), statistics, told)
    names = names_of(number, total, settings.format)
    writer = {"parquet": _write_parquet, "webdataset": _write_tar, "megatron": _write_megatron}[settings.format]
    writer(out, names, tables)
    result = {
        "files": [described(out, name) for name in names],
        "parts": len(parts),
        "rows": statistics.rows,
        "statistics": statistics.as_json(),
    }
    _atomic.write_json(done, result)
    return result


def described(out: str, name: str) -> Dict[str, Any]:
    path = os.path.join(out, name)
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return {"name": name, "bytes": os.path.getsize(path), "sha256": digest.hexdigest()}


def codes_of(column: Any) -> List[np.ndarray]:
    """A column of lists of uint16 as arrays, of the same memory."""
    column = column.combine_chunks() if hasattr(column, "combine_chunks") else column
    if hasattr(column, "chunks"):  # a chunked array without rows, or of one chunk, depending on the version
        column = column.chunk(0) if column.num_chunks else []
    if len(column) == 0:
        return []
    offsets = column.offsets.to_numpy()
    values = column.values.to_numpy()
    return [values[begin:end] for begin, end in zip(offsets[:-1], offsets[1:])]


class Statistics:
    """Of rows, for the page: adds up over parts and shards."""

    def __init__(self) -> None:
        self.rows = 0
        self.frames = 0
        self.seconds = 0.0
        self.sources: Dict[str, List[float]] = {}  # name -> clips, seconds
        self.speakers: Dict[str, List[float]] = {}
        self.durations: Dict[int, List[float]] = {}  # whole seconds -> clips, seconds
        self.codes: List[np.ndarray] = []  # of each group: how often each token was used

    def add(self, table: Any) -> None:
        facts = table.select(["source", "speaker", "num_samples", "sample_rate", "n_q", "frames"]).to_pydict()
        for source, speaker, samples, rate in zip(*(facts[k] for k in ("source", "speaker", "num_samples", "sample_rate"))):
            seconds = samples / rate
            self.seconds += seconds
            for counts, key in ((self.sources, source), (self.speakers, speaker or ""), (self.durations, int(seconds))):
                entry = counts.setdefault(key, [0, 0.0])
                entry[0] += 1
                entry[1] += seconds
        self.rows += table.num_rows
        self.frames += sum(facts["frames"])
        for codes, n_q in zip(codes_of(table["codes"]), facts["n_q"]):
            self._use(codes.reshape(-1, n_q))

    def _use(self, codes: np.ndarray) -> None:
        for group in range(codes.shape[1]):
            self._add_group(group, np.bincount(codes[:, group][codes[:, group] != 65535]))

    def _add_group(self, group: int, counts: np.ndarray) -> None:
        while len(self.codes) <= group:
            self.codes.append(np.zeros(0, np.int64))
        if len(counts) > len(self.codes[group]):
            self.codes[group] = np.pad(self.codes[group], (0, len(counts) - len(self.codes[group])))
        self.codes[group][: len(counts)] += counts

    def merge(self, other: Dict[str, Any]) -> None:
        """Adds as_json() of another."""
        self.rows += other["rows"]
        self.frames += other["frames"]
        self.seconds += other["seconds"]
        for mine, theirs in ((self.sources, "sources"), (self.speakers, "speakers"), (self.durations, "durations")):
            for key, (clips, seconds) in other[theirs].items():
                entry = mine.setdefault(int(key) if theirs == "durations" else key, [0, 0.0])
                entry[0] += clips
                entry[1] += seconds
        for group, counts in enumerate(other["codes"]):
            self._add_group(group, np.array(counts, np.int64))

    def as_json(self) -> Dict[str, Any]:
        return {**vars(self), "codes": [counts.tolist() for counts in self.codes]}


def _watched(paths: Iterator[str], statistics: Statistics, told: Callable[[], None]) -> Iterator[Any]:
    import pyarrow.parquet as pq

    for path in paths:
        with open(path, "rb") as file:  # pyarrow takes no path that is not UTF-8
            table = pq.read_table(file)
        if table.num_rows:
            statistics.add(table)
            yield table
        told()


def _write_parquet(out: str, names: List[str], tables: Iterator[Any]) -> None:
    """A row group for each part: a reader needs the memory of one."""
    import pyarrow.parquet as pq

    with _atomic.written(os.path.join(out, names[0])) as file:
        with pq.ParquetWriter(file, schema(), compression="zstd") as writer:
            for table in tables:
                writer.write_table(table)


def _write_tar(out: str, names: List[str], tables: Iterator[Any]) -> None:
    """KEY.npy, uint16 [frames, n_q], and KEY.json, the other columns. Keys count the clips of the shard."""
    with _atomic.written(os.path.join(out, names[0])) as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            shard = re.sub(r"\D+", "", names[0].split("-of-")[0])
            count = 0
            for table in tables:
                rows = table.drop(["codes"]).to_pylist()
                for row, codes in zip(rows, codes_of(table["codes"])):
                    key = f"{shard}-{count:08}"
                    array = io.BytesIO()
                    np.save(array, codes.reshape(row["frames"], row["n_q"]).astype("<u2", copy=False))
                    _add(archive, key + ".json", json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogateescape"))
                    _add(archive, key + ".npy", array.getvalue())
                    count += 1


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def _write_megatron(out: str, names: List[str], tables: Iterator[Any]) -> None:
    """One document for each clip, one sequence in it: the tokens frame after frame, as uint16. Rows are in rows.parquet,
    in the same order."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    binary, index, rows = (os.path.join(out, name) for name in names)
    lengths: List[int] = []
    fields = pa.schema([field for field in schema() if field.name != "codes"])
    with _atomic.written(binary) as file, _atomic.written(rows) as facts:
        with pq.ParquetWriter(facts, fields, compression="zstd") as writer:
            for table in tables:
                for codes in codes_of(table["codes"]):
                    file.write(codes.astype("<u2", copy=False).tobytes())
                    lengths.append(len(codes))
                writer.write_table(table.drop(["codes"]))
    with _atomic.written(index) as file:
        _write_index(file, np.array(lengths, "<i4"))


def _write_index(file: IO[bytes], lengths: np.ndarray) -> None:
    sequences = len(lengths)
    starts = np.concatenate([[0], 2 * np.cumsum(lengths, dtype="<i8")])[:sequences]
    file.write(MEGATRON_INDEX + struct.pack("<QBQQ", 1, MEGATRON_UINT16, sequences, sequences + 1))
    file.write(lengths.tobytes() + starts.astype("<i8").tobytes() + np.arange(sequences + 1, dtype="<i8").tobytes())
