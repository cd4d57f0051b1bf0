"""Tokens for training: padded batches, the delay pattern, and a PyTorch data set.

    from quaver.tokenize.loaders import TokenDataset, collate
    loader = torch.utils.data.DataLoader(TokenDataset("tokens/"), batch_size=16, num_workers=2, collate_fn=collate)
    for batch in loader:
        batch["codes"]                                  # int64 [B, frames, n_q], quaver.NO_TOKEN behind each clip
        batch["lengths"]                                # int64 [B]

Others read the files as they are: datasets.load_dataset("parquet", data_files="tokens/tokens-*.parquet"), and
webdataset.WebDataset("tokens/tokens-00000-of-00001.tar").decode(). torch is imported only by TokenDataset and collate.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Sequence, Tuple

import numpy as np

from .. import NO_TOKEN
from .rows import rows_of, shards_of

__all__ = ["TokenDataset", "collate", "delayed", "padded", "undelayed"]


def padded(clips: Sequence[np.ndarray]) -> Tuple[np.ndarray, np.ndarray]:
    """Clips uint16 [frames, n_q] to one array uint16 [B, frames, n_q], filled with NO_TOKEN, and int64 [B], the frames of
    each. Model.decode(batch, lengths=lengths) takes both."""
    lengths = np.array([len(clip) for clip in clips], np.int64)
    batch = np.full((len(clips), lengths.max(), max(clip.shape[1] for clip in clips)), NO_TOKEN, np.uint16)
    for row, clip in zip(batch, clips):
        row[: len(clip), : clip.shape[1]] = clip
    return batch, lengths


def delayed(tokens: np.ndarray) -> np.ndarray:
    """MusicGen's delay pattern: token k of a frame moves k frames later, so that a language model that writes one row after
    the other knows the tokens 0 .. k - 1 of the frame. [..., frames, n_q] -> [..., frames + n_q - 1, n_q], NO_TOKEN around."""
    *batch, frames, n_q = tokens.shape
    out = np.full((*batch, frames + n_q - 1, n_q), NO_TOKEN, tokens.dtype)
    for k in range(n_q):
        out[..., k : k + frames, k] = tokens[..., k]
    return out


def undelayed(tokens: np.ndarray) -> np.ndarray:
    """The other way: [..., frames + n_q - 1, n_q] -> [..., frames, n_q]."""
    n_q = tokens.shape[-1]
    frames = tokens.shape[-2] - n_q + 1
    return np.stack([tokens[..., k : k + frames, k] for k in range(n_q)], axis=-1)


def collate(rows: List[Dict[str, Any]]) -> Dict[str, Any]:
    """Rows of TokenDataset to a batch: codes int64 [B, frames, n_q] (NO_TOKEN behind each clip), lengths int64 [B], and
    lists of the other columns."""
    import torch

    codes, lengths = padded([row["codes"] for row in rows])
    batch: Dict[str, Any] = {key: [row[key] for row in rows] for key in rows[0] if key != "codes"}
    batch.update(codes=torch.from_numpy(codes.astype(np.int64)), lengths=torch.from_numpy(lengths))
    return batch


def __getattr__(name: str) -> Any:
    """TokenDataset, made when it is first asked for, as its base class is torch's."""
    if name == "TokenDataset":
        globals()[name] = _token_dataset()
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _token_dataset() -> type:
    from torch.utils.data import IterableDataset

    class TokenDataset(IterableDataset):
        """The rows of a folder of tokens, in order; codes are uint16 [frames, n_q].

        Args:
            tokens: the folder.
            rank, ranks: of the processes that train together, as torch.distributed has them. Each row goes to one
                process, and in it to one worker of the DataLoader.
        """

        def __init__(self, tokens: str, rank: int = 0, ranks: int = 1) -> None:
            self._tokens, self._rank, self._ranks = tokens, rank, ranks

        def __iter__(self) -> Iterator[Dict[str, Any]]:
            return _share(self._tokens, self._rank, self._ranks)

    TokenDataset.__qualname__ = "TokenDataset"  # so that it can be pickled
    return TokenDataset


def _share(tokens: str, rank: int, ranks: int) -> Iterator[Dict[str, Any]]:
    """Whole shards where there are enough of them, else rows in turn."""
    from torch.utils.data import get_worker_info

    info = get_worker_info()
    mine, all_of_us = rank, ranks
    if info is not None:
        mine, all_of_us = rank * info.num_workers + info.id, ranks * info.num_workers
    shards = shards_of(tokens)
    by_shard = len(shards) >= 4 * all_of_us
    for number, shard in enumerate(shards):
        if by_shard and number % all_of_us != mine:
            continue
        for count, row in enumerate(rows_of(shard)):
            if by_shard or count % all_of_us == mine:
                yield row
