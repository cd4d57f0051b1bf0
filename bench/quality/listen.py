#!/usr/bin/env python3
"""Makes a listening test in the manner of MUSHRA (ITU-R BS.1534) as one HTML file that needs nothing else: anyone can open it,
rate, and save the ratings as JSON for bench/quality/ratings.py.

    bench/quality/quality.py my/speech --bitrate 1.5k,3k --codecs lyra:3.2 --lyra weights --out results --keep decoded
    bench/quality/listen.py my/speech decoded/speech/Quaver_3k-quaver_3k=Quaver\\ 3k decoded/speech/...=TITLE -o listen.html

Each further argument is FOLDER=TITLE: a folder with WAV files that bear the names of the clips (the same TITLE may have
several). The page adds the hidden reference and an anchor, the reference low-passed at 3.5 kHz. The listener hears all of
them blind, in another random order for every clip, can switch while they play and loop a part. Before they go in, decoded
clips are shifted to be in time with the reference and brought to its level. Sound goes in as FLAC, which all browsers play
and which loses nothing. Needs PyPI's numpy and soundfile.
"""

import argparse
import base64
import hashlib
import io
import json
import pathlib
import re
import sys

import numpy
import soundfile
from measures.alignment import lag_of

POLICY = """<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">"""
MOST = 10  # codecs: BS.1534 allows 12 signals, reference and anchor among them
PAGE = pathlib.Path(__file__).with_name("listen_page.html")  # apps/web has the same page, with files beside it


class Failed(Exception):
    pass


def read(path):
    samples, rate = soundfile.read(path)
    return (samples if samples.ndim == 1 else samples[:, 0]), rate


def in_time(reference, decoded):
    """decoded, shifted to be in time with the reference, as long as it"""
    lag = lag_of(reference, decoded)
    shifted = decoded[lag:] if lag >= 0 else numpy.pad(decoded, (-lag, 0))
    return numpy.pad(shifted, (0, max(0, len(reference) - len(shifted))))[:len(reference)]


def matched(signals):
    """All at the level (root mean square) of the first; all softer alike if one would be clipped."""
    power = lambda x: numpy.sqrt(numpy.mean(x ** 2)) + 1e-9  # noqa: E731
    signals = [x * power(signals[0]) / power(x) for x in signals]
    loudest = max(numpy.abs(x).max() for x in signals)
    return [x * min(1, 0.99 / loudest) for x in signals]


def embedded(samples, rate):
    data = io.BytesIO()
    soundfile.write(data, samples, rate, format="FLAC", subtype="PCM_16")
    return base64.b64encode(data.getvalue()).decode()


def clip_of(path, codecs, start, seconds):
    reference, rate = read(path)
    signals = [reference]
    for title, folders in codecs.items():
        file = next((f for f in (folder / f"{path.stem}.wav" for folder in folders) if f.is_file()), None)
        if not file:
            raise Failed(f"{folders[0] / path.stem}.wav: there is no such file; the folder is to hold what {title} made of the clips")
        decoded, other = read(file)
        if other != rate:
            raise Failed(f"{file}: {other} Hz, but {path} has {rate}")
        signals.append(in_time(reference, decoded))
    cut = slice(int(start * rate), int((start + seconds) * rate))
    if not len(reference[cut]):
        raise Failed(f"{path}: shorter than {start} s")
    signals = matched([x[cut] for x in signals])
    return {"clip": path.stem, "reference": embedded(signals[0], rate), "codecs": [embedded(x, rate) for x in signals[1:]]}


def page(title, about, titles, clips):
    data = {"title": title, "about": about, "codecs": titles, "clips": clips}
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    data["test"] = hashlib.sha256(text.encode()).hexdigest()[:16]
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    style, script = PAGE.with_suffix(".css").read_text(), PAGE.with_suffix(".js").read_text()
    whole = PAGE.read_text()
    for pattern, instead in (
        (r'<meta http-equiv="Content-Security-Policy"[^>]*>', POLICY),
        (r'<link rel="icon"[^>]*>\n', ""),
        (r'<link rel="stylesheet"[^>]*>', f"<style>\n{style}</style>"),
        (r'<script type="module"[^>]*></script>', f"<script>\nconst TEST = {text};\n</script>\n<script>\n{script}</script>"),
    ):
        whole, count = re.subn(pattern, lambda _, new=instead: new, whole)
        if count != 1:
            raise Failed(f"{PAGE}: {count} instead of one of {pattern}")
    return whole


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=pathlib.Path, help="folder of references (FLAC or WAV)")
    parser.add_argument("codecs", nargs="+", metavar="FOLDER=TITLE")
    parser.add_argument("-o", "--out", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=float, default=5, help="of each clip (default: %(default)s)")
    parser.add_argument("--start", type=float, default=0, metavar="SECONDS", help="where the piece begins (default: %(default)s)")
    parser.add_argument("--only", nargs="+", metavar="CLIP", help="these clips alone (names without ending)")
    parser.add_argument("--title", default="Listening test: speech codecs")
    parser.add_argument("--about", default="", help="a paragraph for the first page")
    return parser.parse_args()


def main():
    arguments = parse()
    codecs = {}
    for argument in arguments.codecs:
        folder, _, title = argument.rpartition("=") if "=" in argument else (argument, "", pathlib.Path(argument).name)
        codecs.setdefault(title, []).append(pathlib.Path(folder))
    if len(codecs) > MOST:
        raise Failed(f"{len(codecs)} codecs: give at most {MOST}")
    paths = sorted(p for p in arguments.clips.rglob("*") if p.suffix in (".flac", ".wav"))
    missing = set(arguments.only or []) - {p.stem for p in paths}
    if missing or not paths:
        raise Failed(f"{arguments.clips}: no {', '.join(sorted(missing)) or '.flac or .wav'} in it")
    clips = [clip_of(path, codecs, arguments.start, arguments.seconds)
             for path in paths if not arguments.only or path.stem in arguments.only]
    temporary = arguments.out.with_suffix(".new")
    temporary.write_text(page(arguments.title, arguments.about, list(codecs), clips))
    temporary.replace(arguments.out)
    print(f"{arguments.out}: {len(clips)} clips, {len(codecs)} codecs, {arguments.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"listen.py: {failure}")
