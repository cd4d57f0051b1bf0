"""quaver.hf: the methods of Hugging Face's codecs."""

from __future__ import annotations

import concurrent.futures
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


def batches(speech):
    """(input_values, padding_mask, clips): batches of several sizes and orders, padded left and right, and beyond need."""
    for picked, side, more in (
        ([0], "right", 0), ([3, 1, 5], "right", 0), ([5, 1, 3], "left", 0), ([1, 3], "right", 5000), ([3], "left", 777),
    ):  # fmt: skip
        clips = [speech[i] for i in picked]
        inputs = hf.QuaverFeatureExtractor(16000, side)(clips, sampling_rate=16000)
        pad = (more, 0) if side == "left" else (0, more)
        values = torch.nn.functional.pad(inputs["input_values"], pad)
        yield values, torch.nn.functional.pad(inputs["padding_mask"], pad), clips, side


def test_repeated_calls_are_independent(codec, model, speech):
    """Whatever was encoded or decoded before, in whatever batch, also after an error: what Model gives for the clip alone."""
    wanted = [model.encode(clip, 16000, n_q=6) for clip in speech]
    by_length = {len(clip): tokens for clip, tokens in zip(speech, wanted)}
    first = []
    for turn in range(2):
        for number, (values, mask, clips, side) in enumerate(batches(speech)):
            with pytest.raises(ValueError):
                codec.encode(torch.full((1, 1, 900), torch.inf))
            before = values.clone(), mask.clone()
            codes = codec.encode(values, mask, num_quantizers=6).audio_codes
            assert torch.equal(values, before[0]) and torch.equal(mask, before[1])
            kept = codec.get_audio_codes_mask(mask, side)
            if codes.shape[-1] > kept.shape[-1]:
                kept = torch.nn.functional.pad(kept, (0, codes.shape[-1] - kept.shape[-1]))
            for clip, row, keep in zip(clips, codes, kept):
                np.testing.assert_array_equal(row[:, keep].T.numpy(), by_length[len(clip)])
                assert (row[:, ~keep] == 0).all()
                alone = codec.decode(row[None, :, keep]).audio_values[0, 0].numpy()
                np.testing.assert_array_equal(alone, model.decode(by_length[len(clip)]))
            sound = codec.decode(codes).audio_values
            both = codec(values, mask, num_quantizers=6)
            assert torch.equal(both.audio_codes, codes)
            assert torch.equal(both.audio_values, sound[..., : values.shape[-1]])
            if turn == 0:
                first.append((codes, sound))
            else:
                assert torch.equal(codes, first[number][0]) and torch.equal(sound, first[number][1])


def test_threads_share_a_codec(codec, speech):
    inputs = list(batches(speech))
    wanted = [codec.encode(values, mask, num_quantizers=3).audio_codes for values, mask, _, _ in inputs]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for turn in range(2):
            found = pool.map(lambda entry: codec(entry[0], entry[1], num_quantizers=3).audio_codes, inputs)
            assert all(torch.equal(one, other) for one, other in zip(found, wanted))


def test_encodec_repeats_itself_too(model, clip):
    codec = hf.QuaverEncodecModel.from_pretrained(None)
    values = torch.from_numpy(clip)[None, None]
    wanted = model.encode(clip, 16000, n_q=3).T
    for bandwidth in (1.5, 6.0, 1.5):
        codes = codec.encode(values, bandwidth=bandwidth).audio_codes
        np.testing.assert_array_equal(codes[0, 0, :3].numpy(), wanted)
    np.testing.assert_array_equal(codec.decode(codes, [None])[0][0, 0].numpy(), model.decode(wanted.T))


def test_half_precision_and_integers(codec, model, clip):
    for dtype in (torch.float16, torch.bfloat16, torch.float64):
        values = torch.from_numpy(clip).to(dtype)
        wanted = model.encode(values.to(torch.float32).numpy(), 16000, n_q=2)
        np.testing.assert_array_equal(codec.encode(values[None], num_quantizers=2).audio_codes[0].T.numpy(), wanted)
    pcm = (torch.from_numpy(clip) * 32767).to(torch.int16)
    with pytest.raises(ValueError, match="input_values: got torch.int16, wanted floats"):
        codec.encode(pcm[None])
    for bad in (0, 19, 2.0, True):
        with pytest.raises(ValueError, match="n_q: got"):
            codec.encode(values[None], num_quantizers=bad)


def test_the_extractor_refuses_what_it_would_spoil(clip):
    extractor = hf.QuaverFeatureExtractor(16000)
    same = extractor(clip)
    for fine in (clip.tolist(), [clip], clip[None], [clip[None]], torch.from_numpy(clip)):
        again = extractor(fine)
        assert torch.equal(again["input_values"], same["input_values"]) and again["padding_mask"].all()
    for bad, message in (
        ([np.stack([clip, clip])], "one channel"), ((clip * 32767).astype(np.int16), "wanted floats"), ([], "no clips"),
        ([clip, clip[:0]], "at least one"), (["talk.wav"], "wanted an array of floats"), (None, "wanted an array of floats"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            extractor(bad)
    for wrong in (None, clip, "x"):
        with pytest.raises(ValueError, match="wanted a tensor"):
            hf.QuaverModel().encode(wrong)
        with pytest.raises(ValueError, match="wanted a tensor"):
            hf.QuaverModel().decode(wrong)
