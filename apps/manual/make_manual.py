#!/usr/bin/env python3
"""Makes man pages and shell completions of what a program says about itself.

    make_manual.py PROGRAM NAME VERSION OUT [SUMMARY]

PROGRAM is the program to ask, NAME what it is called. OUT gets man1/*.1.gz, completions/NAME for bash and
completions/_NAME for zsh. SUMMARY is for a program without a first line that tells what it is.
"""

import gzip
import pathlib
import sys

import completions
import help_text
import man_page


def write_page(folder, name, page):
    # Without a name and a time inside, so that the same text is the same file.
    (folder / f"{name}.1.gz").write_bytes(gzip.compress(page.encode(), mtime=0))


def main(program, name, version, out, summary=""):
    out = pathlib.Path(out)
    pages = out / "man1"
    pages.mkdir(parents=True, exist_ok=True)
    top, commands = help_text.read(program, name)
    # "Quaver: a streaming neural speech codec, 0.5 to 7 kbit/s."
    summary = summary or top.description[0][0].split(": ", 1)[-1].rstrip(".")
    release = f"{name} {version}"
    others = [f"{name}-{command}" for command in commands]
    write_page(pages, name, man_page.man_page(top, summary, release, others))
    listed = []
    for command, text in help_text.entries(top.blocks.get("Commands", [])):
        write_page(pages, f"{name}-{command}", man_page.man_page(commands[command], text, release, [name]))
        listed.append((command, text, commands[command]))
    folder = out / "completions"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(completions.bash(name, top, listed))
    (folder / f"_{name}").write_text(completions.zsh(name, top, listed))


if __name__ == "__main__":
    if len(sys.argv) not in (5, 6):
        sys.exit(__doc__.strip())
    main(*sys.argv[1:])
