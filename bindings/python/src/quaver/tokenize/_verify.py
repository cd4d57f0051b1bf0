"""quaver-tokenize verify and decode."""

from __future__ import annotations

import math
import os
import sys
from typing import Any, Dict, Iterator, List, Optional, Sequence

import numpy as np

from .. import Model
from .._resample import whole_length
from . import _atomic, _inputs, _parts, _shards
from ._clips import clips_of, samples_of
from ._settings import Settings
from .rows import manifest_of, rows, rows_of, shards_of


def problems(tokens: str, again: int) -> Iterator[str]:
    """What is wrong with a folder of tokens: files, rows, hashes, counts; `again` clips are read and encoded anew."""
    manifest = manifest_of(tokens)
    intact = True
    for shard in manifest["shards"]:
        path = os.path.join(tokens, shard["name"])
        if not os.path.exists(path):
            intact = False
            yield f"{path}: not there"
        elif _shards.described(tokens, shard["name"]) != {key: shard[key] for key in ("name", "bytes", "sha256")}:
            intact = False
            yield f"{path}: other bytes than the manifest says"
    counts = {"clips": 0, "frames": 0}
    met: set = set()
    picked: Dict[Any, str] = {}
    for shard in shards_of(tokens, manifest):
        try:
            for row in rows_of(shard):
                counts["clips"] += 1
                counts["frames"] += row["frames"]
                yield from (f"{shard}: {row['source']}: {row['id']}: {problem}" for problem in _of_row(row, manifest))
                key = row["source"], row["id"]
                if key in met:
                    yield f"{shard}: {key[0]}: {key[1]}: a second row of this clip"
                met.add(key)
                picked[key] = row["sha256"]
                if len(picked) > again:  # those whose hashes are smallest, which is as good as by chance
                    del picked[max(picked, key=lambda k: picked[k])]
        except Exception as failure:  # a damaged file may fail in any way
            intact = False
            yield f"{shard}: cannot be read ({failure})"
    if intact:
        for name, count in counts.items():
            if count != manifest["counts"][name]:
                yield f"{tokens}: {count} {name}, the manifest says {manifest['counts'][name]}"
    yield from _again(manifest, picked)


def _of_row(row: Dict[str, Any], manifest: Dict[str, Any]) -> Iterator[str]:
    codes = row["codes"]
    if codes.shape != (row["frames"], row["n_q"]):
        yield f"codes of shape {list(codes.shape)}, wanted [{row['frames']}, {row['n_q']}]"
    if _parts.hash_of(codes) != row["sha256"]:
        yield "the codes do not match their SHA-256"
    if ((codes >= manifest["model"]["codes"]) & (codes != 65535)).any():
        yield f"a code is not below {manifest['model']['codes']}"
    if row["model"] != manifest["model"]["identity"]:
        yield "of another model"


def _again(manifest: Dict[str, Any], picked: Dict[Any, str]) -> Iterator[str]:
    """Encodes clips once more, from the inputs."""
    if not picked:
        return
    settings = Settings(**manifest["settings"])
    left = dict(picked)
    try:
        units = _inputs.find(settings.inputs)
    except (OSError, ValueError, ImportError) as failure:
        yield f"no clip could be encoded again: {failure}"
        return
    for unit in units:
        if not any(unit.source == source and name.startswith(unit.id) for source, name in left):
            continue
        for clip in clips_of(unit):
            wanted = left.pop((clip.source, clip.id), None)
            if wanted is None:
                continue
            try:
                codes = _parts.encoded(settings, *samples_of(clip))
            except Exception as failure:  # the clip was changed since
                yield f"{clip.source}: {clip.id}: cannot be encoded again ({failure})"
                continue
            if _parts.hash_of(codes) != wanted:
                yield f"{clip.source}: {clip.id}: encoded again, other codes; was the sound changed since?"
    for source, name in left:
        yield f"{source}: {name}: is not in the inputs any more"


def run(tokens: str, again: int) -> int:
    """Prints what is wrong; 0 or 1."""
    count = 0
    for problem in problems(tokens, again):
        count += 1
        if count <= 20:
            print(f"quaver-tokenize verify: {problem}", file=sys.stderr)
    manifest = manifest_of(tokens)
    if count:
        print(f"quaver-tokenize verify: {count} problems", file=sys.stderr)
        return 1
    clips = manifest["counts"]["clips"]
    print(f"{clips} clips, {manifest['hours']:.2f} h: files, hashes and counts are right, {min(again, clips)} encoded again alike")
    return 0


def sound_of(row: Dict[str, Any], model: Model, seconds: float = math.inf) -> np.ndarray:
    """float32 [T] of a row at the model's rate, as long as the clip was; its beginning alone needs no more than that."""
    length = whole_length(row["num_samples"], row["sample_rate"], model.sample_rate)
    codes = row["codes"]
    if seconds * model.sample_rate < length:
        length = int(seconds * model.sample_rate)
        codes = codes[: -(-(length + model.delay) // model.frame_samples)]
    return model.decode(codes, num_samples=length)


def decode(tokens: str, sound: str, ids: Optional[Sequence[str]], limit: Optional[int]) -> int:
    """WAV files named after source and id."""
    import soundfile

    settings = Settings(**manifest_of(tokens)["settings"])
    model = _parts.model_of(settings.model, settings.identity)
    wanted = set(ids or ())
    done: List[str] = []
    for row in rows(tokens):
        if limit is not None and len(done) >= limit:
            break
        if wanted and row["id"] not in wanted:
            continue
        path = os.path.join(sound, _safe(row["source"]), _safe(row["id"]) + ".wav")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with _atomic.written(path) as file:
            soundfile.write(file, sound_of(row, model), model.sample_rate, format="WAV", subtype="PCM_16")
        done.append(row["id"])
    missing = sorted(wanted.difference(done)) if limit is None else []
    for name in missing:
        print(f"quaver-tokenize decode: {tokens}: no clip {name!r}", file=sys.stderr)
    print(f"{len(done)} clips in {sound}")
    return 1 if missing or not done else 0


def _safe(name: str) -> str:
    """A path below the folder of the sounds, whatever the id."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return os.path.join(*(part.replace(":", "_").replace("\0", "_") for part in parts)) if parts else "_"
