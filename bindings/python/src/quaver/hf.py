"""Quaver behind the methods of Hugging Face's codecs, for training scripts that were written for Mimi or EnCodec.

    from quaver.hf import QuaverModel as MimiModel, QuaverFeatureExtractor as AutoFeatureExtractor

    model = MimiModel.from_pretrained("speech-16k")
    extractor = AutoFeatureExtractor.from_pretrained("speech-16k")
    inputs = extractor(raw_audio=clips, sampling_rate=extractor.sampling_rate, return_tensors="pt")
    codes = model.encode(inputs["input_values"], inputs["padding_mask"]).audio_codes      # int64 [B, n_q, T]
    audio = model.decode(codes).audio_values                                              # float32 [B, 1, samples]

QuaverModel has the signatures and shapes of MimiModel; QuaverEncodecModel those of EncodecModel, which has a dimension
of chunks before the batch. This module needs torch (nothing else of the package does), and no transformers. The codec
runs on the CPU; results go to the device of the input.
"""

from __future__ import annotations

import math
import types
from collections import OrderedDict
from typing import Any, Dict, List, Optional, Sequence, Type, TypeVar, Union

import numpy as np
import torch

from .model import Model


class CodecOutput(OrderedDict):
    """What encode() and decode() return: by attribute, by name, or by number, as transformers' ModelOutput.

    None is not counted among the numbers.
    """

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(key) if isinstance(key, str) else self.to_tuple()[key]

    def to_tuple(self) -> tuple:
        return tuple(value for value in self.values() if value is not None)


_AnyCodec = TypeVar("_AnyCodec", bound="_Codec")


class _Codec(torch.nn.Module):
    """What both of the classes below have.

    Attributes:
        codec: the quaver.Model.
        config: sampling_rate, frame_rate, num_quantizers, codebook_size, audio_channels, hop_length, return_dict.
        sampling_rate, frame_rate: Hz.
    """

    main_input_name = "input_values"

    def __init__(self, model: Union[Model, str, None] = None, num_quantizers: Optional[int] = None) -> None:
        """model: a quaver.Model, or its name or file; default: the built-in one. num_quantizers: tokens a frame (n_q)
        unless encode() is told otherwise; default: all."""
        super().__init__()
        self.codec = model if isinstance(model, Model) else Model(model)
        self.config = types.SimpleNamespace(
            model_type="quaver",
            sampling_rate=self.codec.sample_rate,
            frame_rate=self.codec.frame_rate,
            frame_size=self.codec.frame_samples,
            hop_length=self.codec.frame_samples,
            num_quantizers=self.codec.groups if num_quantizers is None else num_quantizers,
            codebook_size=self.codec.codes,
            audio_channels=1,
            return_dict=True,
        )
        self.register_buffer("_place", torch.empty(0), persistent=False)  # follows .to(device)

    @classmethod
    def from_pretrained(cls: Type[_AnyCodec], name: Optional[str] = None, **options: Any) -> _AnyCodec:
        """As quaver.Model(name). Options other than num_quantizers are for transformers alone, and have no effect."""
        return cls(name, options.get("num_quantizers"))

    @property
    def sampling_rate(self) -> int:
        return self.config.sampling_rate

    @property
    def frame_rate(self) -> float:
        return self.config.frame_rate

    @property
    def device(self) -> torch.device:
        return self._place.device

    def get_encoded_length(self, input_length: Any) -> Any:
        """Frames of so many samples."""
        frame = self.codec.frame_samples
        return (input_length + self.codec.delay + frame - 1) // frame

    def get_audio_codes_mask(self, padding_mask: torch.Tensor, padding_side: str = "right") -> torch.Tensor:
        """bool [B, T]: where the codes of an encoded batch are no padding."""
        lengths = self.get_encoded_length(_flat(padding_mask, "padding_mask").sum(dim=-1))
        mask = torch.arange(int(lengths.max()), device=lengths.device).expand(len(lengths), -1) < lengths[:, None]
        return mask if padding_side == "right" else mask.flip(-1)

    def _dict(self, return_dict: Optional[bool]) -> bool:
        return self.config.return_dict if return_dict is None else return_dict

    def _codes(
        self, input_values: torch.Tensor, padding_mask: Optional[torch.Tensor], num_quantizers: Optional[int]
    ) -> torch.Tensor:
        sound = _flat(input_values, "input_values")
        if not sound.is_floating_point():
            raise ValueError(f"input_values: got {sound.dtype}, wanted floats of -1 .. 1")
        clips = sound.detach().to("cpu", torch.float32).numpy()
        kept = slice(None)
        if padding_mask is None:
            spans: List[slice] = [kept] * len(clips)
        else:
            mask = _flat(padding_mask, "padding_mask")
            if mask.shape != sound.shape:
                raise ValueError(f"padding_mask: got {tuple(mask.shape)}, wanted {tuple(sound.shape)} as input_values")
            spans = [_span(row) for row in mask.cpu().numpy() != 0]
        n_q = self.config.num_quantizers if num_quantizers is None else num_quantizers
        cut = [clip[span] for clip, span in zip(clips, spans)]
        tokens, lengths = self.codec.encode(cut, self.codec.sample_rate, n_q=n_q)
        left = [bool(span.start) for span in spans]
        codes = np.zeros((len(cut), n_q, tokens.shape[1]), np.int64)
        for i, (rows, length) in enumerate(zip(tokens, lengths)):
            start = tokens.shape[1] - length if left[i] else 0
            codes[i, :, start : start + length] = rows[:length].T
        return torch.from_numpy(codes).to(input_values.device)

    def _sound(self, audio_codes: torch.Tensor, padding_mask: Optional[torch.Tensor]) -> torch.Tensor:
        if not isinstance(audio_codes, torch.Tensor):
            raise ValueError(f"audio_codes: got {type(audio_codes).__name__}, wanted a tensor")
        if audio_codes.dim() != 3:
            raise ValueError(f"audio_codes: got {tuple(audio_codes.shape)}, wanted [B, num_quantizers, T]")
        rows = audio_codes.detach().cpu().numpy().swapaxes(1, 2)
        frames = [len(rows[0])] * len(rows)
        sounds = self.codec.decode(np.ascontiguousarray(rows), lengths=frames)
        sound = torch.from_numpy(sounds)[:, None].to(audio_codes.device)
        return sound if padding_mask is None else sound[..., : padding_mask.shape[-1]]


class QuaverModel(_Codec):
    """A codec with the methods and shapes of transformers.MimiModel."""

    def encode(
        self,
        input_values: torch.Tensor,
        padding_mask: Optional[torch.Tensor] = None,
        num_quantizers: Optional[int] = None,
        *,
        return_dict: Optional[bool] = None,
        **_: Any,
    ) -> Any:
        """Sound to codes.

        Args:
            input_values: float [B, 1, samples] (or [B, samples]) at sampling_rate.
            padding_mask: 1 where there is sound, [B, samples] or [B, 1, samples]. Padding, on either side, is not
                encoded: its codes are 0, and the others are those of the clip alone.
            num_quantizers: tokens a frame; default: that of the config.

        Returns:
            .audio_codes: int64 [B, num_quantizers, T] on the device of the input.

        Raises:
            ValueError: another shape or dtype, more than one channel, samples that are not finite.
        """
        codes = self._codes(input_values, padding_mask, num_quantizers)
        output = CodecOutput(audio_codes=codes, encoder_past_key_values=None, padding_cache=None)
        return output if self._dict(return_dict) else tuple(output.values())

    def decode(
        self,
        audio_codes: torch.Tensor,
        padding_mask: Optional[torch.Tensor] = None,
        *,
        return_dict: Optional[bool] = None,
        **_: Any,
    ) -> Any:
        """Codes to sound.

        Args:
            audio_codes: integers [B, num_quantizers, T]; -1 ends the tokens of a frame that has fewer.
            padding_mask: as in encode(); the sound is cut to its width.

        Returns:
            .audio_values: float32 [B, 1, samples], samples = T * hop_length - delay, aligned with the input.

        Raises:
            ValueError: another shape or dtype, or a code that is none.
        """
        output = CodecOutput(audio_values=self._sound(audio_codes, padding_mask), decoder_past_key_values=None)
        return output if self._dict(return_dict) else tuple(output.values())

    def forward(
        self,
        input_values: torch.Tensor,
        padding_mask: Optional[torch.Tensor] = None,
        num_quantizers: Optional[int] = None,
        audio_codes: Optional[torch.Tensor] = None,
        *,
        return_dict: Optional[bool] = None,
        **_: Any,
    ) -> Any:
        """Both: .audio_codes and .audio_values, as long as the input."""
        if audio_codes is None:
            audio_codes = self._codes(input_values, padding_mask, num_quantizers)
        mask = input_values if padding_mask is None else padding_mask
        output = CodecOutput(audio_codes=audio_codes, audio_values=self._sound(audio_codes, mask))
        return output if self._dict(return_dict) else tuple(output.values())


class QuaverEncodecModel(_Codec):
    """A codec with the methods of transformers.EncodecModel: codes have a dimension of chunks, of which there is one,
    and come with scales, which are None. A bandwidth (kbit/s, nominal: 10 bits a token) chooses num_quantizers."""

    def encode(
        self,
        input_values: torch.Tensor,
        padding_mask: Optional[torch.Tensor] = None,
        bandwidth: Optional[float] = None,
        return_dict: Optional[bool] = None,
        **_: Any,
    ) -> Any:
        """As QuaverModel.encode(), but .audio_codes is int64 [1, B, num_quantizers, T] and .audio_scales [None]."""
        n_q = None
        if bandwidth is not None:
            bits = math.ceil(math.log2(self.codec.codes)) * self.codec.frame_rate
            n_q = min(max(int(bandwidth * 1000 / bits), 1), self.codec.groups)
        codes = self._codes(input_values, padding_mask, n_q)[None]
        output = CodecOutput(audio_codes=codes, audio_scales=[None], last_frame_pad_length=0)
        return output if self._dict(return_dict) else tuple(output.values())

    def decode(
        self,
        audio_codes: torch.Tensor,
        audio_scales: Optional[Sequence[Any]] = None,
        padding_mask: Optional[torch.Tensor] = None,
        return_dict: Optional[bool] = None,
        **_: Any,
    ) -> Any:
        """As QuaverModel.decode(), of codes [1, B, num_quantizers, T]."""
        output = CodecOutput(audio_values=self._sound(_one_chunk(audio_codes), padding_mask))
        return output if self._dict(return_dict) else tuple(output.values())

    def forward(
        self,
        input_values: torch.Tensor,
        padding_mask: Optional[torch.Tensor] = None,
        bandwidth: Optional[float] = None,
        audio_codes: Optional[torch.Tensor] = None,
        audio_scales: Optional[Sequence[Any]] = None,
        return_dict: Optional[bool] = None,
        **_: Any,
    ) -> Any:
        """Both: .audio_codes and .audio_values, as long as the input."""
        if audio_codes is None:
            audio_codes = self.encode(input_values, padding_mask, bandwidth, True).audio_codes
        mask = input_values if padding_mask is None else padding_mask
        sound = self._sound(_one_chunk(audio_codes), mask)
        output = CodecOutput(audio_codes=audio_codes, audio_values=sound)
        return output if self._dict(return_dict) else tuple(output.values())


class QuaverFeatureExtractor:
    """Pads clips to a batch, as transformers' EncodecFeatureExtractor does."""

    def __init__(self, sampling_rate: int, padding_side: str = "right") -> None:
        self.sampling_rate = sampling_rate
        self.padding_side = padding_side

    @classmethod
    def from_pretrained(cls, name: Optional[str] = None, **options: Any) -> "QuaverFeatureExtractor":
        """For quaver.Model(name)."""
        return cls(Model(name).sample_rate, options.get("padding_side", "right"))

    def __call__(
        self, raw_audio: Any, sampling_rate: Optional[int] = None, return_tensors: str = "pt", **_: Any
    ) -> Dict[str, torch.Tensor]:
        """One clip [T], or a sequence of clips of any lengths, to a batch.

        Returns:
            "input_values": float32 [B, 1, samples]; "padding_mask": int64 [B, samples], 1 where there is sound.

        Raises:
            ValueError: the rate is not that of the model, or a clip is empty, has more than one channel, or no floats.
        """
        if sampling_rate is not None and sampling_rate != self.sampling_rate:
            raise ValueError(f"sampling_rate: got {sampling_rate}, wanted {self.sampling_rate}; resample first")
        if return_tensors != "pt":
            raise ValueError(f"return_tensors: got {return_tensors!r}, wanted 'pt'")
        clips = [_clip(clip) for clip in ([raw_audio] if _is_one(raw_audio) else raw_audio)]
        if not clips:
            raise ValueError("raw_audio: got no clips, wanted at least one")
        values = torch.zeros(len(clips), 1, max(len(clip) for clip in clips))
        mask = torch.zeros(len(clips), values.shape[-1], dtype=torch.int64)
        for i, clip in enumerate(clips):
            start = values.shape[-1] - len(clip) if self.padding_side == "left" else 0
            values[i, 0, start : start + len(clip)] = clip
            mask[i, start : start + len(clip)] = 1
        return {"input_values": values, "padding_mask": mask}


def _is_one(raw_audio: Any) -> bool:
    """One clip [T]: an array of one dimension, or a list of numbers."""
    if isinstance(raw_audio, (list, tuple)):
        return len(raw_audio) > 0 and isinstance(raw_audio[0], (int, float, np.number))
    return getattr(raw_audio, "ndim", 1) == 1


def _clip(raw_audio: Any) -> torch.Tensor:
    """[T], or [1, T], as floats [T]."""
    try:
        clip = torch.as_tensor(raw_audio)
    except (TypeError, ValueError, RuntimeError) as failure:
        raise ValueError(f"raw_audio: got {type(raw_audio).__name__}, wanted an array of floats ({failure})") from None
    if clip.dim() == 2 and clip.shape[0] == 1:
        clip = clip[0]
    if clip.dim() != 1 or len(clip) == 0:
        raise ValueError(f"raw_audio: got a clip of shape {tuple(clip.shape)}, wanted [samples], at least one: one channel")
    if not clip.is_floating_point():
        raise ValueError(f"raw_audio: got {clip.dtype}, wanted floats of -1 .. 1 (divide int16 by 32768)")
    return clip


def _flat(values: torch.Tensor, what: str) -> torch.Tensor:
    """[B, 1, T] or [B, T] as [B, T]."""
    if not isinstance(values, torch.Tensor):
        raise ValueError(f"{what}: got {type(values).__name__}, wanted a tensor")
    if values.dim() == 3 and values.shape[1] == 1:
        return values[:, 0]
    if values.dim() != 2:
        raise ValueError(f"{what}: got a tensor of shape {tuple(values.shape)}, wanted [B, 1, samples]: one channel")
    return values


def _one_chunk(codes: torch.Tensor) -> torch.Tensor:
    if codes.dim() != 4 or codes.shape[0] != 1:
        raise ValueError(f"audio_codes: got {tuple(codes.shape)}, wanted [1, B, num_quantizers, T]")
    return codes[0]


def _span(mask: np.ndarray) -> slice:
    """Where the mask is true: from the first place to the last."""
    places = np.flatnonzero(mask)
    if len(places) == 0:
        raise ValueError("padding_mask: a clip is padding only, wanted at least one sample of sound")
    return slice(int(places[0]), int(places[-1]) + 1)
