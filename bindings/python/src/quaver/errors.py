"""What goes wrong, as exceptions. All but MemoryError are also a ValueError: a bad argument or bad data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Sequence

if TYPE_CHECKING:
    import numpy as np

    from .files import StreamInfo


class QuaverError(Exception):
    """Any error that Quaver finds in data, models or states."""


class ModelError(QuaverError, ValueError):
    """No such model, or a weights file that is damaged. The message lists the places that were looked at."""


class StateError(QuaverError, ValueError):
    """Bytes that are no state of such a stream, a damaged one, or one of another model. The stream is as it was."""


class DamagedPacket(QuaverError, ValueError):
    """Bytes that are no packet of this model. A receiver conceals the frame instead: Decoder.conceal()."""


class DamagedStream(QuaverError, ValueError):
    """A .qvr file that is damaged, cut off, or none at all; what could be saved hangs on the exception.

    Attributes:
        tokens: uint16 [frames, n_q], what was read. A frame that is lost is a row of NO_TOKEN, which decode()
            conceals. None if not even the start of the stream could be read.
        info: StreamInfo of the stream; its num_samples is None if the end is missing. None as for tokens.
        damage: lines for people, such as "page 7: lost or damaged (about 25 frames)".
    """

    def __init__(
        self,
        message: str,
        tokens: Optional[np.ndarray] = None,
        info: Optional[StreamInfo] = None,
        damage: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.tokens = tokens
        self.info = info
        self.damage = list(damage)
