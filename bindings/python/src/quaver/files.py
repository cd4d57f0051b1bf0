"""save() and load(): .qvr files, the same bytes that the program writes and reads.

The library calls back for bytes. A callback may not raise, so what a file object raises is kept and raised after
the call has come back.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import tempfile
from typing import Any, BinaryIO, Iterator, List, Optional, Sequence, Tuple, Union

import numpy as np

from . import _arrays
from ._library import MAX_FRAMES, NO_TOKEN, checked, ffi, file_lib, lib, opened
from .errors import DamagedPacket, DamagedStream
from .model import Model, PacketFormat

PathOrFile = Union[str, "os.PathLike[str]", BinaryIO]


@dataclasses.dataclass(frozen=True)
class StreamInfo:
    """What a .qvr file says about its sound.

    Attributes:
        model: the Model that its tokens belong to.
        sample_rate: Hz of the sound that was encoded.
        channels: channels that it had before it was mixed down.
        num_samples: its length in samples a channel at sample_rate; None if the end of the file is missing.
        format: PacketFormat of the stream.
        skip: samples to drop from the start of the decoded sound, at the model's rate.
        comments: tags, each "NAME=value".
    """

    model: Model
    sample_rate: int
    channels: int
    num_samples: Optional[int]
    format: PacketFormat
    skip: int
    comments: Tuple[str, ...] = ()

    @property
    def model_samples(self) -> Optional[int]:
        """num_samples at the model's rate, rounded up: what decode(num_samples=...) takes."""
        if self.num_samples is None:
            return None
        return -(-self.num_samples * self.model.sample_rate // self.sample_rate)

    @property
    def duration(self) -> Optional[float]:
        """Seconds."""
        return None if self.num_samples is None else self.num_samples / self.sample_rate


class _File:
    """A file object behind the library's callbacks."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.failure: Optional[BaseException] = None

    def raise_failure(self) -> None:
        if self.failure is not None:
            raise self.failure


@ffi.callback("int(void*, const void*, size_t)")
def _write(user: Any, data: Any, size: int) -> int:
    it: _File = ffi.from_handle(user)
    try:
        rest = memoryview(bytes(ffi.buffer(data, size)))
        while rest:
            count = it.file.write(rest)
            rest = rest[len(rest) if count is None else count :]
        return 0
    except BaseException as failure:
        it.failure = failure
        return -1


@ffi.callback("int64_t(void*, void*, size_t)")
def _read(user: Any, data: Any, size: int) -> int:
    it: _File = ffi.from_handle(user)
    try:
        found = it.file.read(size) or b""
        if not isinstance(found, (bytes, bytearray, memoryview)):
            raise ValueError(f"source: reading gave {type(found).__name__}, wanted bytes (open the file in binary mode)")
        ffi.buffer(data, size)[: len(found)] = found
        return len(found)
    except BaseException as failure:
        it.failure = failure
        return -1


@contextlib.contextmanager
def _replacing(target: PathOrFile) -> Iterator[BinaryIO]:
    """A file object to write; a path appears, whole, at the end, or is left as it was. Devices and pipes are written to."""
    if hasattr(target, "write") and not isinstance(target, type):
        yield target  # type: ignore[misc]
        return
    path = os.path.realpath(_path(target, "target"))
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as device:
            yield device
        return
    with tempfile.NamedTemporaryFile(dir=os.path.dirname(path), prefix=".quaver-", delete=False) as file:
        try:
            yield file  # type: ignore[misc]
            file.flush()
            os.fsync(file.fileno())
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(file.name, os.stat(path).st_mode & 0o777 if os.path.exists(path) else 0o666 & ~mask)
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def save(
    target: PathOrFile,
    tokens: Any,
    model: Model,
    *,
    num_samples: Optional[int] = None,
    sample_rate: Optional[int] = None,
    channels: int = 1,
    format: Optional[PacketFormat] = None,
    comments: Sequence[str] = (),
) -> None:
    """Writes the tokens of one clip as a .qvr file: range coded, with the model's identity and checksums.

    The file is the one that `quaver encode` writes of the same sound, byte for byte, if num_samples and sample_rate
    are those of the sound and `format` is that of model.packet_format() for a bit rate.

    Args:
        target: a path (written under another name and renamed, so that no half file is ever seen), or a binary file
            object.
        tokens: integers [frames, n_q]; NO_TOKEN may end a row.
        model: the Model that the tokens belong to.
        num_samples: length of the sound at sample_rate; a decoder gives out as many. Default: all that the frames
            hold.
        sample_rate: Hz of the original sound, 1000 .. 768000; default: the model's rate.
        channels: of the original sound, 1 .. 255.
        format: frames a packet, and the tokens a frame that most frames have; default: 25 frames, and what most
            frames of this clip have.
        comments: tags as in Vorbis and Opus, each "NAME=value"; 60000 bytes at most, with 4 more for each.

    Raises:
        ValueError: shape, dtype, a token or a comment is wrong, or the frames do not hold num_samples.
        OSError: writing failed.
    """
    _check_model(model)
    rows, counts = _arrays.tokens(tokens, model.groups, model.codes)
    if len(rows) == 0:
        raise ValueError("tokens: got no frames, wanted at least one")
    rate = model.sample_rate if sample_rate is None else _arrays.integer(sample_rate, 1000, 768000, "sample_rate")
    if num_samples is None:
        num_samples = max(len(rows) * model.frame_samples - model.delay, 0) * rate // model.sample_rate
    else:
        num_samples = _arrays.integer(num_samples, 0, 2**62, "num_samples")
    if format is None:
        format = PacketFormat(MAX_FRAMES, rows.shape[1] if counts is None else int(np.bincount(counts).argmax()))
    agreed = model._format(format)
    header = ffi.new("quaver_file_header*")
    checked(file_lib.quaver_file_header_init(header, model._handle, agreed))
    header.original_rate = rate
    header.original_channels = _arrays.integer(channels, 1, 255, "channels")
    texts = _comments(comments)
    array = ffi.new("const char*[]", texts)
    with _replacing(target) as file:
        user = _File(file)
        handle = ffi.new_handle(user)
        try:
            writer = opened(
                lambda text, size: file_lib.quaver_file_writer_create_with_comments(
                    header, array, len(texts), _write, handle, text, size
                ),
                file_lib.quaver_file_writer_close,
                ValueError,
            )
            for start in range(0, len(rows), agreed.frames):
                part = slice(start, start + agreed.frames)
                packet = model._pack(np.ascontiguousarray(rows[part]), None if counts is None else counts[part], agreed)
                checked(file_lib.quaver_file_writer_write(writer, packet, len(packet)))
            code = file_lib.quaver_file_writer_finish(writer, num_samples)
            if code == lib.QUAVER_ERROR_ARGUMENT:
                raise ValueError(f"num_samples: got {num_samples}, more than {len(rows)} frames hold at {rate} Hz")
            checked(code)
        except (OSError, ValueError):
            user.raise_failure()
            raise


def _check_model(model: Any) -> None:
    if not isinstance(model, Model):
        raise ValueError(f"model: got {_arrays.shown(model)}, wanted a quaver.Model")


def _path(target: Any, what: str) -> str:
    """No number: open() would take it for a file that is open already, and close it."""
    try:
        return os.fsdecode(target)
    except TypeError:
        raise ValueError(f"{what}: got {_arrays.shown(target)}, wanted a path or a binary file object") from None


def _comments(comments: Sequence[str]) -> List[Any]:
    """Strings of C that live as long as the list."""
    if not _arrays.is_list(comments) or not all(isinstance(text, str) and "\0" not in text for text in comments):
        raise ValueError(f"comments: got {_arrays.shown(comments)}, wanted a list of strings NAME=value")
    return [ffi.new("char[]", text.encode()) for text in comments]


def load(source: PathOrFile, model: Optional[Model] = None) -> Tuple[np.ndarray, StreamInfo]:
    """Reads a .qvr file, from whatever wrote it.

    Args:
        source: a path or a binary file object.
        model: the Model, if you have it already; default: that of the file's identity, as Model.with_identity() finds
            it: opened once for as long as something uses it, such as the info of another file.

    Returns:
        tokens: uint16 [frames, n_q], n_q the most of any frame; shorter rows end in NO_TOKEN.
        info: StreamInfo. model.decode(tokens, num_samples=info.model_samples) is the sound.

    Raises:
        DamagedStream: something was lost; its `tokens` and `info` are what was saved, the same that `quaver decode` saves.
            A page of the file, 5 seconds, has one checksum, so what is cut or damaged in it is lost with it. Also if
            it is no .qvr file.
        ModelError: there is no model of this identity.
        ValueError: `model` is another one.
        OSError: reading failed.
    """
    if model is not None:
        _check_model(model)
    with contextlib.ExitStack() as stack:
        if hasattr(source, "read") and not isinstance(source, type):
            file, name = source, str(getattr(source, "name", "stream"))
        else:
            name = _path(source, "source")
            file = stack.enter_context(open(name, "rb"))
        user = _File(file)  # type: ignore[arg-type]
        handle = ffi.new_handle(user)
        try:
            return _load(handle, str(name), model)
        except (OSError, ValueError):
            user.raise_failure()
            raise


def _load(handle: Any, name: str, model: Optional[Model]) -> Tuple[np.ndarray, StreamInfo]:
    label = os.fsencode(name)
    reader = opened(
        lambda text, size: file_lib.quaver_file_reader_open(_read, handle, label, text, size),
        file_lib.quaver_file_reader_close,
        DamagedStream,
    )
    header = ffi.new("quaver_file_header*")
    checked(file_lib.quaver_file_reader_header(reader, header))
    identity = bytes(header.identity).hex()
    if model is None:
        model = Model.with_identity(identity)
    elif model.identity != identity:
        raise ValueError(f"{name}: made with the model {identity}, but the one given is {model.identity}")
    for what, stream, ours in (
        ("sample rate", header.model_rate, model.sample_rate),
        ("frame size", header.frame_samples, model.frame_samples),
    ):
        if stream != ours:
            raise DamagedStream(f"{name}: the {what} is {stream} in the header, {ours} in the model")
    if header.format.n_q > model.groups:
        raise DamagedStream(f"{name}: {header.format.n_q} tokens a frame in the header, the model has {model.groups}")
    tokens, num_samples, damage = _events(reader, header.format, model)
    info = StreamInfo(
        model=model,
        sample_rate=header.original_rate,
        channels=header.original_channels,
        num_samples=num_samples,
        format=PacketFormat(header.format.frames, header.format.n_q),
        skip=header.pre_skip,
        comments=tuple(
            ffi.string(file_lib.quaver_file_reader_comment(reader, i)).decode(errors="replace")
            for i in range(checked(file_lib.quaver_file_reader_comment_count(reader)))
        ),
    )
    if damage:
        raise DamagedStream(f"{name}: {damage[0]}; {len(tokens)} frames were saved", tokens, info, damage)
    return tokens, info


def _events(reader: Any, format: Any, model: Model) -> Tuple[np.ndarray, Optional[int], List[str]]:
    """All tokens, the length or None, and lines about what was lost."""
    agreed = ffi.new("quaver_format*", (format.frames, format.n_q))
    event = ffi.new("quaver_file_event*")
    parts: List[np.ndarray] = [np.empty((0, model.groups), np.uint16)]
    damage: List[str] = []
    frames = 0
    while checked(file_lib.quaver_file_reader_next(reader, event)) != lib.QUAVER_FILE_END:
        rows = np.full((event.frames, model.groups), NO_TOKEN, np.uint16)
        if event.kind == lib.QUAVER_FILE_PACKET:
            try:
                rows = model._unpack(ffi.buffer(event.packet, event.size), agreed)[0]
            except DamagedPacket as failure:
                damage.append(f"frame {frames}: {failure} ({event.frames} frames lost)")
        parts.append(rows)
        frames += len(rows)
    num_samples = None if event.original_samples < 0 else int(event.original_samples)
    for line in range(file_lib.quaver_file_reader_damage_count(reader)):
        damage.append(ffi.string(file_lib.quaver_file_reader_damage(reader, line)).decode(errors="replace"))
    if num_samples is None and not damage:
        damage.append("the end of the stream is missing")
    tokens = np.concatenate(parts)
    widest = int((tokens != NO_TOKEN).any(axis=0).sum())
    return np.ascontiguousarray(tokens[:, :widest]), num_samples, damage
