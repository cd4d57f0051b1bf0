"""The libraries in the wheel have what distributors ask of binaries that read files of strangers."""

from __future__ import annotations

import pathlib
import shutil
import subprocess

import pytest
from conftest import ROOT

import quaver

LIBRARIES = sorted(pathlib.Path(quaver.__file__).parent.glob("lib/libquaver*.so*"))


@pytest.mark.skipif(not shutil.which("readelf"), reason="there is no readelf")
def test_the_libraries_are_hardened():
    assert len(LIBRARIES) == 2
    done = subprocess.run([ROOT / "tests" / "install" / "hardened.sh", *LIBRARIES], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert (done.returncode, done.stdout) == (0, "")
