"""scikit-build-core, and the C++ sources in the source distribution.

They lie outside this folder, where a source distribution cannot reach. So a copy of this folder with the sources in
project/ is what scikit-build-core makes the archive of; CMakeLists.txt looks there first. A source distribution that is
unpacked has project/ already.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import tempfile
from collections.abc import Iterator

from scikit_build_core import build as _scikit
from scikit_build_core.build import *  # noqa: F403  (the other hooks are used as they are)

_HERE = pathlib.Path(__file__).resolve().parents[1]
_ROOT = _HERE.parents[1]
_MODELS = ("models/speech-16k.safetensors", "models/speech-16k-vp.safetensors")
_SOURCES = ("CMakeLists.txt", "LICENSE", "NOTICE", "README.md", "cmake", "codec", *_MODELS)
_UNWANTED = shutil.ignore_patterns("__pycache__", ".pytest_cache", ".hypothesis", "build", "dist", "*.egg-info")


def _copy(source: pathlib.Path, target: pathlib.Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=_UNWANTED)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


@contextlib.contextmanager
def _with_sources() -> Iterator[None]:
    """Runs inside a copy of this folder that has the sources in project/."""
    if (_HERE / "project").exists():
        yield
        return
    with tempfile.TemporaryDirectory() as scratch:
        copy = pathlib.Path(scratch, "quaver")
        _copy(_HERE, copy)
        for name in _SOURCES:
            _copy(_ROOT / name, copy / "project" / name)
        before = pathlib.Path.cwd()
        os.chdir(copy)
        try:
            yield
        finally:
            os.chdir(before)


def build_sdist(sdist_directory, config_settings=None):  # noqa: ANN001, ANN201  (PEP 517)
    folder = os.path.abspath(sdist_directory)
    with _with_sources():
        return _scikit.build_sdist(folder, config_settings)
