"""What a job does, apart from how: the same settings and inputs give the same rows and shards."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional

FORMATS = ("parquet", "webdataset", "megatron")


class Settings(NamedTuple):
    """Attributes:
    inputs: as they were written.
    model: None, a name or a path, as quaver.Model takes it.
    identity: of the model, 64 hexadecimal digits.
    n_q: tokens a frame; None with a bitrate.
    bitrate, effort: as Model.encode takes them.
    format: one of FORMATS.
    shard_bytes: of tokens (two bytes each) in a shard before compression.
    part_seconds: of sound in a part, about. A part is what one task writes, and what a kill loses.
    version: of Quaver.
    """

    inputs: List[str]
    model: Optional[str]
    identity: str
    n_q: Optional[int]
    bitrate: Optional[float]
    effort: int
    format: str
    shard_bytes: int
    part_seconds: float
    version: str

    def described(self) -> Dict[str, Any]:
        return self._asdict()

    def differences(self, other: "Settings") -> List[str]:
        """Lines that say what differs; the name of the model is no difference, its identity is."""
        return [
            f"{name}: {getattr(self, name)!r} before, {getattr(other, name)!r} now"
            for name in self._fields
            if name != "model" and getattr(self, name) != getattr(other, name)
        ]
