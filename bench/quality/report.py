#!/usr/bin/env python3
"""Makes tables and picture anew from files of results, without speech and without codecs.

    bench/quality/report.py bench/quality/results/*.json --out docs/quality
"""

import argparse
import pathlib
import sys

import tables
from results import Results


def write(sets, out):
    """sets: {name: entries of its results}; writes OUT/tables.md and, if there is matplotlib, OUT/picture.svg; returns the tables."""
    text = "\n".join(f"## {name}\n\n{tables.all_of(entries)}" for name, entries in sets.items())
    out.mkdir(parents=True, exist_ok=True)
    (out / "tables.md").write_text(text)
    try:
        import picture
        picture.draw(sets, out / "picture.svg")
    except ImportError as missing:
        print(f"no picture: {missing} (bench/quality/requirements.txt)", file=sys.stderr)
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=pathlib.Path, nargs="+", help="JSON files of quality.py, a set each")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for tables.md and picture.svg")
    parser.add_argument("--without", nargs="+", default=[], metavar="LABEL", help="leave out these codecs")
    arguments = parser.parse_args()
    for file in arguments.results:
        if not file.is_file():
            sys.exit(f"report.py: {file}: there is no such file")
    sets = {file.stem: [r for r in Results(file).entries if r["label"] not in arguments.without] for file in arguments.results}
    print(write(sets, arguments.out), end="")


if __name__ == "__main__":
    main()
