"""Runs the tests of this folder; exit code 77, with the reason, where this Python lacks what they need."""

import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent

try:
    import numpy  # noqa: F401
    import scipy  # noqa: F401
    import soundfile  # noqa: F401
except ImportError as missing:
    print(f"skipped: {missing} (Debian: python3-numpy python3-scipy python3-soundfile)")
    sys.exit(77)

sys.dont_write_bytecode = True
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "bench/quality")]
ran = unittest.TextTestRunner(verbosity=2).run(unittest.defaultTestLoader.discover(str(HERE), "*_test.py"))
sys.exit(not ran.wasSuccessful())
