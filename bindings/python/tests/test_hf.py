"""quaver.hf: the methods of Hugging Face's codecs."""

from __future__ import annotations

import copy

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed", exc_type=ImportError)
from quaver import hf  # noqa: E402  (it imports torch)


@pytest.fixture(scope="module")
def codec():
    return hf.QuaverModel.from_pretrained("speech-16k")


def test_a_script_for_mimi(codec, model, speech):
    codec = codec.to("cpu").eval().requires_grad_(False)
    extractor = hf.QuaverFeatureExtractor.from_pretrained("speech-16k")
    inputs = extractor(raw_audio=speech, sampling_rate=extractor.sampling_rate, return_tensors="pt")
    assert inputs["input_values"].shape == (6, 1, max(map(len, speech)))
    encoded = codec.encode(inputs["input_values"], inputs["padding_mask"], num_quantizers=8)
    codes = encoded.audio_codes
    assert codes.dtype == torch.int64 and codes.shape[:2] == (6, 8) and encoded[0] is codes
    mask = codec.get_audio_codes_mask(inputs["padding_mask"])
    for clip, row, kept in zip(speech, codes, mask):
        np.testing.assert_array_equal(row[:, kept].T.numpy(), model.encode(clip, 16000, n_q=8))
        assert (row[:, ~kept] == 0).all()
    audio = codec.decode(codes).audio_values
    assert audio.shape == (6, 1, codes.shape[-1] * 320 - model.delay) and audio.dtype == torch.float32
    np.testing.assert_array_equal(audio[3, 0].numpy(), model.decode(codes[3].numpy().T))
    assert codec.decode(codes, inputs["padding_mask"])[0].shape == inputs["input_values"].shape


def test_the_attributes(codec):
    assert codec.sampling_rate == codec.config.sampling_rate == 16000
    assert codec.frame_rate == codec.config.frame_rate == 50.0
    assert (codec.config.num_quantizers, codec.config.codebook_size) == (18, 1000)
    assert str(codec.device) == "cpu" and not list(codec.parameters())
    assert copy.deepcopy(codec).codec == codec.codec


def test_without_a_mask_and_as_a_tuple(codec, model, clip):
    values = torch.from_numpy(clip)[None, None]
    codes, *_ = codec.encode(values, return_dict=False)
    np.testing.assert_array_equal(codes[0].T.numpy(), model.encode(clip, 16000))
    output = codec(values, num_quantizers=4)
    assert output.audio_codes.shape[1] == 4 and output.audio_values.shape == values.shape
    assert output["audio_codes"] is output.audio_codes is output[0] is output.to_tuple()[0]
    with pytest.raises(AttributeError):
        output.nothing


def test_padding_on_the_left(codec, model, speech):
    extractor = hf.QuaverFeatureExtractor.from_pretrained(None, padding_side="left")
    inputs = extractor(raw_audio=speech[:2], sampling_rate=16000)
    codes = codec.encode(inputs["input_values"], inputs["padding_mask"]).audio_codes
    mask = codec.get_audio_codes_mask(inputs["padding_mask"], "left")
    for clip, row, kept in zip(speech, codes, mask):
        np.testing.assert_array_equal(row[:, kept].T.numpy(), model.encode(clip, 16000))


def test_a_script_for_encodec(model, clip):
    codec = hf.QuaverEncodecModel.from_pretrained(None)
    inputs = hf.QuaverFeatureExtractor.from_pretrained()(raw_audio=clip, sampling_rate=16000)
    encoded = codec.encode(inputs["input_values"], inputs["padding_mask"], bandwidth=3.0)
    assert encoded.audio_codes.shape[:3] == (1, 1, 6)
    audio = codec.decode(encoded.audio_codes, encoded.audio_scales, inputs["padding_mask"])[0]
    np.testing.assert_array_equal(audio[0, 0].numpy(), model.decode(model.encode(clip, 16000, n_q=6), num_samples=len(clip)))
    assert codec(**inputs).audio_values.shape == inputs["input_values"].shape


def test_wrong_input(codec, clip):
    values = torch.from_numpy(clip)
    for bad, message in (
        (values, "one channel"),
        (torch.stack([values, values])[None], "one channel"),
        (torch.full((1, 1, 500), torch.nan), "sample 0 is nan"),
    ):
        with pytest.raises(ValueError, match=message):
            codec.encode(bad)
    with pytest.raises(ValueError, match="padding only"):
        codec.encode(values[None], torch.zeros(1, len(clip)))
    with pytest.raises(ValueError, match="padding_mask: got"):
        codec.encode(values[None], torch.ones(1, 5))
    with pytest.raises(ValueError, match="audio_codes"):
        codec.decode(torch.zeros(3, 4, dtype=torch.int64))
    with pytest.raises(ValueError, match="is 1000"):
        codec.decode(torch.full((1, 4, 9), 1000))
    with pytest.raises(ValueError, match="resample first"):
        hf.QuaverFeatureExtractor(16000)(clip, sampling_rate=44100)


def test_tensors_need_no_conversion(model, clip, tokens):
    tensor = torch.from_numpy(clip)
    np.testing.assert_array_equal(model.encode(tensor, 16000), tokens)
    np.testing.assert_array_equal(model.decode(torch.from_numpy(tokens.astype(np.int64))), model.decode(tokens))
    with pytest.raises(ValueError, match="detach"):
        model.encode(tensor.clone().requires_grad_(), 16000)
