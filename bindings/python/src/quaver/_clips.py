"""Whole clips through the library: pools of streams, so that nothing is created anew for each clip, and threads.

Calls into the library release the GIL, so plain threads suffice. Long clips go in pieces, between which Python can see
Ctrl-C, and threads that another one has failed.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import threading
from typing import TYPE_CHECKING, Any, Callable, Iterator, List, Optional, Sequence, Tuple

import numpy as np

from . import _arrays
from ._library import MAX_FRAMES, MAX_PACKET_BYTES, NO_TOKEN, checked, created, ffi, lib, opened
from ._resample import resampled

if TYPE_CHECKING:
    from .model import Model

SECONDS = 5  # of sound in a call
_SELECTION_SECONDS = 1  # in one that also chooses what to send

TOKENS = ffi.typeof("uint16_t[]")
# dtype of samples: (C type, encode, stream encoder's write, decode)
SAMPLES = {
    np.dtype(np.float32): (
        ffi.typeof("float[]"),
        lib.quaver_encode,
        lib.quaver_stream_encoder_write,
        lib.quaver_decode,
    ),
    np.dtype(np.int16): (
        ffi.typeof("int16_t[]"),
        lib.quaver_encode_i16,
        lib.quaver_stream_encoder_write_i16,
        lib.quaver_decode_i16,
    ),
}


class Pool:
    """Streams of one model that wait to be used again."""

    def __init__(self, create: Callable[[], Any], reset: Any) -> None:
        self._create = create
        self._reset = reset
        self._free: List[Any] = []

    @contextlib.contextmanager
    def stream(self) -> Iterator[Any]:
        """A fresh stream; after an exception it is not used again."""
        try:
            handle = self._free.pop()
        except IndexError:
            handle = self._create()
        yield handle
        checked(self._reset(handle))
        self._free.append(handle)


def encoders(model: Any) -> Pool:
    return Pool(lambda: created(lib.quaver_encoder_create(model), lib.quaver_encoder_close), lib.quaver_encoder_reset)


def decoders(model: Any) -> Pool:
    return Pool(lambda: created(lib.quaver_decoder_create(model), lib.quaver_decoder_close), lib.quaver_decoder_reset)


class _Thread(threading.local):
    """Of each thread: what is set when the results of all of them are wanted no more."""

    stop: Optional[threading.Event] = None


_thread = _Thread()


class _Stopped(Exception):
    """Ends a thread whose result nobody waits for."""


def spread(call: Callable[[Any], Any], items: Sequence[Any], threads: Optional[int], slow: bool = False) -> List[Any]:
    """[call(item) for item in items], several at a time; the first exception is raised, and ends the others soon.

    slow: a call of the library may take minutes. Then this thread makes none itself, so that it sees Ctrl-C at once, and
    does not wait for those that others are at: they end by themselves, or with the process.
    """
    if threads is None:
        threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = min(_arrays.integer(threads, 1, 4096, "threads"), len(items))
    if threads == 1 and not slow:
        return [call(item) for item in items]
    results: List[Any] = [None] * len(items)
    stop = threading.Event()
    left = iter(range(len(items)))  # next() of it is one step for Python, so threads share it
    done: queue.SimpleQueue[Optional[BaseException]] = queue.SimpleQueue()

    def work() -> None:
        _thread.stop = stop
        try:
            for number in left:
                _go_on()
                results[number] = call(items[number])
                done.put(None)
        except BaseException as failure:
            done.put(failure)

    workers = [threading.Thread(target=work, daemon=True) for _ in range(threads)]
    try:
        for worker in workers:
            worker.start()
        for _ in items:
            failure = done.get()
            if failure is not None:
                raise failure
    except BaseException:
        stop.set()
        if not slow:
            for worker in workers:
                if worker.ident is not None:
                    worker.join()
        raise
    return results


def _at_model_rate(model: Model, clip: np.ndarray, rate: float) -> np.ndarray:
    return clip if rate == model.sample_rate else resampled(clip, rate, model.sample_rate)


def _pieces(clip: np.ndarray, size: int) -> Iterator[np.ndarray]:
    for start in range(0, len(clip), size):
        _go_on()
        yield clip[start : start + size]


def _go_on() -> None:
    if _thread.stop is not None and _thread.stop.is_set():
        raise _Stopped


def encode(model: Model, clip: np.ndarray, rate: float, n_q: int) -> np.ndarray:
    """One clip at a fixed number of tokens a frame: uint16 [frames, n_q]."""
    clip = _at_model_rate(model, clip, rate)
    frame = model.frame_samples
    frames = -(-(len(clip) + model.delay) // frame)
    tokens = np.empty((frames, n_q), np.uint16)
    kind, call, _, _ = SAMPLES[clip.dtype]
    out = ffi.from_buffer(TOKENS, tokens, require_writable=True)
    silence = np.zeros(frames * frame - len(clip), clip.dtype)  # what the decoder's delay needs
    done = 0
    with model._encoders.stream() as encoder:
        for part in itertools.chain(_pieces(clip, SECONDS * model.sample_rate), [silence]):
            data = ffi.from_buffer(kind, part)
            done += n_q * checked(call(encoder, data, len(part), n_q, out + done, tokens.size - done))
    return tokens


class Selection:
    """What to send of a sound is for the library to decide: a bit rate, an effort, a variable rate."""

    def __init__(
        self, model: Model, bitrate: float, n_q: int, effort: int = 0, vbr: bool = False, frames: int = MAX_FRAMES
    ) -> None:
        self._model = model
        self._options = ffi.new("quaver_options*", (bitrate, n_q, frames, int(vbr), effort))
        self._create()  # says at once what is wrong

    def _create(self) -> Any:
        return opened(
            lambda text, size: lib.quaver_stream_encoder_create(self._model._handle, self._options, text, size),
            lib.quaver_stream_encoder_close,
            ValueError,
        )

    def format(self) -> Tuple[int, int]:
        """Frames a packet and tokens a frame that most packets have."""
        format = ffi.new("quaver_format*")
        checked(lib.quaver_stream_encoder_format(self._create(), format))
        return format.frames, format.n_q

    def encode(self, clip: np.ndarray, rate: float) -> np.ndarray:
        """One clip: uint16 [frames, n_q], n_q the most of any frame; shorter rows end in NO_TOKEN."""
        clip = _at_model_rate(self._model, clip, rate)
        stream = self._create()
        format = ffi.new("quaver_format*")
        checked(lib.quaver_stream_encoder_format(stream, format))
        kind, _, write, _ = SAMPLES[clip.dtype]
        rows: List[np.ndarray] = []
        for part in _pieces(clip, _SELECTION_SECONDS * self._model.sample_rate):
            checked(write(stream, ffi.from_buffer(kind, part), len(part)))
            self._read(stream, format, rows)
        checked(lib.quaver_stream_encoder_flush(stream))
        self._read(stream, format, rows)
        tokens = np.concatenate(rows)
        widest = int((tokens != NO_TOKEN).any(axis=0).sum())
        return np.ascontiguousarray(tokens[:, :widest])

    def _read(self, stream: Any, format: Any, rows: List[np.ndarray]) -> None:
        packet = ffi.new("uint8_t[]", MAX_PACKET_BYTES)
        while True:
            size = checked(lib.quaver_stream_encoder_read(stream, packet, MAX_PACKET_BYTES))
            if size == 0:
                return
            rows.append(self._model._unpack(ffi.buffer(packet, size), format)[0])


def decode(
    model: Model, rows: np.ndarray, counts: Optional[np.ndarray], wanted: Optional[int], skip: int, dtype: Any
) -> np.ndarray:
    """One clip: the samples skip .. skip + wanted - 1 of what the rows decode to."""
    frame = model.frame_samples
    held = len(rows) * frame
    if wanted is None:
        wanted = max(held - skip, 0)
    elif skip + wanted > held + frame:
        raise ValueError(f"num_samples: got {wanted}, but {len(rows)} frames hold {max(held - skip, 0)} samples")
    concealed = int(skip + wanted > held)  # the last frame of a sound may be missing, as in a .qvr file
    samples = np.empty(held + concealed * frame, dtype)
    with model._decoders.stream() as decoder:
        decode_rows(decoder, rows, counts, samples, frame)
        if concealed:
            decode_rows(decoder, rows[:1], np.zeros(1, np.int64), samples[held:], frame)
    return samples[skip : skip + wanted]


def decode_rows(decoder: Any, rows: np.ndarray, counts: Optional[np.ndarray], samples: np.ndarray, frame: int) -> None:
    """Frames with equally many tokens in one call, which is faster than one by one. Fills `samples`."""
    kind, _, _, call = SAMPLES[samples.dtype]
    out = ffi.from_buffer(kind, samples, require_writable=True)
    most = SECONDS * 50  # frames in a call
    if counts is None and len(rows) <= most:
        checked(call(decoder, ffi.from_buffer(TOKENS, rows), *rows.shape, out, samples.size))
        return
    if counts is None:
        ends = [*range(most, len(rows), most), len(rows)]
    else:
        ends = sorted({*(np.flatnonzero(np.diff(counts)) + 1).tolist(), *range(most, len(rows), most), len(rows)})
    start = 0
    for end in ends:
        _go_on()
        n_q = rows.shape[1] if counts is None else int(counts[start])
        part = rows[start:end]
        if n_q < rows.shape[1]:
            part = np.ascontiguousarray(part[:, :n_q])
        data = ffi.from_buffer(TOKENS, part)
        place = start * frame
        checked(call(decoder, data, end - start, n_q, out + place, samples.size - place))
        start = end
