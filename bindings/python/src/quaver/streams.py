"""Encoder and Decoder: streams, for sound that arrives bit by bit."""

from __future__ import annotations

import contextlib
import functools
import threading
from typing import TYPE_CHECKING, Any, Callable, Iterator, Optional, Tuple, Type, TypeVar

import numpy as np

from . import _arrays
from ._clips import SAMPLES, SECONDS, TOKENS, decode_rows
from ._library import checked, created, ffi, lib
from .errors import StateError

if TYPE_CHECKING:
    from .model import Model

_Self = TypeVar("_Self", bound="_Stream")
_Method = TypeVar("_Method", bound=Callable[..., Any])


def _alone(method: _Method) -> _Method:
    """Other threads wait: a call of the library releases the GIL, and a stream is for one call at a time."""

    @functools.wraps(method)
    def locked(self: _Stream, *arguments: Any, **named: Any) -> Any:
        with self._lock:
            return method(self, *arguments, **named)

    return locked  # type: ignore[return-value]


class _Stream:
    """A handle with a state. Used as a context manager it is closed at the end. Calls of several threads wait for each
    other, in an order that nobody knows.

    Long pushes go to the library in pieces of some seconds, between which Python can see Ctrl-C; whatever is raised there,
    the stream is then as it was before the push.
    """

    _state_size: Any
    _save: Any
    _restore: Any
    _reset: Any

    def __init__(self, model: Model, handle: Any) -> None:
        self.model = model
        self._lock = threading.RLock()
        self._open: Optional[Any] = handle

    @property
    def _handle(self) -> Any:
        if self._open is None:
            name = type(self).__name__
            raise ValueError(f"the {name} is closed; model.{name.lower()}() makes another")
        return self._open

    @property
    def closed(self) -> bool:
        """Whether close() was called, or a `with` block ended. Every other call is then a ValueError."""
        return self._open is None

    @_alone
    def close(self) -> None:
        """Frees the memory; the stream is of no more use. May be called again."""
        if self._open is not None:
            ffi.release(self._open)
            self._open = None

    @_alone
    def reset(self) -> None:
        """As a fresh stream."""
        checked(self._reset(self._handle))

    @_alone
    def state(self) -> bytes:
        """Where the stream stands, to store or to move to another stream of the same model and version."""
        state = bytearray(self._state_size(self._handle))
        checked(self._save(self._handle, ffi.from_buffer(state, require_writable=True), len(state)))
        return bytes(state)

    @_alone
    def restore(self, state: bytes) -> None:
        """Stands where the stream stood whose state() this is. Raises StateError for anything else; the stream is
        then as it was."""
        handle = self._handle
        data = _arrays.octets(state, "state", StateError)
        checked(self._restore(handle, data, len(data)))

    @contextlib.contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        """For several calls of the library: the state before them is restored after an exception."""
        before = self.state()
        try:
            yield
        except BaseException:
            checked(self._restore(self._handle, ffi.from_buffer(before), len(before)))
            raise

    def __enter__(self: _Self) -> _Self:
        self._handle  # raises if it is closed
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Any) -> None:
        self.close()


class Encoder(_Stream):
    """Sound to tokens, chunk by chunk; made by Model.encoder(). Any chunking gives the same tokens.

    Example:
        >>> import numpy as np, quaver
        >>> model = quaver.Model()
        >>> with model.encoder(n_q=8) as enc, model.decoder() as dec:
        ...     sound = dec.push(enc.push(np.zeros(500, np.float32)))   # one frame is complete
        >>> sound.shape
        (320,)
    """

    _state_size = lib.quaver_encoder_state_size
    _save = lib.quaver_encoder_save
    _restore = lib.quaver_encoder_restore
    _reset = lib.quaver_encoder_reset

    def __init__(self, model: Model, n_q: int, live: bool = False) -> None:
        self.n_q = _arrays.integer(n_q, 1, model.groups, "n_q")
        create = lib.quaver_encoder_create_live if live else lib.quaver_encoder_create
        super().__init__(model, created(create(model._handle), lib.quaver_encoder_close))
        self._used = False

    @_alone
    def push(self, samples: Any) -> np.ndarray:
        """Takes float32 (-1 .. 1) or int16 [T] at model.sample_rate, of any length, none too, and returns the tokens of
        the frames that they complete: uint16 [frames, n_q], frames 0 or more. Raises ValueError for other shapes and
        dtypes, and for samples that are not finite; the stream is then as it was."""
        handle = self._handle
        samples = _arrays.samples(samples)
        n_q = self.n_q
        count = samples.size
        tokens = np.empty((checked(lib.quaver_encoder_frames_after(handle, count)), n_q), np.uint16)
        kind, call, _, _ = SAMPLES[samples.dtype]
        out = ffi.from_buffer(TOKENS, tokens)
        size = SECONDS * self.model.sample_rate
        if count <= size:
            checked(call(handle, ffi.from_buffer(kind, samples), count, n_q, out, tokens.size))
        else:
            with self._all_or_nothing():
                done = 0
                for start in range(0, count, size):
                    part = samples[start : start + size]
                    data = ffi.from_buffer(kind, part)
                    done += n_q * checked(call(handle, data, len(part), n_q, out + done, tokens.size - done))
        self._used = self._used or count > 0
        return tokens

    @_alone
    def flush(self) -> np.ndarray:
        """The end of the sound: the tokens of what is left, and of what the decoder's delay needs, so that all frames
        together are those of Model.encode(). The stream is then fresh, for the next sound."""
        self._handle  # raises if it is closed
        if not self._used:
            return np.empty((0, self.n_q), np.uint16)
        frame, delay = self.model.frame_samples, self.model.delay
        waiting = frame - self._missing()
        tokens = self.push(np.zeros(-(-(waiting + delay) // frame) * frame - waiting, np.float32))
        self.reset()
        return tokens

    @_alone
    def reset(self) -> None:
        """As a fresh stream; what waits for the end of its frame is dropped."""
        super().reset()
        self._used = False

    @_alone
    def restore(self, state: bytes) -> None:
        super().restore(state)
        self._used = True

    restore.__doc__ = _Stream.restore.__doc__

    def _missing(self) -> int:
        """Samples that complete the frame, 1 .. frame_samples: the library says it by the frames they would complete."""
        low, high = 1, self.model.frame_samples
        while low < high:
            middle = (low + high) // 2
            if lib.quaver_encoder_frames_after(self._handle, middle) > 0:
                high = middle
            else:
                low = middle + 1
        return low


class Decoder(_Stream):
    """Tokens to sound, chunk by chunk; made by Model.decoder(). Any chunking gives the same samples.

    The sound lags that of the encoder by model.delay samples; Model.decode() takes them away, a stream does not.
    """

    _state_size = lib.quaver_decoder_state_size
    _save = lib.quaver_decoder_save
    _restore = lib.quaver_decoder_restore
    _reset = lib.quaver_decoder_reset

    def __init__(self, model: Model, dtype: Any = np.float32, live: bool = False) -> None:
        self.dtype = _arrays.sample_type(dtype)
        create = lib.quaver_decoder_create_live if live else lib.quaver_decoder_create
        super().__init__(model, created(create(model._handle), lib.quaver_decoder_close))

    @_alone
    def push(self, tokens: Any) -> np.ndarray:
        """Tokens [frames, n_q] of the next frames, any number of them, to samples [frames * frame_samples]. n_q may
        differ at every call. Rows may end in NO_TOKEN; a row of nothing else is a lost frame. Raises ValueError for
        other shapes and tokens; the stream is then as it was."""
        handle = self._handle
        model = self.model
        rows, counts = _arrays.tokens(tokens, model.groups, model.codes)
        samples = np.empty(len(rows) * model.frame_samples, self.dtype)
        if len(rows) == 0:
            return samples
        if counts is None and len(rows) <= SECONDS * 50:
            decode_rows(handle, rows, counts, samples, model.frame_samples)
        else:
            with self._all_or_nothing():
                decode_rows(handle, rows, counts, samples, model.frame_samples)
        return samples

    def conceal(self, frames: int = 1) -> np.ndarray:
        """Frames that did not arrive, 1 .. 3000: continues the sound as well as the network can."""
        frames = _arrays.integer(frames, 1, lib.QUAVER_MAX_LOST_FRAMES, "frames")
        return self.push(np.empty((frames, 0), np.uint16))

    @_alone
    def push_packet(self, packet: Any, format: Tuple[int, int]) -> np.ndarray:
        """Unpacks and decodes the packet of a live stream. `format`: PacketFormat that both ends agreed on; a packet of
        more frames is refused. Raises DamagedPacket, and the stream is as it was: conceal() format.frames frames."""
        handle = self._handle
        agreed = self.model._format(format)
        samples = np.empty(agreed.frames * self.model.frame_samples, self.dtype)
        i16 = self.dtype == np.int16
        call = lib.quaver_decode_packet_i16 if i16 else lib.quaver_decode_packet
        data = _arrays.octets(packet, "packet")
        out = ffi.from_buffer(SAMPLES[self.dtype][0], samples, require_writable=True)
        return samples[: checked(call(handle, agreed, data, len(data), out, samples.size))]
