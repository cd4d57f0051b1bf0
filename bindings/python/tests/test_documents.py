"""What the documents show runs: the blocks of docs/python.md, README.md, and the notebook."""

from __future__ import annotations

import re
import shutil

import numpy as np
import pytest
import soundfile
from conftest import ROOT, SAMPLES

import quaver

BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path, monkeypatch, model, tokens):
    """What the documents speak of: talk.wav, cut.qvr and a folder of speech."""
    monkeypatch.chdir(tmp_path)
    sound, rate = soundfile.read(SAMPLES[0], frames=32000, dtype="int16")
    soundfile.write("talk.wav", sound, rate, subtype="PCM_16")
    (tmp_path / "speech").mkdir()
    for path in SAMPLES[:3]:
        shutil.copy(path, "speech")
    quaver.save("whole.qvr", tokens, model)
    data = (tmp_path / "whole.qvr").read_bytes()
    (tmp_path / "cut.qvr").write_bytes(data[: len(data) * 2 // 3])
    return tmp_path


def run(document):
    """Runs the blocks one after the other; later ones use the names of earlier ones, which are returned."""
    names: dict = {}
    blocks = BLOCK.findall((ROOT / document).read_text(encoding="utf-8"))
    assert blocks
    for block in blocks:
        exec(compile(block, document, "exec"), names)
    return names


def test_the_blocks_of_the_readme_run(folder):
    run("bindings/python/README.md")
    assert len(quaver.load("talk.qvr")[0]) == 101


def test_the_blocks_of_the_guide_run(folder):
    """Up to the bigram model, which is sampled, not replayed: no clip has the first second of its tokens."""
    names = run("docs/python.md")
    sampled = [tuple(frame) for frame in names["sampled"]]
    assert len(sampled) == 100 and set(sampled) <= {tuple(frame) for frame in names["frames"]}
    runs = [tuple(map(tuple, clip[i : i + 50])) for clip in names["corpus"] for i in range(len(clip))]
    assert tuple(sampled[:50]) not in runs
    assert len(soundfile.read("bigram.wav")[0]) == 100 * 320 - names["model"].delay
    wav, model = names["wav"], names["model"]
    np.testing.assert_array_equal(names["streamed"], model.decode(model.encode(wav, 16000, n_q=6)))  # all of the sound


def test_the_notebook_runs(monkeypatch):
    nbformat = pytest.importorskip("nbformat", reason="nbclient is not installed")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    pytest.importorskip("matplotlib")
    monkeypatch.setenv("QUAVER_CLIP", str(SAMPLES[0]))
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    notebook = nbformat.read(ROOT / "bindings/python/examples/tokens.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)  # what is kept is what is run
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    kinds = [kind for output in outputs for kind in output.get("data", {})]
    assert kinds.count("image/png") == 3 and sum("<audio" in str(output) for output in outputs) == 4
