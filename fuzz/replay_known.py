#!/usr/bin/env python3
"""Runs a target on its seeds, on pieces of them and on regressions/TARGET: replay_known.py PROGRAM TARGET ROOT"""

import pathlib
import random
import subprocess
import sys
import tempfile

program, target, root = sys.argv[1:]
fuzz = pathlib.Path(root) / "fuzz"
sys.path.insert(0, str(fuzz))
sys.dont_write_bytecode = True
import seeds

with tempfile.TemporaryDirectory() as scratch:
    seeds.main(scratch, target)
    folder = pathlib.Path(scratch) / target
    chance = random.Random(target)
    # A cut and a few changed bytes each, so that the refusals run too.
    for path in sorted(folder.glob("seed-*"))[:20]:
        content = bytearray(path.read_bytes())
        (folder / f"{path.name}-cut").write_bytes(content[: chance.randrange(len(content) + 1)])
        for _ in range(3):
            content[chance.randrange(len(content))] = chance.randrange(256)
        (folder / f"{path.name}-changed").write_bytes(content)
    inputs = [str(folder)]
    if (fuzz / "regressions" / target).is_dir():
        inputs.append(str(fuzz / "regressions" / target))
    sys.exit(subprocess.run([program, *inputs], check=False).returncode)
