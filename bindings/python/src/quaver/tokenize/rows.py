"""Rows of a folder of tokens, whatever its format: for verify, decode, the page, and your own scripts."""

from __future__ import annotations

import io
import json
import os
import tarfile
from typing import Any, Dict, Iterator, List, Optional

import numpy as np

from . import _atomic

MANIFEST = "manifest.json"


def manifest_of(tokens: str) -> Dict[str, Any]:
    """The manifest of a folder that quaver-tokenize has finished. ValueError if it is none."""
    if not os.path.exists(os.path.join(tokens, "_SUCCESS")):
        raise ValueError(f"{tokens}: no _SUCCESS in it: no folder of tokens, or the job is not finished (start it again)")
    return _atomic.read_json(os.path.join(tokens, MANIFEST))


def shards_of(tokens: str, manifest: Optional[Dict[str, Any]] = None) -> List[str]:
    """The paths of its shards, in order; of Megatron's files the .bin."""
    manifest = manifest or manifest_of(tokens)
    names = [shard["name"] for shard in manifest["shards"]]
    return [os.path.join(tokens, name) for name in names if name.endswith((".tar", ".bin")) or name.startswith("tokens-")]


def rows_of(shard: str) -> Iterator[Dict[str, Any]]:
    """The rows of a shard as dictionaries, in order; codes are uint16 [frames, n_q]. In memory is a row group at most."""
    kind = os.path.splitext(shard)[1]
    return {".parquet": _parquet, ".tar": _tar, ".bin": _megatron}[kind](shard)


def rows(tokens: str) -> Iterator[Dict[str, Any]]:
    """All rows of a folder."""
    for shard in shards_of(tokens):
        yield from rows_of(shard)


def _parquet(shard: str) -> Iterator[Dict[str, Any]]:
    import pyarrow.parquet as pq

    from ._shards import codes_of

    with open(shard, "rb") as opened:  # pyarrow takes no path that is not UTF-8
        file = pq.ParquetFile(opened)
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            for row, codes in zip(table.drop(["codes"]).to_pylist(), codes_of(table["codes"])):
                yield {**row, "codes": codes.reshape(row["frames"], row["n_q"])}


def _tar(shard: str) -> Iterator[Dict[str, Any]]:
    with tarfile.open(shard, "r:") as archive:
        row: Dict[str, Any] = {}
        for member in archive:
            file = archive.extractfile(member)
            content = file.read() if file else b""
            if member.name.endswith(".json"):
                row = json.loads(content)
            else:
                yield {**row, "codes": np.load(io.BytesIO(content), allow_pickle=False)}


def _megatron(shard: str) -> Iterator[Dict[str, Any]]:
    import pyarrow.parquet as pq

    codes = np.memmap(shard, "<u2", "r") if os.path.getsize(shard) else np.zeros(0, np.uint16)
    place = 0
    with open(os.path.join(os.path.dirname(shard), "rows.parquet"), "rb") as opened:
        file = pq.ParquetFile(opened)
        for group in range(file.num_row_groups):
            for row in file.read_row_group(group).to_pylist():
                size = row["frames"] * row["n_q"]
                yield {**row, "codes": np.array(codes[place : place + size]).reshape(row["frames"], row["n_q"])}
                place += size
