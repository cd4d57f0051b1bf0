#!/usr/bin/env python3
"""Puts a few clips side by side into one HTML file that needs nothing else: the reference and what codecs made of it.

    bench/quality/quality.py samples --codecs quaver:3k opus:12 --out results --keep decoded
    bench/quality/listen.py samples decoded/quaver-3k=Quaver,\\ 3k decoded/opus-12=Opus,\\ 12k -o docs/listen.html

Each further argument is FOLDER=TITLE: a folder with WAV files that bear the names of the clips. Sound goes in as FLAC, so
nothing is lost. Needs PyPI's numpy and soundfile.
"""

import argparse
import base64
import html
import io
import pathlib
import sys

import soundfile

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 15px/1.45 system-ui, sans-serif; margin: 2em; color: #1a202c; }}
table {{ border-collapse: collapse; }}
th, td {{ padding: .35em .6em; text-align: left; border-bottom: 1px solid #e2e8f0; }}
audio {{ width: 15em; height: 2.2em; }}
</style>
<h1>{title}</h1>
<p>{about}</p>
<table><tr><th>clip</th>{heads}</tr>
{rows}
</table>
</html>
"""


def audio(path, seconds):
    samples, rate = soundfile.read(path, dtype="int16", stop=None)
    samples = samples[:int(seconds * rate)]
    data = io.BytesIO()
    soundfile.write(data, samples, rate, format="FLAC", subtype="PCM_16")
    return f'<audio controls preload="none" src="data:audio/flac;base64,{base64.b64encode(data.getvalue()).decode()}"></audio>'


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=pathlib.Path, help="folder of references (FLAC or WAV)")
    parser.add_argument("columns", nargs="+", metavar="FOLDER=TITLE")
    parser.add_argument("-o", "--out", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=float, default=4, help="of each clip (default: %(default)s)")
    parser.add_argument("--only", nargs="+", metavar="CLIP", help="these clips alone (names without ending)")
    parser.add_argument("--title", default="Quaver: samples")
    parser.add_argument("--about", default="", help="a paragraph above the table")
    arguments = parser.parse_args()
    columns = [column.partition("=") for column in arguments.columns]
    references = sorted(p for p in arguments.clips.iterdir() if p.suffix in (".flac", ".wav"))
    if arguments.only:
        references = [p for p in references if p.stem in arguments.only]
    rows = []
    for reference in references:
        cells = [audio(reference, arguments.seconds)]
        for folder, _, _ in columns:
            decoded = pathlib.Path(folder) / f"{reference.stem}.wav"
            if not decoded.is_file():
                sys.exit(f"listen.py: {decoded}: there is no such file")
            cells.append(audio(decoded, arguments.seconds))
        rows.append(f"<tr><th>{html.escape(reference.stem)}</th>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    heads = "".join(f"<th>{html.escape(title or folder)}</th>" for folder, _, title in [("", "", "reference"), *columns])
    text = PAGE.format(title=html.escape(arguments.title), about=html.escape(arguments.about), heads=heads, rows="\n".join(rows))
    temporary = arguments.out.with_suffix(".new")
    temporary.write_text(text)
    temporary.replace(arguments.out)


if __name__ == "__main__":
    main()
