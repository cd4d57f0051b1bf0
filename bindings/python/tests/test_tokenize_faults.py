"""quaver-tokenize on a machine with faults: a full disk, a file that cannot be read."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest
import soundfile
from conftest import SAMPLES

pytest.importorskip("pyarrow", reason="pyarrow is not installed")
pytest.importorskip("fsspec", reason="fsspec is not installed")

import pyarrow.parquet as pq  # noqa: E402

OPTIONS = ["--n-q", "8", "--part-seconds", "1", "--samples", "1", "--quiet"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    for i in range(8):
        samples, rate = soundfile.read(SAMPLES[i % len(SAMPLES)], start=2000 * i, frames=24000, dtype="int16")
        soundfile.write(folder / f"clip-{i}.flac", samples, rate)
    return folder


def tokenize(corpus, out, runner, file_bytes=None):
    """Its exit code and what it said. No file can become longer than `file_bytes`, as on a disk that is full from there on."""

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

    command = [sys.executable, "-m", "quaver.tokenize.cli", str(corpus), str(out), *OPTIONS, "--runner", runner, "--workers", "2"]
    done = subprocess.run(command, preexec_fn=limit if file_bytes else None, capture_output=True, text=True)
    return done.returncode, done.stderr


def files(out):
    """All but the page and the manifest, which say how long it took."""
    return {path.name: path.read_bytes() for path in out.glob("tokens-*")} | {"errors": (out / "errors.parquet").read_bytes()}


@pytest.fixture(scope="module")
def undisturbed(corpus, tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed") / "tokens"
    assert tokenize(corpus, out, "here") == (0, "")
    return files(out)


@pytest.mark.parametrize("runner", ["here", "processes"])
@pytest.mark.parametrize("file_bytes, done", [(1000, 0), (8000, 8)])
def test_a_full_disk_loses_what_was_being_written(corpus, undisturbed, tmp_path, runner, file_bytes, done):
    out = tmp_path / "tokens"
    code, said = tokenize(corpus, out, runner, file_bytes)
    assert code == 1
    assert "File too large; what is done stays in" in said and str(out) in said, said
    if runner == "here":  # else a worker may be killed while it writes, as the job ends
        assert not list(out.rglob(".*.tmp"))
    assert not list(out.glob("tokens-*")) and not (out / "_SUCCESS").exists()
    parts = list((out / "_work" / "parts").glob("*.json"))
    assert len(parts) == done
    # With room again, the same command makes the same files.
    assert tokenize(corpus, out, runner) == (0, "")
    assert files(out) == undisturbed
    assert not list(out.rglob(".*.tmp"))


def test_a_file_that_cannot_be_read_is_lost_alone(corpus, undisturbed, tmp_path):
    faulty = tmp_path / "faulty"
    faulty.mkdir()
    for path in corpus.iterdir():
        (faulty / path.name).symlink_to(path)
    (faulty / "clip-3.flac").unlink()
    (faulty / "clip-3.flac").symlink_to("/proc/self/mem")  # opens; reading it from its start is EIO, as with a bad block
    out = tmp_path / "tokens"
    code, said = tokenize(faulty, out, "processes")
    assert code == 3 and "1 clip failed" in said, said
    errors = pq.read_table(out / "errors.parquet").to_pylist()
    assert [(error["id"], error["error"]) for error in errors] == [("clip-3.flac", "Input/output error")]
    assert sum(pq.read_table(path).num_rows for path in out.glob("tokens-*")) == 7
