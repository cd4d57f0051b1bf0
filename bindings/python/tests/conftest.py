"""Real speech for the tests, and the program to compare with (QUAVER_PROGRAM names it)."""

from __future__ import annotations

import os
import pathlib
import subprocess
from typing import Callable, Dict, List

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, settings

import quaver

ROOT = pathlib.Path(__file__).resolve().parents[3]
SAMPLES = sorted((ROOT / "samples").glob("*.flac"))

# No test depends on time; speech fixtures are shared by all examples.
settings.register_profile(
    "quaver", deadline=None, max_examples=12, derandomize=True, suppress_health_check=list(HealthCheck)
)
settings.load_profile("quaver")


def read(path: pathlib.Path, seconds: float = 3, dtype: str = "float32") -> np.ndarray:
    sound, rate = soundfile.read(path, frames=int(seconds * 16000), dtype=dtype)
    assert rate == 16000
    return sound


@pytest.fixture(scope="session")
def model() -> quaver.Model:
    return quaver.Model()


@pytest.fixture(scope="session")
def speech() -> List[np.ndarray]:
    """Clips of unequal lengths, 1 to 2 seconds, some of no whole number of frames."""
    return [read(path, 1 + 0.1911 * i) for i, path in enumerate(SAMPLES)]


@pytest.fixture(scope="session")
def clip(speech: List[np.ndarray]) -> np.ndarray:
    return speech[3]


@pytest.fixture(scope="session")
def tokens(model: quaver.Model, clip: np.ndarray) -> np.ndarray:
    found = model.encode(clip, 16000)
    found.flags.writeable = False
    return found


@pytest.fixture(scope="session")
def program() -> Callable[..., None]:
    """Runs the program with these arguments."""
    path = os.environ.get("QUAVER_PROGRAM")
    if not path:
        pytest.skip("QUAVER_PROGRAM does not name the program")

    def run(*arguments: object) -> None:
        subprocess.run([path, *map(str, arguments)], check=True, capture_output=True)

    return run


@pytest.fixture(scope="session")
def other_model(tmp_path_factory: pytest.TempPathFactory) -> quaver.Model:
    """A model of another identity: the frozen tiny one."""
    return quaver.Model(ROOT / "tests/conformance/tiny.safetensors")


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> Dict[str, str]:
    monkeypatch.delenv("QUAVER_MODELS", raising=False)
    return dict(os.environ)
