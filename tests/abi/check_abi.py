#!/usr/bin/env python3
"""Compares the binary interface of a shared library with the one that is on record (libabigail's abidiff).

    check_abi.py [--write] BASELINE LIBRARY HEADERS

BASELINE is a file that abidw wrote, HEADERS the folder of the public headers: types that are declared elsewhere do not count.
The exit status is 0 if nothing changed. With --write the baseline is made anew; a change that breaks programs built before is
refused then, unless QUAVER_ABI, and with it the soname, changed too.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile



def soname(description):
    return re.search(r"\bsoname='([^']*)'", description.read_text())[1]


def describe(library, headers, out):
    """The interface as XML: of the types those of the public headers, without lines and folders, which say nothing."""
    kept = ["--exported-interfaces-only", "--drop-private-types", "--headers-dir", headers]
    dropped = ["--no-show-locs", "--no-corpus-path", "--no-comp-dir-path"]
    subprocess.run(["abidw", *kept, *dropped, "--out-file", out, library], check=True)


def differences(old, new, *options):
    """What abidiff reports; nothing if all is the same."""
    command = ["abidiff", *options, old, new]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode & 3:
        sys.exit(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stdout}")
    return done.stdout if done.returncode else ""


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--write", action="store_true", help="make the baseline anew")
    arguments.add_argument("baseline", type=pathlib.Path)
    arguments.add_argument("library", type=pathlib.Path)
    arguments.add_argument("headers", type=pathlib.Path)
    at = arguments.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        found = pathlib.Path(folder) / at.baseline.name
        describe(at.library, at.headers, found)
        if at.write and not at.baseline.exists():
            shutil.copy(found, at.baseline)
            return None
        report = differences(at.baseline, found)
        raised = soname(at.baseline) != soname(found)
        # What is new breaks nothing that was built before.
        breaks = differences(at.baseline, found, "--no-added-syms") and not raised
        if at.write and not breaks:
            shutil.copy(found, at.baseline)
            return None
    if not report and not raised:
        return None
    print(report)
    if breaks:
        return "Programs built before would break. Undo that, or raise QUAVER_ABI in codec/quaver.h."
    return f"Programs built before go on to work. Put it on record: {sys.argv[0]} --write {at.baseline} {at.library} {at.headers}"


if __name__ == "__main__":
    sys.exit(main())
