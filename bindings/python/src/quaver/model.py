"""Model: sound to tokens and back, whole clips and batches; packets."""

from __future__ import annotations

import json
import os
import weakref
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np

from . import _arrays, _clips, _find
from ._library import MAX_FRAMES, MAX_PACKET_BYTES, checked, ffi, lib, opened
from .errors import ModelError
from .streams import Decoder, Encoder


class PacketFormat(NamedTuple):
    """What packets leave unsaid, so that both ends have to agree on it. Packets of this format are the smallest;
    others are read too, and take about a byte more.

    Attributes:
        frames: frames a packet, 1 .. 25.
        n_q: tokens a frame, 0 .. model.groups.
    """

    frames: int = MAX_FRAMES
    n_q: int = 0


# By identity: models that are where with_identity() looks, as long as anything uses them.
_known: "weakref.WeakValueDictionary[str, Model]" = weakref.WeakValueDictionary()


class Model:
    """A model: immutable, safe to share among threads, cheap to pickle (by its name and identity).

    Args:
        name: None for the model that is built in (speech-16k); the path of a weights file (.safetensors); or a name
            such as "speech-16k-vp", which is in this package. Other names are looked for in the folders of the
            environment variable QUAVER_MODELS, share/quaver/models of the Python environment,
            ~/.local/share/quaver/models and /usr/share/quaver/models.

    Raises:
        ModelError: there is no such model, or its file is damaged; the message lists the places.

    Attributes:
        source: "built-in model", or the name, path or identity that it was opened by.
        sample_rate: Hz, 16000 for the default model.
        frame_samples: samples of a frame, 320.
        frame_rate: frames a second, 50.0.
        groups: tokens of a frame at most, 18: the largest n_q.
        codes: tokens are 0 .. codes - 1; 1000 codes.
        delay: samples by which a Decoder's sound lags the input; decode() takes them away.
        run_in: frames after which a decoder that began in the middle of a stream gives the same bits as one that
            began at its start.
        identity: SHA-256 of configuration and weights, 64 hexadecimal digits. Tokens belong to one identity.

    Example:
        >>> import numpy as np, quaver
        >>> model = quaver.Model()
        >>> tokens = model.encode(np.zeros(16000, np.float32), 16000, n_q=8)
        >>> tokens.shape, tokens.dtype
        ((51, 8), dtype('uint16'))
    """

    source: str
    sample_rate: int
    frame_samples: int
    frame_rate: float
    groups: int
    codes: int
    delay: int
    run_in: int
    identity: str
    _handle: Any
    _name: Optional[str]
    _encoders: _clips.Pool
    _decoders: _clips.Pool

    def __init__(self, name: Union[str, os.PathLike, None] = None) -> None:
        if name is None:
            handle = opened(
                lambda text, size: lib.quaver_model_open(ffi.NULL, text, size), lib.quaver_model_close, ModelError
            )
            self._set(handle, None, "built-in model")
        else:
            try:
                name = os.fsdecode(name)
            except TypeError:
                raise ValueError(f"name: got {_arrays.shown(name)}, wanted None, a name or a path") from None
            self._set(_find.by_name(name), name, name)
        if name is None or not _find.is_path(name):
            _known.setdefault(self.identity, self)

    def _set(self, handle: Any, name: Optional[str], source: str) -> None:
        identity = ffi.new("uint8_t[32]")
        checked(lib.quaver_model_identity(handle, identity))
        sample_rate, frame_samples = lib.quaver_sample_rate(handle), lib.quaver_frame_samples(handle)
        vars(self).update(
            _handle=handle,
            _name=name,
            _encoders=_clips.encoders(handle),
            _decoders=_clips.decoders(handle),
            source=source,
            sample_rate=sample_rate,
            frame_samples=frame_samples,
            frame_rate=sample_rate / frame_samples,
            groups=lib.quaver_groups(handle),
            codes=lib.quaver_codes(handle),
            delay=lib.quaver_delay(handle),
            run_in=lib.quaver_run_in(handle),
            identity=bytes(ffi.buffer(identity)).hex(),
        )

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{name} cannot be set: a Model does not change")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{name} cannot be deleted: a Model does not change")

    @classmethod
    def with_identity(cls, identity: str) -> "Model":
        """The model of an identity (64 hexadecimal digits), as a .qvr file names it: the built-in one, or the first
        intact weights file in the folders that has it. One that is in use already is not opened again, but is the same
        object. Raises ModelError if there is none."""
        try:
            wanted = bytes.fromhex(identity)
        except (TypeError, ValueError):
            wanted = b""
        if len(wanted) != 32:
            raise ValueError(f"identity: got {_arrays.shown(identity)}, wanted 64 hexadecimal digits")
        model = _known.get(wanted.hex())
        if model is None:
            model = cls.__new__(cls)
            model._set(_find.by_identity(wanted), None, wanted.hex())
            model = _known.setdefault(model.identity, model)
        return model

    @property
    def metadata(self) -> Dict[str, str]:
        """The metadata of the weights file: licence, training, measured rates, identity ..."""
        size = checked(lib.quaver_model_metadata(self._handle, ffi.NULL, 0))
        text = ffi.new("char[]", size + 1)
        checked(lib.quaver_model_metadata(self._handle, text, size + 1))
        return json.loads(ffi.string(text).decode())

    def __repr__(self) -> str:
        return f"<quaver.Model {self.source}, {self.identity[:12]}...: {self.sample_rate} Hz, {self.groups} x {self.codes}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and self.identity == other.identity

    def __hash__(self) -> int:
        return hash(self.identity)

    def __reduce__(self) -> Tuple[Any, ...]:
        return restored, (self._name, self.identity)

    def tokens_for_bitrate(self, bitrate: float, frames_per_packet: int = MAX_FRAMES) -> int:
        """The largest n_q whose payload is expected to fit `bitrate` bits per second, in packets of so many frames
        (1 .. 25). Raises ValueError if even one token a frame is too much."""
        frames = _arrays.integer(frames_per_packet, 1, MAX_FRAMES, "frames_per_packet")
        code = lib.quaver_tokens_for_bitrate(self._handle, _bitrate(bitrate), frames)
        if code == lib.QUAVER_ERROR_ARGUMENT:
            least = self.expected_bitrate(1, frames)
            raise ValueError(f"bitrate: {bitrate:g} bits per second are too few; one token a frame needs {least}")
        return checked(code)

    def expected_bitrate(self, n_q: int, frames_per_packet: int = MAX_FRAMES) -> int:
        """Expected payload in bits per second of n_q tokens a frame (1 .. groups), in packets of so many frames."""
        n_q = _arrays.integer(n_q, 1, self.groups, "n_q")
        frames = _arrays.integer(frames_per_packet, 1, MAX_FRAMES, "frames_per_packet")
        return checked(lib.quaver_expected_bitrate(self._handle, n_q, frames))

    def encode(
        self,
        samples: Any,
        sample_rate: float,
        *,
        n_q: Optional[int] = None,
        bitrate: Optional[float] = None,
        effort: int = 0,
        vbr: bool = False,
        threads: Optional[int] = None,
    ) -> Any:
        """Sound to tokens. The tokens of a clip are the same whatever the batch and the number of threads.

        Args:
            samples: float32 (-1 .. 1) or int16, [T] for one clip, [B, T] or a sequence of [T] for a batch. float16 and
                float64 are converted; whatever has __array__ or DLPack (torch, jax) is taken. Clips have one channel: a
                stereo sound [2, T] counts as a batch of two clips, so mix it down first (x.mean(axis=0), or axis=1 of
                [T, 2] as soundfile reads it, which is refused).
            sample_rate: Hz of the samples. Other rates than the model's go through soxr (pip install 'quaver[audio]').
            n_q: tokens a frame, 1 .. groups; the first carry the most. Default, without a bitrate: groups.
            bitrate: payload in bits per second instead of n_q, held over a few seconds by giving each half second its
                own number of tokens.
            effort: 0, 1 or 2: more computation for better sound at the same bitrate; each frame gets its own number
                of tokens. 1 is about 10 times slower, 2 about 50 times.
            vbr: fewer tokens where the sound is quiet; n_q or bitrate are those of speech.
            threads: clips of a batch that are encoded at the same time; default: the cores that this process may use.

        Returns:
            One clip: uint16 [frames, n_q]. frames = ceil((T + delay) / frame_samples), T at the model's rate.
            A batch: a tuple of uint16 [B, frames, n_q] and int64 [B], the frames of each clip; shorter clips are
            filled with NO_TOKEN. With bitrate or vbr, NO_TOKEN also ends the rows of frames that have fewer tokens, and
            n_q is the most that any frame has.

        Raises:
            ValueError: shape, dtype, rate or options are wrong, a sample is not finite, or a clip is empty.
            ImportError: another rate than the model's, and soxr is not installed.
        """
        clips, batch = _arrays.clips(samples)
        rate = self._rate(sample_rate)
        if n_q is not None and bitrate is not None:
            raise ValueError("got both n_q and bitrate, wanted one of them")
        if n_q is not None:
            n_q = _arrays.integer(n_q, 1, self.groups, "n_q")
        effort = _arrays.integer(effort, 0, 2, "effort")
        vbr = _arrays.flag(vbr, "vbr")
        if effort and (bitrate is None or vbr):
            raise ValueError(f"effort={effort} needs a bitrate, and no vbr")
        if bitrate is None and not vbr:
            width = n_q or self.groups
            rows = _clips.spread(lambda clip: _clips.encode(self, clip, rate, width), clips, threads)
        else:
            fixed = 0 if bitrate is not None else n_q or self.groups
            selection = _clips.Selection(self, 0.0 if bitrate is None else _bitrate(bitrate), fixed, effort, vbr)
            rows = _clips.spread(lambda clip: selection.encode(clip, rate), clips, threads, slow=effort > 0)
        if not batch:
            return rows[0]
        return _arrays.padded(rows), np.array([len(row) for row in rows], np.int64)

    def decode(
        self,
        tokens: Any,
        *,
        lengths: Optional[Sequence[int]] = None,
        num_samples: Union[int, Sequence[int], None] = None,
        skip: Optional[int] = None,
        dtype: Any = np.float32,
        threads: Optional[int] = None,
    ) -> Any:
        """Tokens to sound, aligned with the sound that was encoded. The bits are the same whatever the batch and
        the number of threads.

        Args:
            tokens: integers [frames, n_q], best uint16; [B, frames, n_q] or a sequence of [frames, n_q] for a batch.
                A row may end in NO_TOKEN (65535 or -1): the frame has fewer tokens. A row of nothing else is a lost
                frame and is concealed, except at the end of a clip of a batch, where it is padding.
            lengths: frames of each clip of a batch, as encode() gives them; what lies behind is padding.
            num_samples: cuts to so many samples at the model's rate: an int, or one for each clip of a batch.
                Default: all, which is up to a frame more than was encoded.
            skip: samples that are dropped at the start. Default: the delay of the model.
            dtype: float32, or int16 (rounded, clamped).
            threads: as in encode().

        Returns:
            One clip: [T] at model.sample_rate, T = frames * frame_samples - delay. A batch: [B, T] if all clips have the
            same length, else a list of [T].

        Raises:
            ValueError: shape, dtype or a token is wrong, there is no frame, or the frames hold fewer than num_samples.
        """
        dtype = _arrays.sample_type(dtype)
        skip = self.delay if skip is None else _arrays.integer(skip, 0, 65535, "skip")
        clips, batch = self._token_clips(tokens, lengths)
        if num_samples is None:
            wanted: List[Optional[int]] = [None] * len(clips)
        else:
            each = [num_samples] * len(clips)
            if batch and (_arrays.is_list(num_samples) or getattr(num_samples, "ndim", None)):
                each = _arrays.integers(num_samples, "num_samples", "an int, or one for each clip")
            wanted = [_arrays.integer(n, 0, 2**62, "num_samples") for n in each]
            if len(wanted) != len(clips):
                raise ValueError(f"num_samples: got {len(wanted)} of them for {len(clips)} clips")
        drop = skip
        jobs = list(zip(clips, wanted))
        sounds = _clips.spread(lambda job: _clips.decode(self, job[0][0], job[0][1], job[1], drop, dtype), jobs, threads)
        if not batch:
            return sounds[0]
        return np.stack(sounds) if len({len(sound) for sound in sounds}) == 1 else sounds

    def encoder(self, n_q: Optional[int] = None, *, live: bool = False) -> Encoder:
        """A stream of sound to tokens: any chunk in, the tokens of whole frames out. See Encoder.

        Args:
            n_q: tokens a frame, 1 .. groups; default groups.
            live: a tenth of the memory, for streams that get a frame a call; slower with longer chunks.
        """
        return Encoder(self, self.groups if n_q is None else n_q, _arrays.flag(live, "live"))

    def decoder(self, *, dtype: Any = np.float32, live: bool = False) -> Decoder:
        """A stream of tokens to sound: frame_samples samples for each frame. See Decoder.

        Args:
            dtype: of the samples, float32 or int16.
            live: as in encoder().
        """
        return Decoder(self, dtype, _arrays.flag(live, "live"))

    def packet_format(
        self,
        *,
        n_q: Optional[int] = None,
        bitrate: Optional[float] = None,
        effort: int = 0,
        frames_per_packet: int = MAX_FRAMES,
    ) -> PacketFormat:
        """The format that the program writes for so many tokens a frame, or for a bitrate (bits per second) and an
        effort."""
        frames = _arrays.integer(frames_per_packet, 1, MAX_FRAMES, "frames_per_packet")
        if (n_q is None) == (bitrate is None):
            raise ValueError("wanted n_q or bitrate, one of them")
        if n_q is not None:
            return PacketFormat(frames, _arrays.integer(n_q, 0, self.groups, "n_q"))
        effort = _arrays.integer(effort, 0, 2, "effort")
        return PacketFormat(*_clips.Selection(self, _bitrate(bitrate), 0, effort, frames=frames).format())

    def pack(self, tokens: Any, format: Optional[PacketFormat] = None) -> bytes:
        """Tokens [frames, n_q] of 1 .. 25 frames to one packet, which decodes without any other.

        Rows may end in NO_TOKEN. `format`: see PacketFormat; default PacketFormat(25, groups). The receiver needs the
        same. Raises ValueError for other shapes and tokens. quaver.save() packs longer clips.
        """
        rows, counts = _arrays.tokens(tokens, self.groups, self.codes)
        return self._pack(rows, counts, self._format(format))

    def unpack(self, packet: Any, format: Optional[PacketFormat] = None) -> np.ndarray:
        """A packet (bytes) to uint16 [frames, n_q]; shorter rows end in NO_TOKEN. `format` as in pack().

        Raises DamagedPacket if the bytes are no packet of this model; a receiver conceals its frames then.
        """
        rows, counts = self._unpack(packet, self._format(format))
        return np.ascontiguousarray(rows[:, : int(counts.max())])

    def _pack(self, rows: np.ndarray, counts: Optional[np.ndarray], format: Any) -> bytes:
        if not 1 <= len(rows) <= MAX_FRAMES:
            raise ValueError(f"tokens: got {len(rows)} frames, a packet holds 1 .. {MAX_FRAMES} (quaver.save(): any)")
        packet = ffi.new("uint8_t[]", MAX_PACKET_BYTES)
        if counts is None:
            pointer = ffi.from_buffer("uint16_t[]", rows)
            size = lib.quaver_pack(self._handle, format, pointer, *rows.shape, packet, MAX_PACKET_BYTES)
        else:
            wide = np.zeros((len(rows), self.groups), np.uint16)
            wide[:, : rows.shape[1]] = rows
            n_q = ffi.from_buffer("uint8_t[]", np.ascontiguousarray(counts, np.uint8))
            pointer = ffi.from_buffer("uint16_t[]", wide)
            size = lib.quaver_pack_frames(self._handle, format, pointer, n_q, len(rows), packet, MAX_PACKET_BYTES)
        return ffi.unpack(ffi.cast("char*", packet), checked(size))

    def _unpack(self, packet: Any, format: Any) -> Tuple[np.ndarray, np.ndarray]:
        """Rows as wide as groups, and the tokens of each."""
        tokens = np.empty((MAX_FRAMES, self.groups), np.uint16)
        counts = np.empty(MAX_FRAMES, np.uint8)
        data = _arrays.octets(packet, "packet")
        frames = checked(
            lib.quaver_unpack(
                self._handle,
                format,
                data,
                len(data),
                ffi.from_buffer("uint16_t[]", tokens),
                ffi.from_buffer("uint8_t[]", counts),
            )
        )
        return tokens[:frames], counts[:frames]

    def _format(self, format: Optional[Tuple[int, int]]) -> Any:
        if format is None:
            format = PacketFormat(MAX_FRAMES, self.groups)
        try:
            frames, n_q = format
        except Exception:
            raise ValueError(f"format: got {_arrays.shown(format)}, wanted a PacketFormat(frames, n_q)") from None
        frames = _arrays.integer(frames, 1, MAX_FRAMES, "format.frames")
        return ffi.new("quaver_format*", (frames, _arrays.integer(n_q, 0, self.groups, "format.n_q")))

    def _rate(self, sample_rate: Any) -> float:
        return _arrays.number(sample_rate, 1000, 768000, "sample_rate", "Hz within 1000 .. 768000")

    def _token_clips(self, tokens: Any, lengths: Any) -> Tuple[List[Tuple[np.ndarray, Optional[np.ndarray]]], bool]:
        batch = True
        if not _arrays.is_list(tokens):
            array = _arrays.as_array(tokens, "tokens")
            batch = array.ndim == 3
            tokens = list(array) if batch else [array]
        if lengths is not None:
            lengths = _arrays.integers(lengths, "lengths", "the frames of each clip, [B]")
            if not batch or len(lengths) != len(tokens):
                given = f"{len(tokens)} clips" if batch else "one clip, not a batch"
                raise ValueError(f"lengths: got {len(lengths)} of them for {given}")
        clips = []
        for i, rows in enumerate(tokens):
            what = f"tokens[{i}]" if batch else "tokens"
            if lengths is not None:
                rows = _arrays.as_array(rows, what)
                if rows.ndim != 2:
                    raise ValueError(f"{what}: got {rows.ndim} dimensions, wanted [frames, n_q]")
                rows = rows[: _arrays.integer(lengths[i], 1, len(rows), f"lengths[{i}]")]
            rows, counts = _arrays.tokens(rows, self.groups, self.codes, what)
            if batch and lengths is None and counts is not None:
                end = int(np.flatnonzero(counts)[-1]) + 1 if counts.any() else 0
                rows, counts = rows[:end], counts[:end]
            if len(rows) == 0:
                raise ValueError(f"{what}: got no frames, wanted at least one")
            clips.append((rows, counts))
        if not clips:
            raise ValueError("tokens: got a batch of no clips, wanted at least one")
        return clips, batch


def restored(source: Optional[str], identity: str) -> Model:
    """The model of this identity: by its path or name if that still gives it, else wherever it is found. Pickles are
    opened by it, on other machines too."""
    if source is not None:
        try:
            model = Model(source)
            if model.identity == identity:
                return model
        except ModelError:
            pass
    return Model.with_identity(identity)


def _bitrate(bitrate: Any) -> float:
    return _arrays.number(bitrate, 1e-9, 1e9, "bitrate", "bits per second, such as 3000")
