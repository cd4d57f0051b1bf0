"""quaver-tokenize is killed, workers and drivers, and started again: the same rows, the same files.

QUAVER_KILLS=10 kills more often. With Ray installed, QUAVER_TEST_RAY=1 runs it there too, which takes a minute.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import pytest
import soundfile
from conftest import SAMPLES

pytest.importorskip("pyarrow", reason="pyarrow is not installed")
pytest.importorskip("fsspec", reason="fsspec is not installed")

import pyarrow.parquet as pq  # noqa: E402

from quaver.tokenize.cli import main  # noqa: E402

os.environ.pop("RAY_ADDRESS", None)
KILLS = int(os.environ.get("QUAVER_KILLS", "4"))
OPTIONS = ["--n-q", "8", "--part-seconds", "1", "--shard-size", "8K", "--samples", "1"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    for i in range(16):
        samples, rate = soundfile.read(SAMPLES[i % len(SAMPLES)], start=2000 * i, frames=24000 + 1111 * i, dtype="int16")
        soundfile.write(folder / f"clip-{i:02}.flac", samples, rate)
    (folder / "broken.flac").write_bytes(b"no sound")
    return folder


@pytest.fixture(scope="module")
def undisturbed(corpus, tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed") / "tokens"
    assert main([str(corpus), str(out), *OPTIONS, "--runner", "here", "--quiet"]) == 3
    return out


def shards(out):
    return {path.name: path.read_bytes() for path in out.glob("tokens-*")} | {"errors": (out / "errors.parquet").read_bytes()}


def start(corpus, out, runner, workers):
    """A driver. What it says goes to a file: a pipe would be open until the last process that it has started is gone, which
    takes Ray's some time after a kill."""
    command = [sys.executable, "-m", "quaver.tokenize.cli", str(corpus), str(out), *OPTIONS, "--quiet", "--runner", runner]
    command += ["--workers", str(workers)]
    with open(f"{out}.log", "ab") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def ended(driver, out, codes):
    """Waits for its end, with one of these exit codes."""
    code = driver.wait()
    assert code in codes, pathlib.Path(f"{out}.log").read_text(errors="replace")


def children(pid):
    """Worker processes of a driver."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if int((path / "stat").read_text().rsplit(")", 1)[1].split()[1]) == pid:
                if b"spawn_main" in (path / "cmdline").read_bytes():
                    found.append(int(path.name))
        except (OSError, ValueError, IndexError):
            pass
    return found


def done_parts(out):
    return len(list((out / "_work/parts").glob("[0-9]*.json")))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds worker processes in /proc")
def test_killed_at_any_moment(corpus, undisturbed, tmp_path):
    """Moments: when some more parts are done, and a little later."""
    chance = random.Random(7)
    out = tmp_path / "tokens"
    kills = {"worker": 0, "driver": 0}
    starts = 0
    while not (out / "_SUCCESS").exists():
        driver = start(corpus, out, "processes", chance.choice([1, 2, 3]))
        starts += 1
        goal = done_parts(out)
        while driver.poll() is None:
            if sum(kills.values()) >= KILLS:
                break
            goal = min(goal + chance.choice([0, 0, 1, 2]), 17)
            while driver.poll() is None and done_parts(out) < goal and not list(out.glob("tokens-*")):
                time.sleep(0.01)
            time.sleep(chance.random() * 0.3)
            for path in out.glob("tokens-*"):  # whatever has its final name is whole
                pq.read_table(path)
            workers = children(driver.pid)
            if workers and chance.random() < 0.6:
                os.kill(chance.choice(workers), signal.SIGKILL)
                kills["worker"] += 1
            elif workers or chance.random() < 0.3:
                driver.kill()
                driver.wait()
                kills["driver"] += 1
        ended(driver, out, (3, -signal.SIGKILL))
        assert starts < KILLS + 4
    print(f"\n{kills}, {starts} starts")
    assert sum(kills.values()) >= min(KILLS, 2)
    assert shards(out) == shards(undisturbed)
    assert sorted(os.listdir(out)) == sorted(os.listdir(undisturbed))


@pytest.mark.parametrize("workers", [1, 3])
def test_any_number_of_workers(corpus, undisturbed, tmp_path, workers):
    ended(start(corpus, tmp_path / "tokens", "processes", workers), tmp_path / "tokens", [3])
    assert shards(tmp_path / "tokens") == shards(undisturbed)


def test_workers_that_always_die_end_the_job(tmp_path):
    from quaver.tokenize._runners import WorkersDied, run

    with pytest.raises(WorkersDied, match="died 5 times"):
        list(run(os._exit, [(1,)], 1, "processes", None))


def ray_workers(driver):
    """Processes below the driver that are doing a task of Ray."""
    parents = {}
    tasks = []
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            parents[int(path.name)] = int((path / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if (path / "cmdline").read_bytes().startswith(b"ray::Map"):
                tasks.append(int(path.name))
        except (OSError, ValueError, IndexError):
            pass

    def below(pid):
        return pid == driver or (pid in parents and below(parents[pid]))

    return [pid for pid in tasks if below(pid)]


@pytest.mark.parametrize("kind", ["worker", "driver"])
def test_ray(corpus, undisturbed, tmp_path, kind):
    pytest.importorskip("ray", reason="Ray is not installed")
    if not os.environ.get("QUAVER_TEST_RAY"):
        pytest.skip("starting Ray takes a minute; QUAVER_TEST_RAY=1 runs it")
    out = tmp_path / "tokens"
    driver = start(corpus, out, "ray", 2)
    killed = False
    while driver.poll() is None and not killed:
        time.sleep(0.1)  # to look for processes takes time from them
        if kind == "driver" and done_parts(out) >= 3:
            driver.kill()
            killed = True
        elif kind == "worker" and done_parts(out) >= 1:
            with contextlib.suppress(IndexError, ProcessLookupError):  # between two tasks
                os.kill(ray_workers(driver.pid)[0], signal.SIGKILL)
                killed = True
    ended(driver, out, [3] if kind == "worker" else [-signal.SIGKILL])
    assert killed
    if kind == "driver":
        assert not (out / "_SUCCESS").exists()
        ended(start(corpus, out, "ray", 2), out, [3])
    assert shards(out) == shards(undisturbed)
