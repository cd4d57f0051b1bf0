"""Models: how they are found, what they say, pickling; the package itself."""

from __future__ import annotations

import concurrent.futures
import doctest
import gc
import importlib
import multiprocessing
import pathlib
import pickle
import shutil
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest
from conftest import ROOT

import quaver

TINY = ROOT / "tests/conformance/tiny.safetensors"


def test_the_package_is_the_installed_one():
    assert ROOT not in pathlib.Path(quaver.__file__).resolve().parents or "build" in quaver.__file__
    assert (pathlib.Path(quaver.__file__).parent / "py.typed").exists()


def test_the_model_describes_itself(model):
    assert (model.source, model.sample_rate, model.frame_samples, model.frame_rate) == ("built-in model", 16000, 320, 50.0)
    assert (model.groups, model.codes) == (18, 1000) and 0 < model.delay < 320 and model.run_in > 0
    assert model.metadata["identity"] == model.identity and len(model.identity) == 64
    assert "built-in model" in repr(model) and model.identity[:12] in repr(model)


def test_bit_rates(model):
    rates = [model.expected_bitrate(n_q) for n_q in range(1, 19)]
    assert rates == sorted(rates)
    assert model.tokens_for_bitrate(rates[6] + 1) == 7
    with pytest.raises(ValueError, match="one token a frame needs"):
        model.tokens_for_bitrate(10)


@pytest.mark.parametrize("name", [None, "default", "speech-16k"])
def test_names_of_the_built_in_model(model, name, clean_environment):
    assert quaver.Model(name) == model


def test_the_vp_model_is_in_the_package(model, clip, clean_environment):
    vp = quaver.Model("speech-16k-vp")
    assert vp != model and (vp.groups, vp.codes) == (18, 1024)
    tokens = vp.encode(clip, 16000, n_q=7)
    assert len(vp.decode(tokens)) >= len(clip) and quaver.Model.with_identity(vp.identity) == vp


def test_a_file(other_model, model):
    assert quaver.Model(str(TINY)) == other_model != model
    assert hash(quaver.Model(str(TINY))) == hash(other_model) and other_model.source == str(TINY)


@pytest.mark.parametrize("variable, folder", [("QUAVER_MODELS", ""), ("XDG_DATA_HOME", "quaver/models")])
def test_models_are_found_in_folders(other_model, tmp_path, monkeypatch, clean_environment, variable, folder):
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    shutil.copy(TINY, tmp_path / folder / "my-model.safetensors")
    monkeypatch.setenv(variable, str(tmp_path))
    assert quaver.Model("my-model") == other_model
    assert quaver.Model.with_identity(other_model.identity) == other_model


def test_a_folder_of_the_environment(other_model, tmp_path, monkeypatch, clean_environment):
    folder = tmp_path / "share/quaver/models"
    folder.mkdir(parents=True)
    shutil.copy(TINY, folder / "my-model.safetensors")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert quaver.Model("my-model") == other_model


def test_no_such_model(tmp_path, clean_environment):
    with pytest.raises(quaver.ModelError, match="share/quaver/models/none.safetensors"):
        quaver.Model("none")
    with pytest.raises(quaver.ModelError, match="no such file"):
        quaver.Model(tmp_path / "none.safetensors")
    (tmp_path / "bad.safetensors").write_bytes(TINY.read_bytes()[:-1])
    with pytest.raises(quaver.ModelError, match="bad.safetensors"):
        quaver.Model(tmp_path / "bad.safetensors")
    with pytest.raises(quaver.ModelError, match="0000"):
        quaver.Model.with_identity("0" * 64)
    for bad in ("xyz", "ab", None):
        with pytest.raises(ValueError, match="64 hexadecimal digits"):
            quaver.Model.with_identity(bad)
    with pytest.raises(ValueError):
        quaver.Model("a\0b")


def test_a_model_does_not_change(model):
    for name in ("groups", "codes", "identity", "source", "sample_rate", "delay", "anything"):
        with pytest.raises(AttributeError, match=f"{name} cannot be set"):
            setattr(model, name, 3)
    with pytest.raises(AttributeError, match="cannot be deleted"):
        del model.groups
    with pytest.raises(AttributeError):
        model.metadata = {}
    assert model.groups == 18


def test_a_model_in_use_is_not_opened_again(other_model, tokens, tmp_path, monkeypatch, clean_environment):
    """By its identity, as files name it; and not kept when nothing uses it."""
    from quaver import _find

    model = quaver.Model("speech-16k")
    assert quaver.Model.with_identity(model.identity) == model
    opened = []
    search = _find.by_identity
    monkeypatch.setattr(_find, "by_identity", lambda identity: opened.append(identity) or search(identity))
    quaver.save(tmp_path / "talk.qvr", tokens, model)
    infos = [quaver.load(tmp_path / "talk.qvr")[1] for _ in range(3)]
    assert not opened and infos[0].model is infos[2].model

    shutil.copy(TINY, tmp_path / "my-model.safetensors")
    with pytest.raises(quaver.ModelError):  # a model of a path is not among those that are looked for
        quaver.Model.with_identity(other_model.identity)
    monkeypatch.setenv("QUAVER_MODELS", str(tmp_path))
    opened.clear()
    tiny = quaver.Model.with_identity(other_model.identity)
    assert quaver.Model.with_identity(other_model.identity.upper()) is tiny and len(opened) == 1
    gone = weakref.ref(tiny)
    del tiny
    gc.collect()
    assert gone() is None
    with quaver.Model.with_identity(other_model.identity).encoder() as encoder:  # a stream uses it
        assert quaver.Model.with_identity(other_model.identity) is encoder.model and len(opened) == 2


def test_models_are_pickled(model, other_model):
    assert pickle.loads(pickle.dumps(model)) == model
    assert pickle.loads(pickle.dumps(other_model)) == other_model
    assert len(pickle.dumps(model)) < 1000


def first_token(args):
    model, clip = args
    return model.encode(clip, 16000, n_q=1)[0, 0]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes(model, clip, tokens, method):
    context = multiprocessing.get_context(method)
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        assert list(pool.map(first_token, [(model, clip)] * 3)) == [tokens[0, 0]] * 3


def test_threads_share_a_model(model, clip, tokens):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: model.encode(clip, 16000), range(8)):
            np.testing.assert_array_equal(found, tokens)


def test_calls_release_the_gil(model, speech):
    """Another thread runs again and again while one long call is in the library."""
    clip = np.concatenate(speech)
    ticks, done = [0], threading.Event()

    def tick():
        while not done.wait(0.001):
            ticks[0] += 1

    counter = threading.Thread(target=tick)
    with model.encoder() as encoder:
        counter.start()
        encoder.push(clip)
        done.set()
    counter.join()
    assert ticks[0] >= 5  # a call that kept the lock would let it run once before and once after


def test_memory_does_not_grow(model, clip):
    resource = pytest.importorskip("resource")

    def run(count):
        for _ in range(count):
            rows = model.encode(clip[:3200], 16000, n_q=4)
            model.decode(rows)
            model.unpack(model.pack(rows[:5]))
            model.encode(clip[:3200], 16000, bitrate=2000)
            with model.encoder(live=True) as encoder, model.decoder(live=True) as decoder:
                decoder.push(encoder.push(clip[:640]))

    run(30)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    run(100)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4096  # KiB


@pytest.mark.parametrize("module", ["quaver.model", "quaver.streams"])
def test_examples_of_the_docstrings(module):
    result = doctest.testmod(importlib.import_module(module))
    assert result.attempted and not result.failed


def test_everything_public_is_documented():
    for name in quaver.__all__:
        thing = getattr(quaver, name)
        if callable(thing):
            assert thing.__doc__, name
            members = vars(thing).items() if isinstance(thing, type) else ()
            for member, value in members:
                if callable(value) and not member.startswith("_"):
                    assert value.__doc__, f"{name}.{member}"


def test_torch_is_not_imported():
    code = "import sys, quaver; quaver.Model(); sys.exit(bool({'torch', 'soxr', 'soundfile', 'pycparser'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_the_declarations_are_those_of_the_headers():
    """Every function that the public headers export is declared, and is there."""
    import re

    from quaver import _library

    for header, library in (("quaver.h", _library.lib), ("container/quaver_file.h", _library.file_lib)):
        text = re.sub(r"/\*.*?\*/", "", (ROOT / "codec" / header).read_text(), flags=re.DOTALL)
        names = re.findall(r"QUAVER_API[^;(]*?\b(quaver_\w+)\(", text)
        assert len(names) > 10
        for name in names:
            assert callable(getattr(library, name)), name


def test_the_version_is_that_of_the_project():
    import re

    text = (ROOT / "CMakeLists.txt").read_text()
    assert quaver.__version__ == re.search(r"project\(quaver VERSION ([\d.]+)", text).group(1)
